import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, isUnreachable, openDatabase } from '../../src/db/client.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';

/** A process that stands still, or a machine that lost its power, ends no transaction: the server must. */

describe.each(testDatabases())('a session on $name that says nothing', (server) => {
  let database: TestDatabase;
  let db: Database;
  let silent: Database;
  beforeAll(async () => {
    database = await createTestDatabase(server);
    const url = new Secret(database.url);
    db = openDatabase({ url, poolSize: 2 });
    silent = openDatabase({ url, poolSize: 2, abandonedAfterSeconds: 1 });
    await db.run('CREATE TABLE things (id INT PRIMARY KEY, n INT NOT NULL)');
    await db.run('INSERT INTO things VALUES (1, 0)');
  });
  afterAll(async () => {
    await silent?.close();
    await db?.close();
    await database?.drop();
  });

  it('loses its transaction and the locks with it, soon', async () => {
    let goOn = (): void => undefined;
    const standsStill = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let locked = (): void => undefined;
    const holdsTheRow = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const abandoned = silent.transact(async (tx) => {
      await tx.run('UPDATE things SET n = 100 WHERE id = 1');
      locked();
      await standsStill;
      await tx.run('UPDATE things SET n = n + 1 WHERE id = 1');
    });
    const end = abandoned.then(
      () => null,
      (error: unknown) => error,
    );
    await holdsTheRow;

    const since = performance.now();
    await db.run('UPDATE things SET n = n + 1 WHERE id = 1');
    const tookMs = performance.now() - since;
    goOn();

    expect(isUnreachable(await end)).toBe(true);
    expect(await db.rows('SELECT n FROM things')).toEqual([{ n: 1 }]);
    expect(tookMs).toBeLessThan(8_000);
  });

  it('is replaced by a new one when it is needed again', async () => {
    await silent.rows('SELECT 1');
    const [session] = await silent.rows<{ id: number }>('SELECT CONNECTION_ID() AS id');

    // The pool lets go of its idle connection before the server ends the session.
    await expect
      .poll(async () => (await db.rows('SELECT 1 FROM information_schema.processlist WHERE id = ?', [session?.id ?? 0])).length, {
        timeout: 8_000,
      })
      .toBe(0);

    expect(await silent.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
