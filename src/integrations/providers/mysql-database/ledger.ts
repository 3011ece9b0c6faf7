import type { AppliedMigration, Migration } from '../../capabilities/schema-migrator.ts';
import type { Client } from './client.ts';
import { databaseError } from './mysql-error.ts';

/** The table beside the tenant's own in which every migration stands that was begun. */
const TABLE = 'signalbox_migrations';

export interface Ledger {
  /** By name. */
  read(): Promise<AppliedMigration[]>;
  find(name: string): Promise<AppliedMigration | null>;
  ensure(): Promise<void>;
  begin(migration: Migration): Promise<void>;
  end(name: string, state: 'applied' | 'failed', error: string | null): Promise<void>;
  forget(name: string): Promise<void>;
}

interface LedgerRow {
  name: string;
  checksum: string;
  state: AppliedMigration['state'];
  at: Date;
  error: string | null;
}

/** @param database named with the table: a migration may have gone to another one with USE */
export function createLedger(client: Client, database: string): Ledger {
  const table = `\`${database}\`.\`${TABLE}\``;
  const select = `SELECT name, checksum, state, COALESCE(ended_at, started_at) AS at, error FROM ${table}`;
  const readWhere = async (where: string, values: readonly unknown[] = []): Promise<AppliedMigration[]> => {
    try {
      return await client.rows<LedgerRow>(`${select} ${where} ORDER BY name`, values);
    } catch (error) {
      if (databaseError(error)?.code === 'ER_NO_SUCH_TABLE') return [];
      throw error;
    }
  };
  /** Whatever a migration left open must not take the ledger's words along. */
  const write = async (sql: string, values: readonly unknown[]): Promise<void> => {
    await client.rows(sql, values);
    await client.statement('COMMIT');
  };

  return {
    read: () => readWhere(''),
    find: async (name) => (await readWhere('WHERE name = ?', [name]))[0] ?? null,
    ensure: () =>
      client.statement(
        `CREATE TABLE IF NOT EXISTS ${table} (
           name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
           checksum CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
           class VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
           state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
           started_at DATETIME(3) NOT NULL,
           ended_at DATETIME(3) NULL,
           error TEXT CHARACTER SET utf8mb4 NULL
         ) ENGINE=InnoDB`,
      ),
    begin: ({ name, checksum, class: kind }) =>
      write(`INSERT INTO ${table} (name, checksum, class, state, started_at) VALUES (?, ?, ?, 'started', UTC_TIMESTAMP(3))`, [
        name,
        checksum,
        kind,
      ]),
    async end(name, state, error) {
      await client.statement('UNLOCK TABLES');
      // What failed half-way in a transaction of its own did not happen; what came to its end did.
      await client.statement(state === 'applied' ? 'COMMIT' : 'ROLLBACK');
      await write(`UPDATE ${table} SET state = ?, ended_at = UTC_TIMESTAMP(3), error = ? WHERE name = ?`, [state, error, name]);
    },
    forget: (name) => write(`DELETE FROM ${table} WHERE name = ?`, [name]),
  };
}
