import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../scripts/lib/bundle.mjs';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';

/**
 * Compiles Signalbox once for all system tests, as `npm run build` does for the image: hundreds of its processes are started, and each would compile it anew. Every
 * run has a folder of its own.
 */
export async function setup(): Promise<() => void> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const dir = mkdtempSync(join(root, '.built-'));
  removeAtEnd(dir);
  await bundle(dir);
  process.env.SIGNALBOX_BUILT = dir;
  return () => rmSync(dir, { recursive: true, force: true });
}
