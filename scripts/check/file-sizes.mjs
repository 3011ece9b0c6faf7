import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const limits = { warning: 300, error: 400 };

/** Files of src and scripts that are too long to be one thing. `{ errors, warnings }`, each `path: n lines`. */
export function checkFileSizes(root, folders = ['src', 'scripts']) {
  const found = { errors: [], warnings: [] };
  for (const path of folders.flatMap((folder) => sourceFiles(join(root, folder)))) {
    const text = readFileSync(path, 'utf8');
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    const line = `${relative(root, path)}: ${lines} lines`;
    if (lines > limits.error) found.errors.push(`${line}, at most ${limits.error}: what is the second thing in it?`);
    else if (lines > limits.warning) found.warnings.push(line);
  }
  return found;
}

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|mjs|cjs|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
