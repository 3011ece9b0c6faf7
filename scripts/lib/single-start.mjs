import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from './progress.mjs';
import { commandLine } from './server-process.mjs';

/** Two starts in one clone would share data directories. Refuses while another runs; returns how to let go. */
export async function claimClone(file) {
  const owner = Number(readOr(file, '0'));
  // A pid alone may be anybody's by now.
  if (owner > 0 && owner !== process.pid && (await commandLine(owner)).includes('scripts/start.mjs')) {
    throw new Refusal(`npm start is already running in this clone (process ${owner}); stop it first.`);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, String(process.pid));
  return () => {
    if (readOr(file, '') === String(process.pid)) rmSync(file, { force: true });
  };
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
