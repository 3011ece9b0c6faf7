import { createHash } from 'node:crypto';
import type { AppliedMigration, Migration, SchemaMigrator } from '../../capabilities/schema-migrator.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { oneLine } from '../../kit/portable-text.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { type Client, withDatabase } from './client.ts';
import { type MysqlConnection, PROVIDER } from './identity.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { databaseError, isLost } from './mysql-error.ts';
import { type Statement, splitStatements } from './split-statements.ts';

/*
 * One connection does everything: it holds the lock of the database, writes `started`, runs the statements, writes the end. Where it is lost, the
 * server ends the statement or carries it to its end, and only then lets go of the lock: nobody meets it half-way. What stands in the ledger then
 * is `started`, since nobody can tell how far the statement came: DDL commits by itself. A person looks, and says so with `resolve`.
 */

/** For reading and writing the ledger, beside what the migration itself may take. */
const OVERHEAD_MS = 30_000;
/** How long a statement may take to end once it was told to. */
const KILL_MS = 10_000;
/** A runner that is at work is no failure of whoever waits for it. */
const BUSY_RETRY_MS = 10_000;
const RESOLVE_WAIT_MS = 5_000;
const MAX_ERROR_CHARS = 1_000;
const MAX_STATEMENT_CHARS = 160;

export function mysqlSchemaMigrator(connection: MysqlConnection, deps: AdapterDeps): SchemaMigrator {
  const { database, lockWaitSeconds } = connection.settings;

  const underLock = <T>(
    operation: string,
    { waitMs, workMs }: { waitMs: number; workMs: number },
    work: (client: Client, ledger: Ledger) => Promise<T>,
  ): Promise<T> =>
    withDatabase(connection, deps, { operation, timeoutMs: waitMs + workMs + OVERHEAD_MS }, async (client) => {
      await takeLock(client, database, waitMs);
      const ledger = createLedger(client, database);
      await ledger.ensure();
      return work(client, ledger);
    });

  return {
    applied: () => withDatabase(connection, deps, { operation: 'read the ledger' }, (client) => createLedger(client, database).read()),

    async apply(migration, { waitMs, timeoutMs }) {
      const split = splitStatements(migration.sql);
      if ('problem' in split) throw refusal('invalid', `${migration.name}, ${split.problem}`);
      const { statements } = split;
      const workMs = statements.length * (timeoutMs + KILL_MS);
      return underLock(`apply ${migration.name}`, { waitMs, workMs }, async (client, ledger) => {
        const known = await ledger.find(migration.name);
        if (known !== null) return demandApplied(migration, known);
        await client.statement(`SET SESSION lock_wait_timeout = ${lockWaitSeconds}, SESSION innodb_lock_wait_timeout = ${lockWaitSeconds}`);
        await ledger.begin(migration);
        for (const [index, statement] of statements.entries()) {
          const words = await runStatement(client, statement, timeoutMs, () => kill(connection, deps, client.threadId));
          if (words === null) continue;
          const failure = failureWords(migration, statement, { ordinal: index + 1, of: statements.length }, words);
          await ledger.end(migration.name, 'failed', failure);
          throw refusal('invalid', failure);
        }
        await ledger.end(migration.name, 'applied', null);
        return demandApplied(migration, await ledger.find(migration.name));
      });
    },

    async resolve(name, as) {
      await underLock(`settle ${name}`, { waitMs: RESOLVE_WAIT_MS, workMs: 0 }, async (_client, ledger) => {
        const known = await ledger.find(name);
        if (known === null) {
          if (as === 'absent') return;
          throw refusal('not-found', `${name} was never begun: there is nothing that could count as applied`);
        }
        if (known.state === 'applied') {
          if (as === 'applied') return;
          throw refusal('conflict', `${name} was applied at ${known.at.toISOString()}: that is no doubt that could be settled`);
        }
        await (as === 'applied' ? ledger.end(name, 'applied', null) : ledger.forget(name));
      });
    },
  };
}

/** Names of locks are those of the whole server, and at most 64 characters long. */
const lockName = (database: string) => `signalbox:${createHash('sha256').update(database).digest('hex').slice(0, 40)}`;

async function takeLock(client: Client, database: string, waitMs: number): Promise<void> {
  const [answer] = await client.rows<{ got: number | null }>('SELECT GET_LOCK(?, ?) AS got', [
    lockName(database),
    Math.max(1, Math.ceil(waitMs / 1_000)),
  ]);
  if (answer?.got === 1) return;
  throw refusal(
    'unavailable',
    `another runner is at work on the database "${database}"; it was waited for ${Math.round(waitMs / 1_000)} s`,
    BUSY_RETRY_MS,
  );
}

/** @throws ProviderError conflict in words for whoever has to look */
function demandApplied({ name, checksum }: Migration, known: AppliedMigration | null): AppliedMigration {
  if (known === null) throw refusal('conflict', `${name} is not in the ledger any more: somebody removed it`);
  const at = known.at.toISOString();
  if (known.state === 'started') {
    throw refusal(
      'conflict',
      `${name} was begun at ${at} and nobody wrote down its end: look at what it did to the tables, finish or undo that, and settle it as applied or absent`,
    );
  }
  if (known.state === 'failed') {
    throw refusal(
      'conflict',
      `${name} failed at ${at} (${known.error ?? ''}): undo or finish what it did, and settle it as applied or absent`,
    );
  }
  if (known.checksum !== checksum) {
    throw refusal(
      'conflict',
      `${name} was applied at ${at} with other content (checksum ${known.checksum}): give the change a migration of its own`,
    );
  }
  return known;
}

/**
 * @returns what the database said when it refused; null = it was carried out
 * @throws whatever leaves open what became of it
 */
async function runStatement(client: Client, { text }: Statement, timeoutMs: number, end: () => Promise<void>): Promise<string | null> {
  let isLate = false;
  let giveUp: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    giveUp = setTimeout(() => {
      isLate = true;
      // Told to end, it says so itself; the promise that lasts longer tells that it did not.
      giveUp = setTimeout(
        () => reject(refusal('timeout', `a statement took longer than ${timeoutMs} ms and did not end when told to`)),
        KILL_MS,
      );
      end().catch(() => undefined);
    }, timeoutMs);
  });
  try {
    await Promise.race([client.statement(text), tooLong]);
    return null;
  } catch (error) {
    const found = databaseError(error);
    if (found === null || isLost(found)) throw error;
    return isLate ? `it took longer than ${timeoutMs} ms and was ended` : (found.words ?? found.code);
  } finally {
    clearTimeout(giveUp);
  }
}

/** From a connection of its own, since the other one waits for its answer. */
const kill = (connection: MysqlConnection, deps: AdapterDeps, threadId: number): Promise<void> =>
  withDatabase(connection, deps, { operation: 'end a statement', timeoutMs: KILL_MS }, (client) =>
    client.statement(`KILL QUERY ${threadId}`),
  );

function failureWords(
  { name }: Migration,
  { text, line }: Statement,
  { ordinal, of }: { ordinal: number; of: number },
  words: string,
): string {
  // Statements about users hold passwords.
  const shown = /identified|password/i.test(text) ? '' : ` (${oneLine(text, MAX_STATEMENT_CHARS)})`;
  return oneLine(`${name}, statement ${ordinal} of ${of} at line ${line}${shown}: ${words}`, MAX_ERROR_CHARS);
}

const refusal = (kind: ProviderErrorKind, words: string, retryAfterMs?: number) =>
  new ProviderError(kind, `${PROVIDER}: ${words}`, { provider: PROVIDER, retryAfterMs });
