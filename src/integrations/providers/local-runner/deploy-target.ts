import { randomUUID } from 'node:crypto';
import { readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployTarget, Place, Workload } from '../../capabilities/deploy-target.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { formProblems } from '../../kit/form-problems.ts';
import { fetchAndUnpack } from './archive.ts';
import { ensureDirectory, isMissing, isThere, readJson, withLock, writeJson } from './files.ts';
import { type LocalConnection, type PlaceConfig, placeSchema, trouble } from './identity.ts';
import { observePlace, runsOf, settle } from './observe.ts';
import { homeOf, markOf, type PlacePaths, placePaths, type RunSpec, runName, type Wanted } from './places.ts';
import { runBeside } from './run-command.ts';
import { baseEnvironment } from './supervision.ts';
import { machineProblems } from './verify.ts';

const MAX_REPLICAS = 50;
const KEPT_RELEASES = 3;
const ARRIVES_WITHIN_MS = 86_400_000;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

export function localDeployTarget(connection: LocalConnection, deps: AdapterDeps): DeployTarget {
  const at = (place: Place) => placePaths(homeOf(connection, deps), place);

  /** Looks, and mends what a killed supervisor left; whoever holds the lock does that anyway. */
  async function observe(place: Place) {
    const config = configOf(place);
    const paths = at(place);
    if ((await runsOf(paths)).length > 0) await withLock(paths.directory, () => settle(paths));
    return observePlace(paths, config.host);
  }

  return {
    abilities: { sideBySide: true, sources: ['kept'], maxReplicas: MAX_REPLICAS, commands: true },
    configProblems: (config) => formProblems(placeSchema, config),

    async check(place) {
      const config = formProblems(placeSchema, place.config).map(({ field, message }) => `${field} ${message}`);
      const problems = [...config, ...(await machineProblems(connection, deps, hasLimits(place)))];
      return problems.length === 0 ? { ok: true } : { ok: false, problems };
    },

    observe,

    async ensure(workload) {
      const config = configOf(workload.place);
      const problem = workloadProblem(workload, config);
      if (problem !== null) throw trouble('invalid', problem);
      const paths = at(workload.place);
      const run = runName(workload);
      const release = join(paths.releases, run);
      if (!(await isThere(release))) await bring(workload, paths, release, connection.settings.maxUnpackedMb);
      await withLock(paths.directory, async () => {
        await describeRun(paths, run, release, workload, config);
        await pointTo(paths.current, join('releases', run));
        const { digest } = workload.revision;
        const { configVersion, replicas } = workload;
        const { overlapMs, graceMs } = config;
        const wanted: Wanted = { run, digest, configVersion, replicas, overlapMs, graceMs };
        await writeJson(paths.wanted, wanted);
        await settle(paths);
        await removeOld(paths, deps.now());
      });
      return observePlace(paths, config.host);
    },

    async ensureAbsent(place, { graceMs }) {
      const paths = at(place);
      if (await isThere(paths.directory)) {
        await withLock(paths.directory, async () => {
          const wanted: Wanted = { run: null, graceMs };
          await writeJson(paths.wanted, wanted);
          await settle(paths);
        });
      }
      return observePlace(paths, '');
    },

    async run(place, command, options) {
      const paths = at(place);
      const wanted = await readJson<Wanted>(paths.wanted);
      if (wanted === null || wanted.run === null) throw trouble('not-found', 'nothing runs there, so no command can run beside it');
      return runBeside(join(paths.runs, wanted.run), command, options);
    },
  };
}

async function describeRun(paths: PlacePaths, run: string, release: string, workload: Workload, config: PlaceConfig): Promise<void> {
  const directory = join(paths.runs, run);
  if (await isThere(join(directory, 'spec.json'))) return;
  await ensureDirectory(directory);
  const { command, portVariable, host, limits, settleMs, stableMs, graceMs, logMb } = config;
  const spec: RunSpec = {
    ...{ kind: 'service', run, mark: markOf(directory), wanted: paths.wanted, directory: release },
    ...{ command, portVariable, host, limits, settleMs, stableMs, graceMs },
    environment: { ...baseEnvironment(release), ...Object.fromEntries(workload.variables) },
    logBytes: logMb * 1024 * 1024,
  };
  await writeJson(join(directory, 'spec.json'), spec);
}

/** Two that bring the same release at once both bring it whole; the second finds it there. */
async function bring({ revision, open }: Workload, paths: PlacePaths, release: string, maxUnpackedMb: number): Promise<void> {
  const arriving = join(paths.arriving, randomUUID());
  await ensureDirectory(paths.releases);
  await fetchAndUnpack({ open, digest: revision.digest, directory: arriving, maxUnpackedMb, strip: 0 });
  try {
    await rename(arriving, release);
  } catch (error) {
    await rm(arriving, { recursive: true, force: true });
    if (!(await isThere(release))) throw error;
  }
}

async function pointTo(link: string, target: string): Promise<void> {
  if ((await readlink(link).catch(() => null)) === target) return;
  const temporary = `${link}.${randomUUID()}`;
  await symlink(target, temporary);
  await rename(temporary, link);
}

/** Keeps the newest few besides those of runs, so that going back needs no download; removes what broke off while it arrived. */
async function removeOld(paths: PlacePaths, now: Date): Promise<void> {
  const running = new Set(await runsOf(paths));
  const releases = (await entriesOf(paths.releases)).filter(({ name }) => !running.has(name)).sort((a, b) => b.at - a.at);
  const arriving = (await entriesOf(paths.arriving)).filter(({ at }) => now.getTime() - at > ARRIVES_WITHIN_MS);
  for (const { path } of [...releases.slice(KEPT_RELEASES), ...arriving]) await rm(path, { recursive: true, force: true });
}

async function entriesOf(directory: string): Promise<{ name: string; path: string; at: number }[]> {
  if (!(await isThere(directory))) return [];
  const entries = [];
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = await stat(path).catch((error: unknown) => {
      if (isMissing(error)) return null; // arrived meanwhile
      throw error;
    });
    if (found !== null) entries.push({ name, path, at: found.ctimeMs });
  }
  return entries;
}

function configOf(place: Place): PlaceConfig {
  const parsed = placeSchema.safeParse(place.config);
  if (parsed.success) return parsed.data;
  const problems = formProblems(placeSchema, place.config).map(({ field, message }) => `${field} ${message}`);
  throw trouble('invalid', `the config of the target is wrong: ${problems.join('; ')}`);
}

function workloadProblem({ revision, replicas, variables }: Workload, { portVariable }: PlaceConfig): string | null {
  if (revision.source.kind !== 'kept') return 'container images do not run here, only archives';
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > MAX_REPLICAS) return `there can be 1 to ${MAX_REPLICAS} replicas`;
  for (const [name, value] of variables) {
    if (!VARIABLE.test(name)) return `"${name.slice(0, 100)}" cannot be the name of a variable`;
    if (name === portVariable) return `the variable ${name} is set here, to the port of each replica`;
    if (value.includes('\0')) return `the variable ${name} holds a NUL character`;
  }
  return null;
}

const hasLimits = (place: Place): boolean => {
  const parsed = placeSchema.safeParse(place.config);
  return parsed.success && Object.keys(parsed.data.limits).length > 0;
};
