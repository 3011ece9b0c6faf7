import { existsSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';
import { findProgram } from '../../scripts/lib/programs.mjs';

/*
 * The only clock that decides anything is the database's, so that is the one a test moves: a MariaDB of its own under libfaketime. The processes
 * of Signalbox are what they always are, and their own clocks go on.
 */

export interface DatabaseClock {
  /** For the server that is to live by it. */
  readonly environment: Record<string, string>;
  /** Milliseconds since 1970, as the database says it. */
  now(): number;
  /** Forward, or back where negative. */
  move(ms: number): void;
  close(): void;
}

/** Null where libfaketime is not installed. */
export function openDatabaseClock(): DatabaseClock | null {
  const library = findLibrary();
  if (library === null) return null;
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-clock-'));
  removeAtEnd(dir);
  const file = join(dir, 'ahead');
  let aheadMs = 0;
  const write = () => {
    // Renamed into place: the server may look at any instant.
    writeFileSync(`${file}.next`, `${aheadMs < 0 ? '-' : '+'}${(Math.abs(aheadMs) / 1000).toFixed(3)}`);
    renameSync(`${file}.next`, file);
  };
  write();
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // Looked at by every call, so that what a test moves has moved when it goes on.
      FAKETIME_NO_CACHE: '1',
      // What waits for a while waits for that while.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    now: () => Date.now() + aheadMs,
    move(ms) {
      aheadMs += ms;
      write();
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Debian keeps it below the directory of its architecture, others right below `lib`. */
function findLibrary(): string | null {
  const program = findProgram('faketime');
  if (program === null || process.platform !== 'linux') return null;
  const lib = join(dirname(dirname(realpathSync(program))), 'lib');
  if (!existsSync(lib)) return null;
  const below = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const places = [lib, ...below.map(({ name }) => join(lib, name))].map((place) => join(place, 'faketime', 'libfaketimeMT.so.1'));
  return places.find((place) => existsSync(place)) ?? null;
}
