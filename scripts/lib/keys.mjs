import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** SIGNALBOX_KEYS, or one made for this clone and kept: what it has encrypted must be readable after the next start. */
export function encryptionKeys(file) {
  if (process.env.SIGNALBOX_KEYS) return process.env.SIGNALBOX_KEYS;
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `local:${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}
