import { once } from 'node:events';
import { Parser, type ReadEntry } from 'tar';
import type { PlannedMigration } from '../../domain/deployment/plan.ts';
import { type Arriving, piecesOf } from '../../platform/artifact-store.ts';
import { invalid, type Problem } from '../service-error.ts';

export interface ArtifactMigration {
  name: string;
  class: PlannedMigration['class'];
  sql: string;
}

/** What somebody may take for a migration; what lies deeper is none. */
const FOLDER = /^(?:\.\/)?migrations\/([^/]+\.sql)$/i;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,250}\.sql$/;
const CLASS = /^--\s*signalbox:\s*(expand|contract|irreversible)\s*$/;
const MAX_FILES = 500;
const MAX_BYTES = 1_000_000;
/** They are held together, and kept in one row. */
const MAX_ALL_BYTES = 8_000_000;

/**
 * The SQL files in the folder `migrations` of a `.tar.gz`, with the class that their first line says.
 * @throws ServiceError invalid for what is no such archive, and for migrations that do not say their class
 */
export async function readMigrations(archive: Arriving): Promise<ArtifactMigration[]> {
  const found = new Map<string, Buffer[]>();
  const problems: Problem[] = [];
  const room = { files: MAX_FILES, bytes: MAX_ALL_BYTES };
  const parser = new Parser({ strict: true, onReadEntry: (entry) => collect(entry, found, room, problems) });
  let broken: Error | null = null;
  parser.on('error', (error: Error) => {
    broken ??= error;
  });
  const ended = once(parser, 'end').catch(() => undefined);
  for await (const piece of piecesOf(archive)) {
    if (broken !== null) break;
    if (!parser.write(Buffer.from(piece))) await Promise.race([once(parser, 'drain'), ended]);
  }
  parser.end();
  if (broken === null) await ended;
  if (broken !== null) throw invalid([{ field: '/', message: `is no .tar.gz archive: ${(broken as Error).message}` }]);
  const migrations = [...found].map(([name, pieces]) => migrationOf(name, Buffer.concat(pieces).toString('utf8'), problems));
  if (problems.length > 0) throw invalid(problems);
  return migrations.flatMap((migration) => migration ?? []);
}

function collect(entry: ReadEntry, found: Map<string, Buffer[]>, room: { files: number; bytes: number }, problems: Problem[]): void {
  const name = FOLDER.exec(entry.path)?.[1];
  if (name === undefined || entry.type === 'Directory') {
    entry.resume();
    return;
  }
  if (!NAME.test(name) || (entry.type !== 'File' && entry.type !== 'OldFile')) {
    // Left out in silence, the version would run without it.
    problems.push({ field: `/migrations/${name}`, message: 'must be a file called by letters, digits and . _ - alone, and end in .sql' });
    entry.resume();
    return;
  }
  room.files -= 1;
  room.bytes -= entry.size;
  if (room.files < 0 || room.bytes < 0 || entry.size > MAX_BYTES) {
    const message = `is too much: at most ${MAX_FILES} files of ${MAX_BYTES} bytes, and ${MAX_ALL_BYTES} bytes in all`;
    problems.push({ field: `/migrations/${name}`, message });
    entry.resume();
    return;
  }
  const pieces: Buffer[] = [];
  found.set(name, pieces);
  entry.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)));
}

function migrationOf(name: string, sql: string, problems: Problem[]): ArtifactMigration | null {
  const kind = CLASS.exec(sql.slice(0, Math.max(0, sql.indexOf('\n'))).trim())?.[1];
  if (kind !== undefined) return { name, class: kind as PlannedMigration['class'], sql };
  problems.push({
    field: `/migrations/${name}`,
    message: 'must say its class in its first line: -- signalbox: expand, contract or irreversible',
  });
  return null;
}
