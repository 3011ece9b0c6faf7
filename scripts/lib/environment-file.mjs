import { chmodSync, rmSync, writeFileSync } from 'node:fs';

/** Writes variables for `. <file>` in a shell; only their owner may read them. Returns how to remove the file. */
export function writeEnvironment(file, variables) {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  // The mode above counts only when the file is made.
  chmodSync(file, 0o600);
  return async () => rmSync(file, { force: true });
}
