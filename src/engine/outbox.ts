import type { Database } from '../db/client.ts';
import { type BackoffPolicy, backoffMs, type Failure, retryDecision } from '../domain/failure.ts';
import { COALESCE_MS } from './living.ts';

/*
 * Rows of an outbox (messages out, webhooks in) are due rows like tasks: claimed and settled by compare-and-set on the fence, leased, retried
 * with back-off. They have no dependants and no history of their own, so their protocol is this short.
 */

interface OutboxOptions {
  db: Database;
  table: 'deliveries' | 'webhook_events';
  owner: string;
  leaseMs: number;
  backoff: BackoffPolicy;
  maxAttempts: number;
}

export interface OutboxClaim {
  id: string;
  fence: number;
  /** An earlier claim came to no known end: its effect may exist. */
  repeated: boolean;
}

export type OutboxEnd =
  | { status: 'DONE' }
  | { status: 'SKIPPED'; why: string }
  | {
      status: 'FAILED';
      failure: Failure;
      /** The next attempt is no sooner than in so many milliseconds. */
      notBeforeMs?: number;
    };

export interface Outbox {
  claim(wake: { id: string; fence: number }): Promise<OutboxClaim | null>;
  /** The lease anew, for work that takes longer than one. @returns false when somebody else has the row by now */
  renew(claim: OutboxClaim): Promise<boolean>;
  /** @param revision that the end is about; when the row has moved on since, it is due again instead of settled */
  settle(claim: OutboxClaim, end: OutboxEnd, revision?: number): Promise<'settled' | 'again' | 'fenced-out'>;
}

export function createOutbox({ db, table, owner, leaseMs, backoff, maxAttempts }: OutboxOptions): Outbox {
  return {
    async claim({ id, fence }) {
      const changed = await db.run(
        `UPDATE ${table} SET status = 'IN_PROGRESS', fence = fence + 1, lease_owner = ?, run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
         WHERE id = ? AND fence = ? AND status = 'PENDING' AND run_at <= UTC_TIMESTAMP(3)`,
        [owner, leaseMs * 1000, id, fence],
      );
      return changed === 1 ? { id, fence: fence + 1, repeated: fence > 0 } : null;
    },

    async renew({ id, fence }) {
      const changed = await db.run(
        `UPDATE ${table} SET run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS'`,
        [leaseMs * 1000, id, fence],
      );
      return changed === 1;
    },

    async settle({ id, fence }, end, revision) {
      const retry = end.status === 'FAILED' ? await retryAt(id, end.failure, end.notBeforeMs ?? 0) : null;
      if (retry !== null) return (await write(id, fence, end, retry, undefined)) ? 'again' : 'fenced-out';
      if (await write(id, fence, end, null, revision)) return 'settled';
      return revision === undefined ? 'fenced-out' : goOn(id, fence);
    },
  };

  /** @param retry milliseconds until the next attempt; null = the row ends. @returns false when the row moved on meanwhile */
  async function write(id: string, fence: number, end: OutboxEnd, retry: number | null, revision: number | undefined): Promise<boolean> {
    const failure = failureOf(end);
    // A wait that the provider asked for costs no attempt.
    const counts = end.status === 'FAILED' && retryDecision(end.failure).when !== 'after';
    const changed = await db.run(
      `UPDATE ${table} SET status = ?, fence = fence + 1, lease_owner = NULL, failure = ?, failures = failures + ?,
         run_at = ${retry === null ? 'NULL' : 'UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND'},
         settled_at = ${retry === null ? 'UTC_TIMESTAMP(3)' : 'NULL'}
       WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS'${revision === undefined ? '' : ' AND revision = ?'}`,
      [
        ...[retry === null ? end.status : 'PENDING', failure === null ? null : JSON.stringify(failure), counts ? 1 : 0],
        ...(retry === null ? [] : [retry * 1000]),
        ...[id, fence],
        ...(revision === undefined ? [] : [revision]),
      ],
    );
    return changed === 1;
  }

  /** The row moved on while it was being sent: what it says by now is sent next. */
  async function goOn(id: string, fence: number): Promise<'again' | 'fenced-out'> {
    const changed = await db.run(
      `UPDATE ${table} SET status = 'PENDING', fence = fence + 1, lease_owner = NULL, failures = 0, failure = NULL,
         run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
       WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS'`,
      [COALESCE_MS * 1000, id, fence],
    );
    return changed === 1 ? 'again' : 'fenced-out';
  }

  /** Milliseconds until the next attempt; null = there is none. */
  async function retryAt(id: string, failure: Failure, notBeforeMs: number): Promise<number | null> {
    const decision = retryDecision(failure);
    if (decision.when === 'never') return null;
    if (decision.when === 'after') return Math.max(decision.ms, notBeforeMs);
    const [row] = await db.rows<{ failures: number }>(`SELECT failures FROM ${table} WHERE id = ?`, [id]);
    const failures = (row?.failures ?? 0) + 1;
    return failures >= maxAttempts ? null : Math.max(backoffMs(failures, backoff, Math.random()), notBeforeMs);
  }
}

function failureOf(end: OutboxEnd): Failure | null {
  if (end.status === 'FAILED') return end.failure;
  return end.status === 'SKIPPED' ? { kind: 'invalid', message: end.why } : null;
}
