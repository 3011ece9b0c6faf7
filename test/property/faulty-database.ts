import type { Database, Sql, Statement, Tx } from '../../src/db/client.ts';

/*
 * A database connection that breaks at a chosen point. Points are counted over everything a process does with it: before and after each
 * statement, before and after each commit. A break inside a transaction rolls it back; one after a commit loses the answer alone.
 */

/** `crash`: the process is dead from then on. `hiccup`: that one time. */
export type Fault = { at: number; kind: 'crash' | 'hiccup' };

export interface FaultyDatabase {
  db: Database;
  /** Points passed so far. */
  points(): number;
  /** Whether the process is dead: whatever it still tries reaches nobody. */
  dead(): boolean;
  /** For effects outside the database: throws when the break falls here. */
  point(): void;
}

class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** As the driver marks errors of the connection itself. */
  readonly fatal = true;
}

export function faultyDatabase(real: Database, fault: Fault | null): FaultyDatabase {
  let passed = 0;
  let isDead = false;

  function point(): void {
    if (isDead) throw new ConnectionLost('the process is dead');
    const here = passed;
    passed += 1;
    if (fault === null || here !== fault.at) return;
    isDead = fault.kind === 'crash';
    throw new ConnectionLost(`the connection broke at point ${here}`);
  }

  async function around<T>(work: () => Promise<T>): Promise<T> {
    point();
    const value = await work();
    point();
    return value;
  }

  const sqlOver = (sql: Sql): Sql => ({
    rows: (text, values) => around(() => sql.rows(text, values)),
    run: (text, values) => around(() => sql.run(text, values)),
    async batch(statements) {
      const results: unknown[] = [];
      for (const statement of statements) results.push(...(await around(() => sql.batch([statement]))));
      return results;
    },
  });

  const txOver = (tx: Tx, effects: (() => void)[]): Tx => ({
    ...sqlOver(tx),
    async finish(statements: readonly Statement[]) {
      const results = await sqlOver(tx).batch(statements);
      await around(() => tx.finish([]));
      return results;
    },
    beforeCommit: (statement) => tx.beforeCommit(statement),
    afterCommit: (effect) => void effects.push(effect),
  });

  const db: Database = {
    ...sqlOver(real),
    async transact(work) {
      const effects: (() => void)[] = [];
      const value = await real.transact(async (tx) => {
        effects.splice(0);
        const result = await work(txOver(tx, effects));
        point();
        return result;
      });
      point();
      for (const effect of effects) effect();
      return value;
    },
    pool: () => real.pool(),
    close: () => real.close(),
  };
  return { db, points: () => passed, dead: () => isDead, point };
}
