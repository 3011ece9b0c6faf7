/**
 * Runs beside a script that starts processes and outlives it by a moment. The script writes what it started, one JSON
 * value per line; when the pipe closes, because the script ended or was killed, whatever is still listed is stopped and
 * directories of a run are removed. It leads its own process group, so that a signal to the script's group does not reach it.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const groups = new Set();
const directories = new Set();
const lines = createInterface({ input: process.stdin });

lines.on('line', (line) => {
  const { watch, forget, remove } = JSON.parse(line);
  if (watch) groups.add(watch);
  if (forget) groups.delete(forget);
  if (remove) directories.add(remove);
});

lines.on('close', async () => {
  for (const group of groups) signal(group, 'SIGTERM');
  for (let waited = 0; waited < 5000 && [...groups].some((group) => signal(group, 0)); waited += 100) await delay(100);
  for (const group of groups) signal(group, 'SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

function signal(group, name) {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}
