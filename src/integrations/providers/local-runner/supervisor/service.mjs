import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readJson, rotate, writeJson } from './files.mjs';
import { isAlive, markOf, members, signal, start, startOf } from './processes.mjs';

const TICK_MS = 100;
const LOOK_MS = 5_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 30_000;
/** Exits in a row after which a replica counts as one that will not come up by itself. */
export const CRASH_LOOP = 5;

/** Keeps the replicas of a run up until the place wants another run, or none. Ends when all of them have. */
export async function superviseService(directory, spec) {
  const path = `${directory}/state.json`;
  const known = readJson(path);
  const state = {
    supervisor: { pid: process.pid, start: startOf(process.pid) },
    phase: 'running',
    wasReady: known?.wasReady ?? false,
    readySince: known?.readySince ?? null,
    replicas: known?.replicas ?? [],
    endBy: null,
  };
  const world = { directory, spec, state, exits: new Map(), looks: new Map() };
  endStrays(world);
  for (let written = ''; existsSync(`${directory}/spec.json`); await delay(TICK_MS)) {
    const wanted = readJson(spec.wanted);
    if (isOver(world, wanted)) {
      if (end(world, wanted?.graceMs ?? 0)) break;
    } else await keepUp(world, wanted.run === spec.run ? wanted.replicas : state.replicas.filter(({ surplus }) => !surplus).length);
    written = write(path, state, written);
  }
  // Nothing is left, or somebody removed the directory from under what runs.
  signal(members(spec.mark), 'SIGKILL');
  state.phase = 'ended';
  write(path, state, '');
}

/** A full disk, or a directory that somebody removed, must not end what serves. */
function write(path, state, written) {
  const text = JSON.stringify(state);
  if (text === written) return written;
  try {
    writeJson(path, state);
    return text;
  } catch {
    return written;
  }
}

/** What was started in the instant in which the supervisor before us died stands in no file. */
function endStrays({ spec, state }) {
  const known = new Set(state.replicas.filter(isAlive).map(({ mark }) => mark));
  signal(
    members(spec.mark).filter((pid) => !known.has(markOf(pid))),
    'SIGKILL',
  );
}

/** Whether this run has to go: nothing is wanted, or another run has been serving for long enough, or this one never served. */
function isOver({ spec, state }, wanted) {
  if (wanted === null || wanted.run === null) return true;
  if (wanted.run === spec.run) return false;
  if (!state.wasReady) return true;
  const since = readJson(spec.wanted.replace(/wanted\.json$/, `runs/${wanted.run}/state.json`))?.readySince ?? null;
  return since !== null && Date.now() - since >= wanted.overlapMs;
}

/** Ends everything. True when nothing is left. */
function end({ spec, state }, graceMs) {
  const left = [...new Set([...members(spec.mark), ...state.replicas.flatMap((replica) => members(replica.mark, replica))])];
  state.readySince = null;
  for (const replica of state.replicas) replica.readySince = null;
  if (left.length === 0) {
    state.replicas = [];
    return true;
  }
  if (state.endBy === null) {
    state.phase = 'ending';
    signal(left, 'SIGTERM');
    state.endBy = Date.now() + graceMs;
  } else {
    // Asked again with less patience.
    state.endBy = Math.min(state.endBy, Date.now() + graceMs);
  }
  if (Date.now() >= state.endBy) signal(left, 'SIGKILL');
  return false;
}

