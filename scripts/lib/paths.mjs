import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this clone; scripts work from any working directory. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A tool of node_modules, without the half second that npx takes to find it. */
export const tool = (name) => join(root, 'node_modules/.bin', name);
