import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';

describe.each(testDatabases())('a statement that loses a deadlock on $name', (server) => {
  let database: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    database = await createTestDatabase(server);
    db = openDatabase({ url: new Secret(database.url), poolSize: 4 });
    await db.run('CREATE TABLE pair (id INT PRIMARY KEY, n INT NOT NULL)');
    await db.run('CREATE TABLE ballast (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL)');
    await db.run('INSERT INTO pair VALUES (1, 0), (2, 0)');
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });

  it('is sent again, for alone it has done nothing', async () => {
    let single: Promise<number> | undefined;
    let attempts = 0;

    await db.transact(async (tx) => {
      attempts += 1;
      // The server lets the one go that has written least: not this one.
      await tx.run('INSERT INTO ballast (n) VALUES ?', [Array.from({ length: 200 }, (_, n) => [n])]);
      await tx.run('UPDATE pair SET n = n + 10 WHERE id = 1');
      single ??= db.run('UPDATE pair SET n = n + 1 ORDER BY id DESC');
      // The server looks anew only when nobody has asked it for a tenth of a second.
      await waitFor(() => waitingForLock(), { what: 'the statement to wait for the row', everyMs: 200 });
      await tx.run('UPDATE pair SET n = n + 10 WHERE id = 2');
    });

    expect(attempts).toBe(1);
    expect(await single).toBe(2);
    expect(await db.rows('SELECT id, n FROM pair ORDER BY id')).toEqual([
      { id: 1, n: 11 },
      { id: 2, n: 11 },
    ]);
  });

  async function waitingForLock(): Promise<boolean> {
    const rows = await db.rows(
      `SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE 'UPDATE pair SET n = n + 1 %'`,
    );
    return rows.length > 0;
  }
});
