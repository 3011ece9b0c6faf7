/** `npm run build`: what the image runs, in `dist`. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './lib/bundle.mjs';
import { root } from './lib/paths.mjs';

const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
await bundle(dist);
