/**
 * Looks after one run: the replicas of one workload, or one job. A process of its own that no worker's death ends; nobody talks to it. What it
 * shall do stands in files, and what it sees goes into `state.json` beside them, so that killing it, or whoever asked, loses nothing: the next
 * one reads the files, finds the processes in /proc and goes on.
 *
 *   node main.mjs <directory of the run, which holds spec.json>
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { readJson } from './files.mjs';
import { superviseJob } from './job.mjs';
import { superviseService } from './service.mjs';

const directory = process.argv[2];
// An address in the kernel's own namespace: it is ours alone, and free again in the instant in which we die.
const only = createServer().listen(`\0signalbox-run-${createHash('sha256').update(directory).digest('hex').slice(0, 40)}`);
only.once('error', () => process.exit(0));
only.once('listening', async () => {
  // Whoever ends the worker's group or terminal does not mean us.
  for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => undefined);
  const spec = readJson(`${directory}/spec.json`);
  if (spec !== null) await (spec.kind === 'job' ? superviseJob(directory, spec) : superviseService(directory, spec));
  process.exit(0);
});
