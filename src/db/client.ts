import mysql from 'mysql2/promise';
import type { Secret } from '../platform/secret.ts';

export type SqlValue = string | number | boolean | Date | null | Buffer | readonly SqlValue[];

/** Hand-written SQL, for the engine's hot path; `?` takes a value, a list, or a list of rows. */
export interface Sql {
  rows<T>(text: string, values?: readonly SqlValue[]): Promise<T[]>;
  /** @returns the number of rows found, whether or not a column changed. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
  /**
   * Several statements in one round trip, in order; the first that fails ends it. @returns per statement its rows, or the number of rows
   * found.
   */
  batch(statements: readonly Statement[]): Promise<unknown[]>;
}

export type Statement = readonly [text: string, values: readonly SqlValue[]];

/** One transaction, READ COMMITTED. */
export interface Tx extends Sql {
  /** The transaction's last statements and its commit in one round trip; nothing may follow. */
  finish(statements: readonly Statement[]): Promise<unknown[]>;
  /** The transaction's very last statement, so that its row locks are held for the commit alone; the same one given twice runs once. */
  beforeCommit(statement: Statement): void;
  /** Runs after the commit, never when it fails; must not throw. */
  afterCommit(effect: () => void): void;
}

export interface Database extends Sql {
  /**
   * Runs `work` in a transaction. Deadlocks and lock time-outs are retried from the start, so `work` must not have effects of its own.
   * @throws DatabaseTimeoutError when the whole of it takes longer than the time-out; the connection is destroyed then.
   */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  pool(): { total: number; free: number; waiting: number };
  close(): Promise<void>;
}

export class DatabaseTimeoutError extends Error {
  override readonly name = 'DatabaseTimeoutError';
}

interface DatabaseOptions {
  url: Secret;
  poolSize: number;
  /** Longest a transaction or a query may take, milliseconds, waiting for a connection included. */
  timeoutMs?: number;
  /**
   * Seconds after which the server ends a session that says nothing. A machine that died, or a process that stands still, within a transaction
   * would keep its row locks for hours otherwise. Longer than any transaction may take.
   */
  abandonedAfterSeconds?: number;
}

const DEADLOCK = 1213;
const LOCK_WAIT_TIMEOUT = 1205;
const MAX_TRIES = 8;
const ABANDONED_AFTER_SECONDS = 20;

/** Errno of the server's error under the driver's and the query builder's wrapping. */
export function errnoOf(error: unknown): number | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth += 1) {
    if ('errno' in cause && typeof cause.errno === 'number') return cause.errno;
  }
  return undefined;
}

/** The database could not be asked or did not answer; what it was asked is not to blame, and may have happened. */
export function isUnreachable(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth += 1) {
    if (cause instanceof DatabaseTimeoutError || ('fatal' in cause && cause.fatal === true)) return true;
  }
  return false;
}

