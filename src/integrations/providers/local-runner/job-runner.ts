import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job, JobRunner, JobState } from '../../capabilities/job-runner.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { fetchAndUnpack } from './archive.ts';
import { codeOf, ensureDirectory, isMissing, isThere, readJson, withLock, writeJson } from './files.ts';
import { type LocalConnection, trouble } from './identity.ts';
import { homeOf, markOf, named } from './places.ts';
import { baseEnvironment, type Process, supervise } from './supervision.ts';

/* <connection>/jobs/<key>/: spec.json, state.json, stop (somebody wants it to end), log, work/ (where it runs). */

const LOG_BYTES = 20 * 1024 * 1024;
const STOP_WITHIN_MS = 15_000;
const LOOK_MS = 50;

type SeenJob = { supervisor: Process } & (
  | { phase: 'running' }
  | { phase: 'ended'; exitCode: number }
  | { phase: 'ended'; stopped: string }
);

export function localJobRunner(connection: LocalConnection, deps: AdapterDeps): JobRunner {
  const at = (key: string) => join(homeOf(connection, deps), 'jobs', named('key', key));

  async function state(key: string): Promise<JobState> {
    const directory = at(key);
    const seen = await readJson<SeenJob>(join(directory, 'state.json'));
    if (seen?.phase === 'ended')
      return 'exitCode' in seen ? { kind: 'ended', exitCode: seen.exitCode } : { kind: 'stopped', why: seen.stopped };
    if (!(await isThere(join(directory, 'spec.json')))) return { kind: 'absent' };
    await supervise(directory);
    return { kind: 'running' };
  }

  async function stop(key: string): Promise<void> {
    const directory = at(key);
    await keepFromBeginning(directory);
    if ((await state(key)).kind !== 'running') return;
    for (const until = performance.now() + STOP_WITHIN_MS; (await state(key)).kind === 'running'; await delay(LOOK_MS)) {
      if (performance.now() > until) throw trouble('timeout', `the job ${key} did not end within ${STOP_WITHIN_MS} ms`);
    }
  }

  return {
    state,
    stop,

    async ensure(job) {
      const directory = at(job.key);
      if (!(await isThere(directory))) await prepare(job, directory, connection.settings.maxUnpackedMb);
      return state(job.key);
    },

    async log(key, maxBytes) {
      const directory = at(key);
      const parts = await Promise.all(['log.1', 'log'].map((name) => readIfThere(join(directory, name))));
      return Buffer.concat(parts).subarray(-maxBytes).toString('utf8');
    },

    async openFile(key, path) {
      return openWithin(join(at(key), 'work'), within(path));
    },

    async remove(key) {
      const directory = at(key);
      if (await isThere(directory)) await stop(key);
      const home = dirname(directory);
      const names = await readdir(home).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      // And what a worker that died was fetching for it.
      for (const name of names.filter((each) => each === key || each.startsWith(`${key}.`)))
        await rm(join(home, name), { recursive: true, force: true });
    },
  };
}

/** @throws ProviderError invalid where it is no path within the directory of a job */
function within(path: string): string {
  if (isAbsolute(path) || path.split('/').includes('..') || path.includes('\0'))
    throw trouble('invalid', `"${path.slice(0, 200)}" leads out of the directory of the job`);
  return path;
}

/** The directory appears as a whole: whoever sees it sees a job that can be started. */
async function prepare(job: Job, directory: string, maxUnpackedMb: number): Promise<void> {
  if (job.command.length === 0 || job.command.some((word) => word.includes('\0')))
    throw trouble('invalid', 'the job has no command that can be run');
  const arriving = `${directory}.${randomUUID()}`;
  const work = join(arriving, 'work');
  try {
    await ensureDirectory(arriving);
    await ensureDirectory(work);
    for (const { into, strip, open } of job.files)
      await fetchAndUnpack({ ...{ open, strip, maxUnpackedMb }, digest: null, directory: join(work, within(into)) });
    const final = join(directory, 'work');
    await writeJson(join(arriving, 'spec.json'), {
      ...{ kind: 'job', mark: markOf(directory), directory: final, command: job.command, timeoutMs: job.timeoutMs },
      environment: { ...baseEnvironment(final), ...Object.fromEntries(job.variables) },
      ...{ limits: {}, logBytes: LOG_BYTES },
    });
    await withLock(directory, async () => {
      if (!(await isThere(directory))) await rename(arriving, directory);
    });
  } finally {
    await rm(arriving, { recursive: true, force: true });
  }
}

/** A directory without anything to run takes the place of a job that has not begun; one that has finds the wish to end it. */
async function keepFromBeginning(directory: string): Promise<void> {
  await withLock(directory, async () => {
    if (!(await isThere(directory))) await writeJson(join(directory, 'state.json'), neverBegan);
    else await writeFile(join(directory, 'stop'), '');
  });
}

const neverBegan: SeenJob = { supervisor: { pid: null, start: null }, phase: 'ended', stopped: 'stopped before it began' };

/** What was opened is judged, not what was named: the job may exchange a link for another meanwhile. */
async function openWithin(directory: string, path: string) {
  const nothingThere = (error: unknown) => {
    if (isMissing(error) || codeOf(error) === 'ELOOP' || codeOf(error) === 'ENXIO') return null;
    throw error;
  };
  const home = await realpath(directory).catch(nothingThere);
  const file = home === null ? null : await open(join(home, path), constants.O_RDONLY | constants.O_NONBLOCK).catch(nothingThere);
  if (file === null) return null;
  try {
    const [really, stats] = await Promise.all([readlink(`/proc/self/fd/${file.fd}`), file.stat()]);
    if (!really.startsWith(`${home}/`)) throw trouble('forbidden', `"${path.slice(0, 200)}" leads out of the directory of the job`);
    if (!stats.isFile()) {
      await file.close();
      return null;
    }
    const { size: sizeBytes } = stats;
    // As many bytes as were promised, even when the job goes on writing.
    const body = sizeBytes === 0 ? Readable.from([]) : file.createReadStream({ start: 0, end: sizeBytes - 1 });
    if (sizeBytes === 0) await file.close();
    return { body: Readable.toWeb(body) as ReadableStream<Uint8Array>, sizeBytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw error;
  }
}
