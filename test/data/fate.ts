import type { Database, Tx } from '../../src/db/client.ts';
import type { Fault } from '../property/faulty-database.ts';

/** Where one process breaks, counted over everything of it that lasts. */
export interface Fate {
  db: Database;
  passed(): number;
  dead(): boolean;
  guard(): void;
  /** Something that lasts was done. @throws when the break falls here */
  lasting(broken: () => Error): void;
}

export class Died extends Error {
  override readonly name = 'Died';
  /** As the driver marks errors of the connection itself. */
  readonly fatal = true;
}

export function fateOf(real: Database, fault: Fault | null): Fate {
  let passed = 0;
  let isDead = false;
  const guard = () => {
    if (isDead) throw new Died('the process is dead');
  };
  const lasting = (broken: () => Error) => {
    const here = passed;
    passed += 1;
    if (fault?.at !== here) return;
    isDead = fault.kind === 'crash';
    throw broken();
  };
  const lost = () => new Died('the connection broke');
  const guarded = <T>(work: () => Promise<T>): Promise<T> => {
    guard();
    return work();
  };
  const wrote = async <T>(work: () => Promise<T>): Promise<T> => {
    const value = await guarded(work);
    lasting(lost);
    return value;
  };
  const txOver = (tx: Tx): Tx => ({
    rows: (text, values) => guarded(() => tx.rows(text, values)),
    run: (text, values) => guarded(() => tx.run(text, values)),
    batch: (statements) => guarded(() => tx.batch(statements)),
    finish: (statements) => guarded(() => tx.finish(statements)),
    beforeCommit: (statement) => tx.beforeCommit(statement),
    afterCommit: (effect) => tx.afterCommit(effect),
  });
  const db: Database = {
    rows: (text, values) => guarded(() => real.rows(text, values)),
    run: (text, values) => wrote(() => real.run(text, values)),
    batch: (statements) => wrote(() => real.batch(statements)),
    transact: (work) =>
      wrote(() =>
        real.transact(async (tx) => {
          const value = await work(txOver(tx));
          guard();
          return value;
        }),
      ),
    pool: () => real.pool(),
    close: () => real.close(),
  };
  return { db, passed: () => passed, dead: () => isDead, guard, lasting };
}