/** Opens a pool on MySQL 8.4+ or MariaDB 10.11+. Connecting happens on first use. */
export function openDatabase(options: DatabaseOptions): Database {
  const timeoutMs = options.timeoutMs ?? 15_000;
  const abandonedAfterSeconds = options.abandonedAfterSeconds ?? ABANDONED_AFTER_SECONDS;
  const pool = mysql.createPool({
    uri: options.url.reveal(),
    connectionLimit: options.poolSize,
    // The pool lets go of idle connections before the server does; it looks only when fewer may be idle than there may be.
    maxIdle: Math.max(1, options.poolSize - 1),
    idleTimeout: abandonedAfterSeconds * 500,
    enableKeepAlive: true,
    connectTimeout: 5_000,
    timezone: 'Z',
    supportBigNumbers: true,
    charset: 'utf8mb4',
    // Every value is escaped by the driver or bound; text that comes from people is never part of a statement.
    multipleStatements: true,
  });
  // Both run before anything else on the connection: the driver keeps the order of what it is given.
  pool.pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', () => undefined);
    connection.query(
      `SET time_zone = '+00:00', innodb_lock_wait_timeout = 10, wait_timeout = ${abandonedAfterSeconds},
         sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO'`,
      () => undefined,
    );
  });

  async function onConnection<T>(work: (connection: mysql.PoolConnection) => Promise<T>): Promise<T> {
    let connection: mysql.PoolConnection | undefined;
    let expired = false;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        expired = true;
        connection?.destroy();
        reject(new DatabaseTimeoutError(`the database did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    const attempt = async () => {
      const taken = await pool.getConnection();
      if (expired) {
        taken.release();
        throw new DatabaseTimeoutError('no connection became free in time');
      }
      connection = taken;
      try {
        return await work(taken);
      } finally {
        connection = undefined;
        if (!expired) taken.release();
      }
    };
    const running = attempt();
    running.catch(() => undefined);
    try {
      return await Promise.race([running, deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const effects: (() => void)[] = [];
    const result = await onConnection(async (connection) => {
      const state = { begun: false, committed: false, last: new Map<string, Statement>() };
      try {
        const tx = txOn(connection, effects, state);
        const value = await work(tx);
        if ((state.begun || state.last.size > 0) && !state.committed) await tx.finish([]);
        return value;
      } catch (error) {
        if (!state.begun) throw error;
        await connection.query('ROLLBACK').catch(() => connection.destroy());
        throw error;
      }
    });
    for (const effect of effects) effect();
    return result;
  }

  const direct: Queryable = { query: (text, values) => onConnection((connection) => connection.query(text, values)) };
  // A statement that lost a deadlock by itself has done nothing. Of several, the ones before it may have been done.
  const single = sqlOn({ query: (text, values) => unlessDeadlock(() => direct.query(text, values)) });

  return {
    ...{ rows: single.rows, run: single.run, batch: sqlOn(direct).batch },
    async transact(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await once(work);
        } catch (error) {
          const errno = errnoOf(error);
          if ((errno !== DEADLOCK && errno !== LOCK_WAIT_TIMEOUT) || tries >= MAX_TRIES) throw error;
        }
      }
    },
    pool: () => poolState(pool),
    close: () => pool.end(),
  };
}

async function unlessDeadlock<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (errnoOf(error) !== DEADLOCK || tries >= MAX_TRIES) throw error;
    }
  }
}

interface Queryable {
  query(text: string, values: unknown[]): Promise<[unknown, unknown]>;
}

function sqlOn(target: Queryable): Sql {
  return {
    async rows<T>(text: string, values: readonly SqlValue[] = []) {
      const [rows] = await target.query(text, [...values]);
      return rows as T[];
    },
    async run(text, values = []) {
      const [result] = await target.query(text, [...values]);
      return found(result) as number;
    },
    async batch(statements) {
      if (statements.length === 0) return [];
      const [results] = await target.query(
        statements.map(([text]) => text).join(';\n'),
        statements.flatMap(([, values]) => values),
      );
      return statements.length === 1 ? [found(results)] : (results as unknown[]).map(found);
    },
  };
}

/** Rows as they are; of a write only how many rows it found. */
const found = (result: unknown) => (Array.isArray(result) ? result : (result as { affectedRows: number }).affectedRows);

interface TxState {
  begun: boolean;
  committed: boolean;
  last: Map<string, Statement>;
}

function txOn(connection: mysql.PoolConnection, effects: (() => void)[], state: TxState): Tx {
  // BEGIN travels with the first statement.
  const query = async (text: string, values: unknown[]): Promise<[unknown, unknown]> => {
    if (state.committed) throw new Error('the transaction is finished');
    if (state.begun) return connection.query(text, values) as Promise<[unknown, unknown]>;
    state.begun = true;
    const [results, fields] = (await connection.query(`START TRANSACTION;\n${text}`, values)) as unknown as [unknown[], unknown];
    return [results.length === 2 ? results[1] : results.slice(1), fields];
  };
  const sql = sqlOn({ query });
  return {
    ...sql,
    async finish(statements) {
      const results = await sql.batch([...statements, ...state.last.values(), ['COMMIT', []]]);
      state.committed = true;
      return results.slice(0, statements.length);
    },
    beforeCommit: (statement) => void state.last.set(JSON.stringify(statement), statement),
    afterCommit: (effect) => void effects.push(effect),
  };
}

/** The driver keeps its counts private; they are what an operator needs when a pool runs dry. */
function poolState(pool: mysql.Pool): { total: number; free: number; waiting: number } {
  const inner = pool.pool as unknown as Record<string, { length: number } | undefined>;
  const count = (field: string) => inner[field]?.length ?? 0;
  return { total: count('_allConnections'), free: count('_freeConnections'), waiting: count('_connectionQueue') };
}
