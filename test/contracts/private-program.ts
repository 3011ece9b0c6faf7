import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { forgetGroup, watchGroup } from '../../scripts/lib/guard.mjs';
import { waitFor } from '../support/wait-for.ts';

/** A real program of the machine, as a private instance of a test: own directory, own ports, ended by its process group. */
export interface PrivateProgram {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, after five seconds SIGKILL; resolves when it is gone. */
  stop(): Promise<void>;
}

/** @param ready throws, or gives false, until the program answers */
export async function startProgram(
  command: string,
  args: readonly string[],
  ready: () => Promise<boolean>,
  options: { stopSignal?: NodeJS.Signals } = {},
): Promise<PrivateProgram> {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} cannot be started`);
  watchGroup(pid);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const gone = once(child, 'exit').finally(() => forgetGroup(pid));
  const signal = (name: NodeJS.Signals) => {
    // It may be gone already, which is what was wanted.
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, name);
  };
  const program: PrivateProgram = {
    pid,
    signal,
    async stop() {
      signal(options.stopSignal ?? 'SIGTERM');
      const force = setTimeout(() => signal('SIGKILL'), 5_000);
      await gone;
      clearTimeout(force);
    },
  };
  const ended = gone.then(() => Promise.reject(new Error(`${command} ended with ${child.exitCode}`)));
  try {
    await Promise.race([waitFor(ready, { what: `${command} to answer` }), ended]);
  } catch (error) {
    await program.stop();
    throw new Error(`${String(error)}\n${said}`);
  }
  return program;
}

/** Somebody may take a port between its choice and its use: then it is begun anew, with others. */
export const onFreePorts = <T>(begin: () => Promise<T>): Promise<T> => begin().catch(begin);
