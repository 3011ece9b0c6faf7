import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** Processes of this machine as /proc tells them. A process id alone proves nothing: it is given out again. */

/** Which processes belong to a supervisor: it stands in their environment, whatever group or session they made for themselves. */
const MARK = 'SIGNALBOX_WORKLOAD';

/** When a process started, in words that no other process of the same id has; null = it is gone, or a corpse nobody buried. */
export function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, parentheses and blanks included.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${fields[19]}@${bootId()}`;
  } catch {
    return null;
  }
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

/** Whether a process that was noted lives; a start that was never seen is no proof. */
export const isAlive = ({ pid, start }) => pid !== null && start !== null && startOf(pid) === start;

/**
 * Every live process whose mark is `mark` or begins with `mark/`, and every live one of the group that `leader` led. The group is asked for those
 * that emptied their environment; where its number belongs to somebody else by now, it is not.
 */
export function members(mark, leader = null) {
  const group = leader !== null && isStillTheirs(leader) ? leader.pid : null;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) => pid !== process.pid && startOf(pid) !== null && ((group !== null && groupOf(pid) === group) || isOf(mark, markOf(pid))),
    );
}

function isStillTheirs({ pid, start }) {
  if (pid === null || start === null || !start.endsWith(`@${bootId()}`)) return false;
  const now = startOf(pid);
  return now === null || now === start;
}

function groupOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return null;
  }
}

const isOf = (mark, found) => found !== null && (found === mark || found.startsWith(`${mark}/`));

/** The mark that a process was started with; null = none, or none that we may read. */
export function markOf(pid) {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return entries.find((entry) => entry.startsWith(`${MARK}=`))?.slice(MARK.length + 1) ?? null;
  } catch {
    return null;
  }
}

export function signal(pids, name) {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // Gone meanwhile.
    }
  }
}

/**
 * Starts a command as the leader of a session of its own, which outlives us. It writes to the log itself: a pipe would end with us.
 *
 * `exited` is called once, with `{ code, signal }` or, where it could not be started, `{ why }`.
 */
export function start({ command, directory, environment, mark, limits, log }, exited) {
  let output = null;
  try {
    output = openSync(log, 'a', 0o600);
    const [program, ...words] = withLimits(command, limits);
    const child = spawn(program, words, {
      cwd: directory,
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...environment, [MARK]: mark },
    });
    child.once('error', (error) => exited({ why: `could not be started: ${error.code ?? error.message}` }));
    child.once('exit', (code, name) => exited({ code, signal: name }));
    return child.pid ?? null;
  } catch (error) {
    exited({ why: `could not be started: ${error.code ?? error.message}` });
    return null;
  } finally {
    if (output !== null) closeSync(output);
  }
}

/** Data segment and not address space: runtimes reserve far more addresses than they ever use. */
function withLimits(command, { memoryMb, openFiles, cpuSeconds }) {
  const words = [
    ...(memoryMb === undefined ? [] : [`--data=${memoryMb * 1024 * 1024}`]),
    ...(openFiles === undefined ? [] : [`--nofile=${openFiles}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
  ];
  return words.length === 0 ? command : ['prlimit', ...words, '--', ...command];
}
