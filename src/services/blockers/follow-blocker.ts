import type { Database, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type BlockerStatus, followTicket, isTicketDone } from '../../domain/blockers/blocker.ts';
import { type BackoffPolicy, backoffMs, type Failure, retryDecision } from '../../domain/failure.ts';
import type { RunStatus } from '../../domain/run.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import type { Ticket } from '../../integrations/capabilities/issue-tracker.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { WakeJob } from '../../platform/queues.ts';
import type { Ring } from '../../platform/ring.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { Connector } from '../connections/connect.ts';
import { toFailure } from '../execution/to-failure.ts';
import { lockRelease } from '../releases/release-row.ts';
import { titleOf } from './add-blocker.ts';
import { lockBlocker } from './blocker-row.ts';
import { close, openAgain } from './change-blocker.ts';

/*
 * A blocker with a ticket is a due row. Whoever claims it moves its time on and its fence, reads the ticket, and writes what it saw with what
 * follows from it, in one transaction, if the fence still stands.
 *
 * If the process dies after the claim, the row is due again when the claim's time is over. A hint or a person moves the fence meanwhile: what
 * was read is thrown away, for it may be older than that, and the row is due already. So one edge of a ticket is one edge of its blocker,
 * whoever looks, and how often.
 */

interface FollowOptions {
  db: Database;
  connector: Connector;
  ring: Ring;
  /** How long a look may take before another begins, milliseconds. */
  leaseMs: number;
  /** Between looks at the ticket of an open one, milliseconds. */
  pollMs: number;
  backoff: BackoffPolicy;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

/** A closed one is looked at more rarely: a reopened ticket is told of by its webhook. */
const CLOSED_POLLS = 5;

interface Followed {
  id: string;
  fence: number;
  tenantId: string;
  releaseId: string;
  status: BlockerStatus;
  integrationId: string;
  ticketKey: string;
  ticketDone: number;
  completedStatuses: unknown;
  failures: number;
  runStatus: RunStatus;
}

export function createFollowBlocker(options: FollowOptions): (wake: WakeJob) => Promise<void> {
  const { db, connector, ring, leaseMs, pollMs, signal } = options;

  return async (wake) => {
    const row = await claim(wake);
    if (row === null) return;
    if (row.runStatus === 'COMPLETED' || row.runStatus === 'CANCELLED') return rest(row);
    let ticket: Ticket;
    try {
      ticket = await read(row);
    } catch (error) {
      return signal.aborted ? giveBack(row) : writeFailure(row, toFailure(error));
    }
    await follow(row, ticket);
  };

  async function claim({ id, fence }: WakeJob): Promise<Followed | null> {
    const claimed = await db.run(
      `UPDATE release_blockers SET fence = fence + 1, run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
       WHERE id = ? AND fence = ? AND run_at <= UTC_TIMESTAMP(3)`,
      [leaseMs * 1000, id, fence],
    );
    if (claimed === 0) return null;
    const [row] = await db.rows<Followed>(
      `SELECT b.id, b.fence, b.tenant_id AS tenantId, b.release_id AS releaseId, b.status, b.integration_id AS integrationId,
              b.ticket_key AS ticketKey, b.ticket_done AS ticketDone, b.completed_statuses AS completedStatuses, b.failures, n.status AS runStatus
       FROM release_blockers b JOIN releases r ON r.tenant_id = b.tenant_id AND r.id = b.release_id JOIN runs n ON n.id = r.run_id
       WHERE b.id = ? AND b.fence = ?`,
      [id, fence + 1],
    );
    return row ?? null;
  }

  async function read({ tenantId, integrationId, ticketKey }: Followed): Promise<Ticket> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(leaseMs)]);
    const open = await connector.open('project-management', tenantId, integrationId, within);
    const tracker = open.provider.issueTracker?.(open.connection, open.deps);
    if (tracker === undefined) throw lacks(open.provider, 'tickets');
    const ticket = await tracker.ticket(ticketKey);
    if (ticket !== null) return ticket;
    throw new ProviderError('not-found', `The ticket ${ticketKey} does not exist any more.`, { provider: open.provider.id });
  }

  /** Its release has ended: nothing changes any more. */
  async function rest({ tenantId, id, fence }: Followed): Promise<void> {
    await db.run('UPDATE release_blockers SET run_at = NULL WHERE tenant_id = ? AND id = ? AND fence = ?', [tenantId, id, fence]);
  }

  async function giveBack({ tenantId, id, fence }: Followed): Promise<void> {
    await db.run('UPDATE release_blockers SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE tenant_id = ? AND id = ? AND fence = ?', [
      tenantId,
      id,
      fence,
    ]);
  }

  /** The blocker stays as it is; that it could not be checked shows. */
  async function writeFailure({ tenantId, id, fence, failures }: Followed, failure: Failure): Promise<void> {
    await db.run(
      `UPDATE release_blockers SET check_failure = ?, failures = failures + 1, fence = fence + 1,
         run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE tenant_id = ? AND id = ? AND fence = ?`,
      [JSON.stringify(failure), retryInMs(failure, failures + 1) * 1000, tenantId, id, fence],
    );
  }

  function retryInMs(failure: Failure, failures: number): number {
    const decision = retryDecision(failure);
    if (decision.when === 'after') return Math.max(decision.ms, options.backoff.baseMs);
    const wait = backoffMs(failures, options.backoff, Math.random());
    // A person must mend it, and nothing tells of that: it is looked at as if nothing were wrong.
    return decision.when === 'later' ? wait : Math.max(wait, pollMs);
  }

  async function follow(row: Followed, ticket: Ticket): Promise<void> {
    const isDone = isTicketDone(ticket.status, parseJson(row.completedStatuses) as string[]);
    const change = followTicket({ status: row.status, ticketDone: row.ticketDone === 1 }, isDone);
    if (change === null) {
      await db.run(...seen(row, row.status, ticket, isDone));
      return;
    }
    await db.transact(async (tx) => {
      const release = await lockRelease(tx, row, row.releaseId);
      const to = change === 'resolve' ? 'RESOLVED' : 'OPEN';
      // With the fence standing nobody changed the blocker since it was claimed.
      if ((await tx.run(...seen(row, to, ticket, isDone))) === 0) return;
      const { status } = release.run;
      if (status === 'COMPLETED' || status === 'CANCELLED') return;
      await carryOut(tx, release, row, change, `The ticket ${ticket.key} is at "${ticket.status.name}".`);
    });
  }

  async function carryOut(
    tx: Tx,
    release: Awaited<ReturnType<typeof lockRelease>>,
    row: Followed,
    change: 'resolve' | 'reopen',
    why: string,
  ): Promise<void> {
    const blocker = await lockBlocker(tx, row.tenantId, row.releaseId, row.id);
    const by = { actor: engineActor, name: null, why };
    if (change === 'resolve') await close(tx, ring, release, blocker, 'RESOLVED', by);
    else await openAgain(tx, ring, release, blocker, by);
  }

  /** What was read, if the fence stands; the next look comes as often as the status asks for. */
  function seen({ tenantId, id, fence }: Followed, status: BlockerStatus, ticket: Ticket, isDone: boolean): [string, (string | number)[]] {
    return [
      `UPDATE release_blockers SET title = ?, url = ?, ticket_status = ?, ticket_done = ?, checked_at = UTC_TIMESTAMP(3), check_failure = NULL,
         failures = 0, fence = fence + 1, run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE tenant_id = ? AND id = ? AND fence = ?`,
      [
        ...[titleOf(ticket), ticket.url, ticket.status.name.slice(0, 255), isDone ? 1 : 0],
        ...[pollMs * (status === 'OPEN' ? 1 : CLOSED_POLLS) * 1000, tenantId, id, fence],
      ],
    ];
  }
}
