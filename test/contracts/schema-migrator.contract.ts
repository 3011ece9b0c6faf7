import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { Migration, SchemaMigrator } from '../../src/integrations/capabilities/schema-migrator.ts';
import { waitFor } from '../support/wait-for.ts';
import { contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';

export interface SchemaMigratorHarness {
  /** A new instance on the same connection, as another process has it. */
  connect(): SchemaMigrator;
  /** On the database itself, past the migrator. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Ends the connection that runs a statement with this in it; false = none does yet. */
  kill(words: string): Promise<boolean>;
  close(): Promise<void>;
}

export const migration = (name: string, sql: string): Migration => ({
  ...{ name, class: 'expand', sql },
  checksum: createHash('sha256').update(sql).digest('hex'),
});

export const options = { waitMs: 20_000, timeoutMs: 20_000 };

/** What everything that moves schemas promises. SQL is what MySQL and MariaDB both take. */
export function schemaMigratorContract(
  name: string,
  makeHarness: () => Promise<SchemaMigratorHarness>,
  { skip = [], isThere = true }: { skip?: readonly ContractSkip[] /** Whether there is such a database here. */; isThere?: boolean } = {},
): void {
  describe.skipIf(!isThere)(`schema migrator: ${name}`, () => {
    const { test, end } = contractTests(makeHarness, skip);
    const table = migration('0001_items.sql', 'CREATE TABLE items (id INT PRIMARY KEY); INSERT INTO items VALUES (1);');
    const count = async (rows: SchemaMigratorHarness['rows']) => (await rows('SELECT COUNT(*) AS n FROM items'))[0]?.n;

    test('has an empty ledger before the first migration', async ({ connect }) => {
      expect(await connect().applied()).toEqual([]);
    });

    test('applies statement by statement and writes it down', async ({ connect, rows }) => {
      const applied = await connect().apply(table, options);

      expect(applied).toMatchObject({ name: table.name, checksum: table.checksum, state: 'applied', error: null });
      expect(await connect().applied()).toEqual([applied]);
      expect(Math.abs(Date.now() - applied.at.getTime())).toBeLessThan(3_600_000);
      expect(await count(rows)).toBe(1);
    });

    test('applies nothing twice', async ({ connect, rows }) => {
      const first = await connect().apply(table, options);

      expect(await connect().apply(table, options)).toEqual(first);
      expect(await count(rows)).toBe(1);
    });

    test('refuses other content under a name that was applied', async ({ connect, rows }) => {
      await connect().apply(table, options);

      const error = await providerError(connect().apply(migration(table.name, `${table.sql} DROP TABLE items;`), options));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining(table.name) });
      expect(await count(rows)).toBe(1);
    });

    test('stops at the statement that is refused, and tells which with the words of the database', async ({ connect, rows }) => {
      const broken = migration(
        '0001_broken.sql',
        'CREATE TABLE items (id INT PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\nCREATE TABLE after_it (id INT);',
      );

      const error = await providerError(connect().apply(broken, options));

      expect(error.kind).toBe('invalid');
      expect(error.message).toContain('statement 2 of 3 at line 2');
      expect(error.message).toMatch(/nowhere' doesn't exist/);
      expect(await connect().applied()).toMatchObject([{ state: 'failed', error: expect.stringContaining('nowhere') }]);
      expect(await rows("SHOW TABLES LIKE 'after_it'")).toEqual([]);
      expect((await providerError(connect().apply(broken, options))).kind).toBe('conflict');
    });

    test('is the only runner: of two at once one waits and nothing runs twice', async ({ connect, rows }) => {
      const slow = migration('0001_items.sql', 'CREATE TABLE items (id INT PRIMARY KEY); DO SLEEP(0.5); INSERT INTO items VALUES (1);');

      const results = await Promise.all([connect().apply(slow, options), connect().apply(slow, options), connect().apply(slow, options)]);

      expect(results.map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
      expect(await count(rows)).toBe(1);
    });

    test('gives up on another runner that is at work for longer than it was told to wait', async ({ connect, kill }) => {
      const slow = connect()
        .apply(migration('0001_slow.sql', 'DO SLEEP(60);'), { ...options, timeoutMs: 90_000 })
        .catch((error: unknown) => error);
      await waitFor(async () => (await connect().applied()).length === 1, { what: 'the first runner' });

      const error = await providerError(connect().apply(migration('0002_other.sql', 'DO 1;'), { ...options, waitMs: 1_000 }));
      await waitFor(() => kill('DO SLEEP(60)'), { what: 'the end of the first runner' });
      await slow;

      expect(error.kind).toBe('unavailable');
      expect(await connect().applied()).toMatchObject([{ name: '0001_slow.sql' }]);
    });

    test('does not guess what became of a migration whose connection broke off: a person settles it', async ({ connect, kill, rows }) => {
      const torn = migration('0001_torn.sql', 'CREATE TABLE items (id INT PRIMARY KEY); DO SLEEP(61); INSERT INTO items VALUES (1);');
      const running = providerError(connect().apply(torn, { ...options, timeoutMs: 90_000 }));
      await waitFor(() => kill('DO SLEEP(61)'), { what: 'the statement that is torn' });

      expect((await running).kind).toBe('unavailable');
      expect(await connect().applied()).toMatchObject([{ state: 'started', error: null }]);
      const again = await providerError(connect().apply(torn, options));
      expect(again).toMatchObject({ kind: 'conflict', message: expect.stringContaining('look at what it did') });
      expect(await count(rows)).toBe(0);

      await connect().resolve(torn.name, 'applied');
      expect(await connect().apply(torn, options)).toMatchObject({ state: 'applied' });
      expect(await count(rows)).toBe(0);
    });

    test('runs anew what a person says was never begun', async ({ connect, rows }) => {
      await providerError(connect().apply(migration('0001_items.sql', 'CREATE TABLE items (nonsense);'), options));

      await connect().resolve(table.name, 'absent');

      expect(await connect().applied()).toEqual([]);
      await connect().apply(table, options);
      expect(await count(rows)).toBe(1);
    });

    test('settles what is in doubt only', async ({ connect }) => {
      await connect().apply(table, options);

      await connect().resolve(table.name, 'applied');
      await connect().resolve('0009_never.sql', 'absent');
      expect((await providerError(connect().resolve(table.name, 'absent'))).kind).toBe('conflict');
      expect((await providerError(connect().resolve('0009_never.sql', 'applied'))).kind).toBe('not-found');
      expect(await connect().applied()).toMatchObject([{ state: 'applied' }]);
    });

    test('ends a statement that takes longer than it may', async ({ connect, rows }) => {
      await connect().apply(table, options);
      const slow = migration('0002_slow.sql', 'UPDATE items SET id = 2 + SLEEP(62) * 0 WHERE SLEEP(62) = 0; INSERT INTO items VALUES (3);');

      const error = await providerError(connect().apply(slow, { ...options, timeoutMs: 300 }));

      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('300 ms') });
      expect(await connect().applied()).toMatchObject([{ state: 'applied' }, { name: slow.name, state: 'failed' }]);
      expect(await rows('SELECT id FROM items')).toEqual([{ id: 1 }]);
    });

    test('keeps what a migration did in a transaction that it did not end', async ({ connect, rows }) => {
      await connect().apply(table, options);
      const open = migration('0002_open.sql', 'SET autocommit = 0; LOCK TABLES items WRITE; INSERT INTO items VALUES (2);');

      expect(await connect().apply(open, options)).toMatchObject({ state: 'applied' });
      expect(await connect().applied()).toHaveLength(2);
      expect(await count(rows)).toBe(2);
    });
    end();
  });
}
