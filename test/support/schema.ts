import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { migrate } from '../../src/db/migrate.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Secret } from '../../src/platform/secret.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const kept = join(root, 'node_modules/.cache/signalbox');

/**
 * Brings an empty database to today's schema. The migrations take seconds, and hundreds of files want a database of their own: the first one is migrated, the others are
 * made as it came out, in one statement. Whether the migrations themselves work is test/data/migrations.test.ts.
 */
export async function applySchema(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true, charset: 'utf8mb4' });
  try {
    const file = join(kept, `schema-${await fingerprint(connection)}.sql`);
    const statements = read(file);
    if (statements !== null) return void (await connection.query(statements));
    await migrate({ url: new Secret(url), logger: createLogger({ level: 'silent', name: 'migrate' }) });
    keep(file, await dump(connection));
  } finally {
    await connection.end();
  }
}

/** Of the migrations and the server: another one writes its tables otherwise. */
async function fingerprint(connection: Connection): Promise<string> {
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  const digest = createHash('sha256').update(String(server?.version));
  const folder = join(root, 'drizzle');
  for (const name of readdirSync(folder).sort()) if (name.endsWith('.sql')) digest.update(name).update(readFileSync(join(folder, name)));
  return digest.digest('hex').slice(0, 24);
}

async function dump(connection: Connection): Promise<string> {
  const statements = ['SET foreign_key_checks = 0'];
  const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES');
  for (const row of tables) {
    const name = connection.escapeId(String(Object.values(row)[0]));
    const [[shown]] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${name}`);
    statements.push(String(shown?.['Create Table']));
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM ${name}`);
    for (const values of rows) statements.push(connection.format(`INSERT INTO ${name} SET ?`, [values]));
  }
  return statements.join(';\n');
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Others may be writing it, too: whoever reads it reads a whole one. */
function keep(file: string, statements: string): void {
  mkdirSync(kept, { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, statements);
  renameSync(own, file);
}
