import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../scripts/lib/programs.mjs';

const READY_WITHIN_MS = 30_000;
const LOOK_MS = 100;

/** A program of the machine as a private instance, in our own process group: whoever ends that ends it. */
export interface PrivateServer {
  /** Its last words, once it has ended. */
  ended: Promise<string>;
  stop(): void;
}

/** @param isReady may throw until it answers */
export async function startPrivateServer(name: string, args: readonly string[], isReady: () => Promise<boolean>): Promise<PrivateServer> {
  const program = findProgram(name);
  if (program === null) throw new Error(`${name} is not installed`);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said));
  }).finally(() => {
    isOver = true;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady().catch(() => false))) {
    if (isOver) throw new Error(`${name} ended at once: ${await ended}`);
    if (Date.now() > deadline) throw new Error(`${name} does not answer: ${said}`);
    await delay(LOOK_MS);
  }
  return { ended, stop: () => void child.kill('SIGTERM') };
}
