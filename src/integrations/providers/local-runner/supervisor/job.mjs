import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readJson, rotate, writeJson } from './files.mjs';
import { members, signal, start, startOf } from './processes.mjs';

const TICK_MS = 100;
const GRACE_MS = 5_000;
const UNKNOWN = 'what looked after it was killed, so how it ended is unknown';

/** Runs a command once, never twice: what cannot be known to have ended well has not. */
export async function superviseJob(directory, spec) {
  const path = `${directory}/state.json`;
  const known = readJson(path);
  const note = (state) => writeJson(path, { supervisor: { pid: process.pid, start: startOf(process.pid) }, ...state });
  if (known?.phase === 'ended') return;
  if (known !== null) {
    signal(members(spec.mark), 'SIGKILL');
    note({ phase: 'ended', stopped: UNKNOWN });
    return;
  }
  if (existsSync(`${directory}/stop`)) {
    note({ phase: 'ended', stopped: 'stopped before it began' });
    return;
  }
  note({ phase: 'running' });
  let exit = null;
  const pid = start({ ...spec, log: `${directory}/log` }, (how) => {
    exit = how;
  });
  const since = pid === null ? null : startOf(pid);
  const stopped = await untilEnd(directory, spec, { pid, start: since }, () => exit !== null || pid === null);
  // What it left running would change files after its end.
  signal(members(spec.mark, { pid, start: since }), 'SIGKILL');
  if (stopped !== null) note({ phase: 'ended', stopped });
  else if (exit?.why !== undefined || exit === null) note({ phase: 'ended', stopped: exit?.why ?? 'could not be started' });
  else if (exit.signal !== null) note({ phase: 'ended', stopped: `ended by ${exit.signal}` });
  else note({ phase: 'ended', exitCode: exit.code });
}

/** Why it was stopped; null = it ended by itself. */
async function untilEnd(directory, spec, leader, isOver) {
  const deadline = Date.now() + spec.timeoutMs;
  let why = null;
  for (let killAt = Number.POSITIVE_INFINITY; !isOver(); await delay(TICK_MS)) {
    rotate(`${directory}/log`, spec.logBytes);
    if (why === null && (existsSync(`${directory}/stop`) || Date.now() >= deadline)) {
      why = Date.now() >= deadline ? `ran longer than ${spec.timeoutMs} ms` : 'stopped on request';
      killAt = Date.now() + GRACE_MS;
      signal(members(spec.mark, leader), 'SIGTERM');
    }
    if (Date.now() >= killAt) signal(members(spec.mark, leader), 'SIGKILL');
  }
  return why;
}
