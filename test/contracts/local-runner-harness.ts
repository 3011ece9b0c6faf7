import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalConnection } from '../../src/integrations/providers/local-runner/identity.ts';
import { guardedDeps } from './adapter-harness.ts';

/** A connection with a directory of its own; closing ends every process that it started. */
export function localWorld() {
  const localRoot = mkdtempSync(join(tmpdir(), 'signalbox-local-'));
  const connection: LocalConnection = {
    id: randomUUID(),
    baseUrl: 'local://this-machine',
    credentials: {},
    settings: { maxUnpackedMb: 50 },
  };
  return {
    localRoot,
    connection,
    deps: () => guardedDeps('local-runner', [], { localRoot }),
    close: async () => {
      // Supervisors end what they look after when their directory is gone; whoever is left is ended here.
      for (let tries = 0; tries < 3; tries += 1) for (const pid of processesUnder(localRoot)) kill(pid);
      rmSync(localRoot, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Every process whose home is in the directory: supervisors and what they started. */
export function processesUnder(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`HOME=${directory}/`);
      } catch {
        return false;
      }
    });
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
