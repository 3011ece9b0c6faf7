import type { Database } from '../../src/db/client.ts';

/** The same database, counting what is asked of it. */
export function countingDatabase(db: Database): { db: Database; statements: () => number } {
  let statements = 0;
  const counted: Database = {
    ...db,
    rows: <T>(...args: Parameters<Database['rows']>) => {
      statements += 1;
      return db.rows<T>(...args);
    },
    run: (...args) => {
      statements += 1;
      return db.run(...args);
    },
    batch: (...args) => {
      statements += args[0].length;
      return db.batch(...args);
    },
    transact: (work) =>
      db.transact((tx) =>
        work({
          ...tx,
          rows: (...args) => {
            statements += 1;
            return tx.rows(...args);
          },
          run: (...args) => {
            statements += 1;
            return tx.run(...args);
          },
          batch: (...args) => {
            statements += args[0].length;
            return tx.batch(...args);
          },
        }),
      ),
  };
  return { db: counted, statements: () => statements };
}