async function keepUp(world, count) {
  const { state, directory, spec } = world;
  state.phase = 'running';
  state.endBy = null;
  for (let index = 0; index < count; index += 1) {
    state.replicas[index] ??= { index, ...fresh, failures: 0, restarts: 0, lastExit: null, startAt: 0 };
    state.replicas[index].surplus = false;
  }
  for (const replica of state.replicas.slice(count)) endSurplus(world, replica);
  while (state.replicas.length > count && state.replicas.at(-1).pid === null) state.replicas.pop();
  for (const replica of state.replicas) {
    bury(world, replica);
    if (replica.pid === null && !replica.surplus && Date.now() >= replica.startAt) await startReplica(world, replica);
    await look(world, replica);
    rotate(`${directory}/replica-${replica.index}.log`, spec.logBytes);
  }
  const isReady = count > 0 && state.replicas.slice(0, count).every(({ readySince }) => readySince !== null);
  state.wasReady ||= isReady;
  state.readySince = isReady ? (state.readySince ?? Date.now()) : null;
}

const fresh = { pid: null, start: null, mark: null, port: null, readySince: null };

function endSurplus({ spec }, replica) {
  if (replica.pid === null) return;
  if (!replica.surplus) {
    replica.surplus = true;
    replica.endBy = Date.now() + spec.graceMs;
    signal(members(replica.mark, replica), 'SIGTERM');
  } else if (Date.now() >= replica.endBy) signal(members(replica.mark, replica), 'SIGKILL');
}

/** Notes a death, ends what the dead one left, and says when to try again. */
function bury({ exits, spec }, replica) {
  if (replica.pid === null) return;
  const exit = exits.get(replica.pid);
  // One that another supervisor started tells us no exit code; one of ours tells it soon after it is gone.
  if (exit === undefined && (exits.has(replica.pid) || isAlive(replica))) return;
  signal(members(replica.mark, replica), 'SIGKILL');
  exits.delete(replica.pid);
  const served = replica.readySince === null ? 0 : Date.now() - replica.readySince;
  replica.failures = served >= spec.stableMs ? 1 : replica.failures + 1;
  replica.restarts += 1;
  replica.lastExit = { at: Date.now(), why: wordsOf(exit) };
  // The port may be what it died of.
  if (replica.readySince === null) replica.port = null;
  Object.assign(replica, { pid: null, start: null, readySince: null });
  replica.startAt = Date.now() + Math.min(FIRST_BACKOFF_MS * 2 ** (replica.failures - 1), MAX_BACKOFF_MS);
}

function wordsOf(exit) {
  if (exit === undefined) return 'ended';
  return exit.why ?? (exit.signal === null ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`);
}

async function startReplica(world, replica) {
  const { directory, spec, exits } = world;
  if (spec.portVariable !== null) replica.port ??= await freePort(spec.host);
  const environment = { ...spec.environment, ...(spec.portVariable === null ? {} : { [spec.portVariable]: String(replica.port) }) };
  let pid = null;
  const mark = `${spec.mark}/${randomUUID()}`;
  pid = start({ ...spec, environment, mark, log: `${directory}/replica-${replica.index}.log` }, (exit) => {
    if (pid !== null && exits.has(pid)) exits.set(pid, exit);
    else Object.assign(replica, { failures: CRASH_LOOP, lastExit: { at: Date.now(), why: wordsOf(exit) } });
  });
  if (pid === null) {
    // Why is told in a moment.
    replica.startAt = Date.now() + MAX_BACKOFF_MS;
    return;
  }
  exits.set(pid, undefined);
  Object.assign(replica, { pid, mark, start: startOf(pid), startedAt: Date.now() });
}

/** Ready = its port takes connections; without a port, that it has run for a while. */
async function look({ spec, looks }, replica) {
  if (replica.pid === null) return;
  if (replica.readySince !== null) {
    if (Date.now() - replica.readySince >= spec.stableMs) replica.failures = 0;
    if (Date.now() - (looks.get(replica.pid) ?? 0) < LOOK_MS) return;
  }
  looks.set(replica.pid, Date.now());
  const isUp = spec.portVariable === null ? Date.now() - replica.startedAt >= spec.settleMs : await answers(spec.host, replica.port);
  replica.readySince = isUp ? (replica.readySince ?? Date.now()) : null;
}

function answers(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function freePort(host) {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, host, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
    server.once('error', reject);
  });
}
