import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run, startChild } from './child.mjs';
import { freePort } from './ports.mjs';

/**
 * A server on a port of the loopback address that can be stopped, killed and restarted on the same port.
 *
 * `definition`:
 *   name        for messages
 *   dir         private directory, holds `server.pid` and `server.log`
 *   command     (port) → [binary, ...args]
 *   probe       (port) → Promise that rejects until the server answers a real request
 *   empty       () → removes the data, so that a restart begins with nothing
 */
export async function startServer(definition) {
  const { name, dir, command, probe, empty, url } = definition;
  const pidFile = join(dir, 'server.pid');
  const logFile = join(dir, 'server.log');
  await stopLeftOver(pidFile, dir);
  let port = await freePort();
  let child;

  async function launch() {
    const [binary, ...args] = command(port);
    mkdirSync(dirname(pidFile), { recursive: true });
    child = startChild(binary, args, { logFile });
    writeFileSync(pidFile, String(child.pid));
    const deadline = Date.now() + 60_000;
    for (;;) {
      const refusal = await probe(port).then(
        () => null,
        (error) => error,
      );
      if (!child.running) throw new Error(`${name} did not start:\n${child.tail.slice(-8).join('\n')}`);
      if (refusal === null) return;
      if (Date.now() > deadline) {
        await child.kill();
        throw new Error(`${name} did not answer within 60 seconds (${refusal.message}); its log is ${logFile}`);
      }
      await delay(25);
    }
  }

  for (let attempt = 1; ; attempt++) {
    try {
      await launch();
      break;
    } catch (error) {
      // Between choosing the port and binding it somebody else may have taken it.
      if (attempt === 3 || !/address already in use|bind on TCP\/IP port/i.test(error.message)) throw error;
      port = await freePort();
    }
  }

  return {
    url: url(port),
    port,
    get pid() {
      return child.pid;
    },
    get running() {
      return child.running;
    },
    async stop() {
      await child.stop();
      rmSync(pidFile, { force: true });
    },
    async kill() {
      await child.kill();
    },
    async restart(options = {}) {
      await child.stop();
      if (options.empty) await empty();
      await launch();
    },
  };
}

/** A server that a killed run left behind holds the data directory: stop it, but only if the pid is still that server. */
async function stopLeftOver(pidFile, dir) {
  let pid;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch {
    return;
  }
  if (pid > 0 && (await commandLine(pid)).includes(dir)) {
    process.kill(pid, 'SIGTERM');
    for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 50) await delay(50);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await delay(50);
  }
  rmSync(pidFile, { force: true });
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The command line of a process, or '' when it is gone. Linux has it as a file; elsewhere `ps` says it. */
export async function commandLine(pid) {
  if (!isAlive(pid)) return '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    const { code, output } = await run('ps', ['-o', 'args=', '-p', String(pid)]);
    return code === 0 ? output : '';
  }
}
