import { copyFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';

/** What stands in the file; null = there is none. Files are replaced as a whole, so half of one is never seen. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}

export function writeJson(path, value) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 });
  renameSync(temporary, path);
}

/** Who writes a log keeps it open, so it is copied and emptied; what is written in that instant is lost. */
export function rotate(path, maxBytes) {
  try {
    if (statSync(path).size <= maxBytes) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ENOSPC') throw error;
  }
}
