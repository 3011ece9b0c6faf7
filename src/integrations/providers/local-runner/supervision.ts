import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson } from './files.ts';

/** Who looks after a run: a process of its own, started here and told apart by what /proc says. */

const program = fileURLToPath(new URL('./supervisor/main.mjs', import.meta.url));

/** What services and jobs see of the worker's environment: nothing. */
export const baseEnvironment = (home: string): Record<string, string> => ({
  PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: home,
  LANG: 'C.UTF-8',
});

export interface Process {
  pid: number | null;
  start: string | null;
}

/** In the words of `supervisor/processes.mjs`. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${fields[19]}@${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}`;
  } catch {
    return null;
  }
}

export const isAlive = ({ pid, start }: Process): boolean => pid !== null && start !== null && startOf(pid) === start;

/** Sees to it that somebody looks after the run. Two that are started at once are one: the later gives way. */
export async function supervise(directory: string): Promise<void> {
  const state = await readJson<{ supervisor: Process }>(join(directory, 'state.json'));
  if (state !== null && isAlive(state.supervisor)) return;
  const child = spawn(process.execPath, [program, directory], {
    cwd: directory,
    // A session of its own: what ends the worker, or the terminal it runs in, does not end what it started.
    detached: true,
    stdio: 'ignore',
    env: baseEnvironment(directory),
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
}
