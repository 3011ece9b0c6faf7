import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';

/**
 * Compiles Signalbox once for all system tests, as `npm run build` does for the image, types aside: hundreds of its processes are started, and each would compile
 * it anew. Every run has a folder of its own, beside `src`, because modules find packages and migrations from there.
 */
export async function setup(): Promise<() => void> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const dir = mkdtempSync(join(root, '.built-'));
  removeAtEnd(dir);
  const words = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', dir];
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), words, { cwd: root });
  process.env.SIGNALBOX_BUILT = dir;
  return () => rmSync(dir, { recursive: true, force: true });
}
