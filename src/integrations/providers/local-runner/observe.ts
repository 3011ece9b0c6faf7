import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deployed, DeployedState } from '../../capabilities/deploy-target.ts';
import { isMissing, readJson } from './files.ts';
import type { PlacePaths, Wanted } from './places.ts';
import { isAlive, type Process, supervise } from './supervision.ts';

/** What a supervisor writes down. */
export interface RunState {
  supervisor: Process;
  phase: 'running' | 'ending' | 'ended';
  replicas: (Process & {
    index: number;
    port: number | null;
    readySince: number | null;
    /** Exits in a row. */
    failures: number;
    lastExit: { at: number; why: string } | null;
  })[];
}

/** As in `supervisor/service.mjs`. */
const CRASH_LOOP = 5;

/** What the files say and /proc confirms. */
export async function observePlace(paths: PlacePaths, host: string): Promise<Deployed> {
  const wanted = await readJson<Wanted>(paths.wanted);
  if (wanted === null || wanted.run === null) return { ...nothing, state: await absence(paths) };
  const state = await readJson<RunState>(join(paths.runs, wanted.run, 'state.json'));
  const replicas = (state?.replicas ?? []).filter(({ index }) => index < wanted.replicas);
  const ready = replicas.filter((replica) => replica.readySince !== null && isAlive(replica)).length;
  return {
    state: stateOf(replicas, ready, wanted.replicas),
    digest: wanted.digest,
    configVersion: wanted.configVersion,
    replicas: { wanted: wanted.replicas, ready },
    addresses: replicas.flatMap(({ port }) => (port === null ? [] : [`${host}:${port}`])),
  };
}

const nothing = { digest: null, configVersion: null, replicas: null, addresses: [] };

async function absence(paths: PlacePaths): Promise<DeployedState> {
  for (const run of await runsOf(paths)) {
    const state = await readJson<RunState>(join(paths.runs, run, 'state.json'));
    if (state !== null && state.phase !== 'ended') return { kind: 'progressing', why: 'what ran there is ending' };
  }
  return { kind: 'absent' };
}

function stateOf(replicas: RunState['replicas'], ready: number, wanted: number): DeployedState {
  if (ready === wanted && wanted > 0) return { kind: 'ready' };
  const broken = replicas.find((replica) => replica.failures >= CRASH_LOOP && replica.readySince === null);
  if (broken !== undefined) {
    const times = broken.failures === CRASH_LOOP ? '' : `, ${broken.failures} times in a row`;
    return { kind: 'failed', why: `replica ${broken.index + 1} does not stay up: it ${broken.lastExit?.why ?? 'ended'}${times}` };
  }
  return { kind: 'progressing', why: `${ready} of ${wanted} replicas are ready` };
}

/** Puts somebody in charge of every run that nobody looks after, and removes those that are over. For whoever holds the lock of the place. */
export async function settle(paths: PlacePaths): Promise<void> {
  const wanted = await readJson<Wanted>(paths.wanted);
  for (const run of await runsOf(paths)) {
    const directory = join(paths.runs, run);
    const state = await readJson<RunState>(join(directory, 'state.json'));
    if (run !== wanted?.run && (state === null || state.phase === 'ended')) await rm(directory, { recursive: true, force: true });
    else await supervise(directory);
  }
}

export async function runsOf({ runs }: PlacePaths): Promise<string[]> {
  try {
    return await readdir(runs);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
