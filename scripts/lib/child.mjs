import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { forgetGroup, watchGroup } from './guard.mjs';

/**
 * Starts a process that leads its own group, so that it and everything it starts can be stopped by one signal, and
 * registers it with the guard. A terminal's Ctrl-C therefore reaches the script alone, which stops things in order.
 *
 * `logFile`: both streams go there. `onLine`/`onErrorLine`: called per line of stdout/stderr.
 * `exited` resolves to `{ code, signal }` and never rejects; a command that cannot be started has code 127.
 */
export function startChild(command, args, { cwd, env, logFile, onLine, onErrorLine = onLine } = {}) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid) watchGroup(child.pid);
  const log = logFile ? createWriteStream(logFile, { flags: 'a' }) : null;
  const tail = [];
  for (const [stream, listener] of [
    [child.stdout, onLine],
    [child.stderr, onErrorLine],
  ]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (tail.push(line) > 30) tail.shift();
      log?.write(`${line}\n`);
      listener?.(line);
    });
  }
  const handle = { pid: child.pid, running: true, tail, exited: null, stop, kill };
  handle.exited = new Promise((resolve) => {
    child.once('error', (error) => {
      tail.push(error.message);
      settle({ code: 127, signal: null });
    });
    child.once('close', (code, signal) => settle({ code, signal }));
    child.once('exit', () => {
      handle.running = false;
    });
    function settle(result) {
      handle.running = false;
      log?.end();
      if (child.pid) forgetGroup(child.pid);
      resolve(result);
    }
  });

  function signalGroup(name) {
    try {
      process.kill(-child.pid, name);
    } catch {
      // Gone already: what was wanted.
    }
  }

  /** SIGTERM to the group, SIGKILL after `graceMs`; resolves when the process is gone. */
  async function stop(graceMs = 10_000) {
    if (!handle.running) return handle.exited;
    signalGroup('SIGTERM');
    const timer = setTimeout(() => signalGroup('SIGKILL'), graceMs);
    const result = await handle.exited;
    clearTimeout(timer);
    return result;
  }

  /** SIGKILL to the group: a crash. */
  async function kill() {
    if (handle.running) signalGroup('SIGKILL');
    return handle.exited;
  }

  return handle;
}

/** Runs a command to its end. `{ code, output }`; never throws. */
export async function run(command, args, { cwd, env, onLine, timeoutMs } = {}) {
  const lines = [];
  const child = startChild(command, args, {
    cwd,
    env,
    onLine: (line) => {
      lines.push(line);
      onLine?.(line);
    },
  });
  const timer = timeoutMs ? setTimeout(() => child.stop(2000), timeoutMs) : undefined;
  const { code, signal } = await child.exited;
  clearTimeout(timer);
  return { code: code ?? 1, signal, output: lines.length > 0 ? lines.join('\n') : child.tail.join('\n') };
}
