import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { MigrationBusyError, migrate, pendingMigrations, schemaCheck } from '../../src/db/migrate.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';

const logger = createLogger({ level: 'silent', name: 'test' });

describe.each(testDatabases())('migrations on $name', (server) => {
  let database: TestDatabase;
  let url: Secret;
  let db: Database;

  beforeEach(async () => {
    database = await createTestDatabase(server);
    url = new Secret(database.url);
    db = openDatabase({ url, poolSize: 4 });
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });

  it('are applied once when five processes start at the same time, and none of them fails', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate({ url, logger })));

    const all = applied.flat();
    expect(all.length).toBeGreaterThan(0);
    expect(new Set(all).size).toBe(all.length);
    expect(applied.filter((tags) => tags.length > 0)).toHaveLength(1);
    expect(await db.rows('SELECT 1 FROM __drizzle_migrations')).toHaveLength(all.length);
  });

  it('give up after the time they may wait for another process', async () => {
    await migrate({ url, logger });
    await db.transact(async (tx) => {
      const [lock] = await tx.rows<{ name: string }>(
        `SELECT CONCAT('signalbox:migrate:', LEFT(SHA2(DATABASE(), 256), 32)) AS name, GET_LOCK(CONCAT('signalbox:migrate:', LEFT(SHA2(DATABASE(), 256), 32)), 5)`,
      );

      await expect(migrate({ url, logger, waitSeconds: 1 })).rejects.toThrow(MigrationBusyError);

      await tx.rows('SELECT RELEASE_LOCK(?)', [lock?.name ?? '']);
    });
  });

  it('keep the rows there are: what was written before reads the same after a later migration', async () => {
    await migrate({ url, logger });
    const sample = {
      id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
      name: 'Ünïcode 🚀 Ltd.',
    };
    await db.run('INSERT INTO tenants (id, name) VALUES (?, ?)', [sample.id, sample.name]);
    await db.run(`INSERT INTO release_configs (id, tenant_id, name, body, created_by_account_id) VALUES (?, ?, 'cfg', ?, ?)`, [
      sample.id,
      sample.id,
      JSON.stringify({ nested: { deep: [1, 'zwei', null] } }),
      sample.id,
    ]);
    const before = await db.rows('SELECT * FROM release_configs JOIN tenants ON tenants.id = tenant_id');
    const folder = await withLaterMigration("ALTER TABLE `tenants` ADD `note` varchar(40) DEFAULT 'none' NOT NULL;");
    try {
      expect(await pendingMigrations(db, folder)).toEqual(['9999_later']);

      expect(await migrate({ url, logger, folder })).toEqual(['9999_later']);

      expect(await pendingMigrations(db, folder)).toEqual([]);
      expect(await db.rows('SELECT note FROM tenants')).toEqual([{ note: 'none' }]);
      const after = await db.rows<Record<string, unknown>>('SELECT * FROM release_configs JOIN tenants ON tenants.id = tenant_id');
      expect(after.map(({ note: _note, ...row }) => row)).toEqual(before);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('number the history there is in the order it was read in before', async () => {
    await db.run('CREATE TABLE state_history (id char(26) NOT NULL PRIMARY KEY, tenant_id char(26), scope_id char(26))');
    await db.run('CREATE INDEX state_history_scope ON state_history (tenant_id, scope_id, id)');
    await db.run("INSERT INTO state_history VALUES ('03', 't', 's'), ('01', 't', 's'), ('02', 't', 'r')");

    await db.run(await readFile(new URL('../../drizzle/0003_history_sequence.sql', import.meta.url), 'utf8'));
    await db.run("INSERT INTO state_history (id, tenant_id, scope_id) VALUES ('00', 't', 's')");

    const rows = await db.rows<{ id: string }>('SELECT id FROM state_history ORDER BY sequence');
    expect(rows.map(({ id }) => id)).toEqual(['01', '02', '03', '00']);
  });

  it('make a process unready while they are missing, and name the missing ones', async () => {
    await expect(schemaCheck(db)()).rejects.toThrow(/schema is behind: .*npm run migrate/);

    await migrate({ url, logger });

    await expect(schemaCheck(db)()).resolves.toBeUndefined();
  });

  it('leave nothing to do the second time', async () => {
    await migrate({ url, logger });

    expect(await migrate({ url, logger })).toEqual([]);
  });
});

/** A copy of the repository's migrations with one more. */
async function withLaterMigration(statement: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-drizzle-'));
  await cp(new URL('../../drizzle', import.meta.url), folder, { recursive: true });
  const path = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(path, 'utf8')) as { entries: object[] };
  const when = Date.UTC(2100, 0, 1);
  journal.entries.push({ idx: journal.entries.length, version: '5', when, tag: '9999_later', breakpoints: true });
  await writeFile(path, JSON.stringify(journal));
  await writeFile(join(folder, '9999_later.sql'), statement);
  return folder;
}
