/** `npm run check`: everything that can be said about the code without running it. Prints only what failed, with its output. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkDocPaths } from './check/doc-paths.mjs';
import { checkFileSizes, limits } from './check/file-sizes.mjs';
import { run } from './lib/child.mjs';
import { runScript } from './lib/entry.mjs';
import { ensureDependencies } from './lib/install.mjs';
import { root, tool } from './lib/paths.mjs';
import { createProgress } from './lib/progress.mjs';

const progress = createProgress();
const cruised = ['src', 'test', 'sandbox', 'bench'].filter((folder) => existsSync(join(root, folder)));

/** Each gives its complaints as text, '' when there are none. */
const checks = [
  ['format and lint', () => command(tool('biome'), ['check', '--error-on-warnings', '--colors=off', '.'])],
  ['types', () => command(tool('tsc'), ['--noEmit', '--pretty', 'false', '-p', '.'])],
  ['import rules', () => command(tool('depcruise'), [...cruised, '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'])],
  ['dead code', () => command(tool('knip'), ['--no-progress', '--no-config-hints'])],
  ['file sizes', fileSizes],
  ['paths in documents', () => checkDocPaths(root).join('\n')],
];

await runScript(progress, async () => {
  await ensureDependencies(progress);
  const queue = [...checks];
  const failed = [];
  // Two at a time: half of them are single-threaded, and CI has two cores.
  await Promise.all([work(), work()]);
  if (failed.length > 0) progress.fail(`check failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;

  async function work() {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [name, check] = next;
      const complaints = await check();
      if (complaints === '') progress.ok(name);
      else {
        failed.push(name);
        progress.fail(name);
        progress.raw(complaints.replace(/^/gm, '    '));
      }
    }
  }
});

async function command(binary, args) {
  const { code, output } = await run(binary, args, { cwd: root, env: { ...process.env, NO_COLOR: '1' } });
  return code === 0 ? '' : output || `ended with ${code}`;
}

function fileSizes() {
  const { errors, warnings } = checkFileSizes(root);
  for (const warning of warnings) progress.warn(`long file (over ${limits.warning}): ${warning}`);
  return errors.join('\n');
}
