import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { codeOf, readJson } from './files.ts';
import { trouble } from './identity.ts';
import type { RunState } from './observe.ts';
import type { RunSpec } from './places.ts';

const MAX_OUTPUT = 64 * 1024;
const LAST_WORDS_MS = 1_000;

/**
 * Runs a command in the directory of a run's release, with its variables and the port of its first replica. Its whole group ends with it, or when
 * its time is over.
 */
export async function runBeside(
  directory: string,
  command: readonly string[],
  { timeoutMs }: { timeoutMs: number },
): Promise<{ exitCode: number; output: string }> {
  const spec = await readJson<RunSpec>(join(directory, 'spec.json'));
  const [program, ...words] = command;
  if (spec === null || program === undefined) throw trouble('not-found', 'nothing runs there, so no command can run beside it');
  const state = await readJson<RunState>(join(directory, 'state.json'));
  const port = state?.replicas[0]?.port ?? null;
  const environment = { ...spec.environment, ...(spec.portVariable === null || port === null ? {} : { [spec.portVariable]: `${port}` }) };
  const child = spawn(program, words, { cwd: spec.directory, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]).subarray(-MAX_OUTPUT);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(child.pid);
  }, timeoutMs);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(trouble('invalid', `the command could not be started: ${codeOf(error) ?? 'no reason given'}`)));
      child.once('exit', (code) => {
        endGroup(child.pid);
        // What left the group may hold the pipes open for ever.
        setTimeout(() => [child.stdout, child.stderr].map((pipe) => pipe.destroy()), LAST_WORDS_MS).unref();
        child.once('close', () => resolve(code));
      });
    });
    if (isLate) throw trouble('timeout', `the command ran longer than ${timeoutMs} ms`);
    if (exitCode === null) throw trouble('unavailable', 'the command was ended by a signal');
    return { exitCode, output: output.toString('utf8') };
  } finally {
    clearTimeout(timer);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
