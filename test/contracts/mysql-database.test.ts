import { randomBytes } from 'node:crypto';
import { createPool } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MysqlConnection } from '../../src/integrations/providers/mysql-database/identity.ts';
import { settingsSchema } from '../../src/integrations/providers/mysql-database/identity.ts';
import { mysqlDatabase } from '../../src/integrations/providers/mysql-database/index.ts';
import { mysqlSchemaMigrator } from '../../src/integrations/providers/mysql-database/schema-migrator.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createTestDatabase, type DatabaseServer, testDatabases } from '../support/databases.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { migration, options, type SchemaMigratorHarness, schemaMigratorContract } from './schema-migrator.contract.ts';

const PASSWORD = 'a password that shows nowhere';

interface World extends SchemaMigratorHarness {
  connection: MysqlConnection;
}

/** A database of its own, and a user who may do there what a migration needs. */
async function world(server: DatabaseServer): Promise<World> {
  const database = await createTestDatabase(server);
  const pool = createPool({ uri: database.url, connectionLimit: 2 });
  const user = `m_${randomBytes(6).toString('hex')}`;
  await pool.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${PASSWORD}'`);
  await pool.query(`GRANT ALL ON \`${database.name}\`.* TO '${user}'@'%'`);
  const connection: MysqlConnection = {
    id: 'c1',
    baseUrl: `mysql://db.example:${new URL(server.url).port || 3306}`,
    credentials: { user, password: new Secret(PASSWORD) },
    settings: settingsSchema.parse({ database: database.name, allowUnencrypted: true }),
  };
  const rows = async (sql: string) => (await pool.query(sql))[0] as Record<string, unknown>[];
  return {
    connection,
    rows,
    connect: () => mysqlSchemaMigrator(connection, guardedDeps('mysql-database', [])),
    async kill(words) {
      const found = (await rows('SHOW FULL PROCESSLIST')).find((row) => row.User === user && String(row.Info).includes(words));
      if (found !== undefined) await pool.query(`KILL CONNECTION ${found.Id}`);
      return found !== undefined;
    },
    async close() {
      await pool.query(`DROP USER '${user}'@'%'`);
      await pool.end();
      await database.drop();
    },
  };
}

const [mariadb, mysql] = [serverOf('mariadb'), serverOf('mysql')];

schemaMigratorContract('mysql-database mariadb', () => world(mariadb as DatabaseServer), { isThere: mariadb !== undefined });
schemaMigratorContract('mysql-database mysql', () => world(mysql as DatabaseServer), { isThere: mysql !== undefined });

function serverOf(name: DatabaseServer['name']): DatabaseServer | undefined {
  return testDatabases().find((server) => server.name === name);
}

describe.each(testDatabases())('the database of $name', (server) => {
  let here: World;
  beforeAll(async () => {
    here = await world(server);
  });
  afterAll(() => here?.close());

  const changed = (changes: { baseUrl?: string; password?: string; settings?: Partial<MysqlConnection['settings']> }): MysqlConnection => ({
    ...here.connection,
    ...(changes.baseUrl === undefined ? {} : { baseUrl: changes.baseUrl }),
    credentials: { ...here.connection.credentials, password: new Secret(changes.password ?? PASSWORD) },
    settings: { ...here.connection.settings, ...changes.settings },
  });
  const verify = (connection: MysqlConnection) => mysqlDatabase.verify(connection, guardedDeps('mysql-database', []), 'deployment');

  it('is verified by its version and by who we are there', async () => {
    const account = new RegExp(`^${here.connection.credentials.user}@% at ${server.name} \\d+\\.\\d+`, 'i');
    expect(await verify(here.connection)).toMatchObject({ ok: true, account: expect.stringMatching(account) });
  });

  it('says what is wrong with the password and the database', async () => {
    for (const connection of [changed({ password: 'another' }), changed({ settings: { database: 'test_of_nobody' } })])
      expect(await verify(connection)).toMatchObject({ ok: false, problems: [expect.stringMatching(/[Aa]ccess denied/)] });
  });

  it('talks to no server that nobody can trust, unless it is told to', async () => {
    const error = await providerError(
      mysqlSchemaMigrator(changed({ settings: { allowUnencrypted: false } }), guardedDeps('mysql-database', [])).applied(),
    );

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringMatching(/TLS|certificate/) });
  });

  it('shows its password in no error and takes what a migration calls a user’s out of them', async () => {
    const wrong = await providerError(
      mysqlSchemaMigrator(changed({ password: 'no password at all' }), guardedDeps('mysql-database', [])).applied(),
    );
    const sql = "CREATE USER 'shop'@'%' IDENTIFIED BY 'sesame';";
    const refused = await providerError(here.connect().apply(migration('0001_user.sql', sql), options));

    expectNoSecret(wrong, ['no password at all', PASSWORD]);
    expectNoSecret(refused, ['sesame', PASSWORD]);
    expect(refused.message).toContain('statement 1 of 1');
  });

  it('does not wait long for a table that others use', async () => {
    const { connection, rows } = here;
    await rows('CREATE TABLE busy (id INT PRIMARY KEY)');
    await rows('INSERT INTO busy VALUES (1)');
    const holder = here
      .connect()
      .apply(migration('0002_holder.sql', 'BEGIN; SELECT * FROM busy; DO SLEEP(63);'), { waitMs: 1_000, timeoutMs: 90_000 });
    const held = providerError(holder);
    const { settings } = connection;
    // Another database's lock, so that the two meet at the table and not before.
    const other = await createTestDatabase(server);
    await rows(`GRANT ALL ON \`${other.name}\`.* TO '${connection.credentials.user}'@'%'`);
    try {
      await expect.poll(() => rows("SELECT ID FROM information_schema.processlist WHERE INFO LIKE 'DO SLEEP(63)%'")).toHaveLength(1);
      const elsewhere = changed({ settings: { ...settings, database: other.name, lockWaitSeconds: 1 } });

      const error = await providerError(
        mysqlSchemaMigrator(elsewhere, guardedDeps('mysql-database', [])).apply(
          migration('0003_alter.sql', `ALTER TABLE \`${settings.database}\`.busy ADD COLUMN more INT`),
          options,
        ),
      );

      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringMatching(/[Ll]ock wait timeout/) });
    } finally {
      await here.kill('DO SLEEP(63)');
      await held;
      await other.drop();
    }
  });
});
