import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type Failure, remedy } from '../../domain/failure.ts';
import type { CleanUpKind, CleanUpState } from '../../domain/release/clean-up.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { findRunOf } from '../releases/release-row.ts';

export interface CleanUpView {
  id: string;
  kind: CleanUpKind;
  /** A name, a key, or an id of ours. */
  subject: string;
  state: CleanUpState;
  /** What came of it, in words. */
  outcome: string | null;
  /** Why the last try failed, and what to do. */
  failure: { kind: string; message: string; remedy: string } | null;
  failures: number;
  /** Next try; null = it is over. */
  nextTryAt: string | null;
  requestedBy: { accountId: string; displayName: string };
  reason: string | null;
  createdAt: string;
  endedAt: string | null;
}

interface Row {
  id: string;
  kind: CleanUpKind;
  subject: string;
  state: CleanUpState;
  outcome: string | null;
  failure: unknown;
  failures: number;
  runAt: Date | null;
  accountId: string;
  displayName: string | null;
  reason: string | null;
  createdAt: Date;
  endedAt: Date | null;
}

/** In the order in which they were wanted. A release has a handful. */
export async function cleanUpsOf(sql: Pick<Sql, 'rows'>, tenantId: string, releaseId: string): Promise<CleanUpView[]> {
  const rows = await sql.rows<Row>(
    `SELECT c.id, c.kind, c.subject, c.state, c.outcome, c.failure, c.failures, c.run_at AS runAt, c.account_id AS accountId,
            a.display_name AS displayName, c.reason, c.created_at AS createdAt, c.ended_at AS endedAt
     FROM clean_ups c LEFT JOIN accounts a ON a.id = c.account_id
     WHERE c.tenant_id = ? AND c.scope_id = ? ORDER BY c.created_at, c.id`,
    [tenantId, releaseId],
  );
  return rows.map(({ accountId, displayName, runAt, failure, createdAt, endedAt, ...row }) => {
    const stored = parseJson(failure) as Failure | null;
    return {
      ...row,
      failure: stored === null ? null : { kind: stored.kind, message: stored.message, remedy: remedyOf(stored) },
      nextTryAt: isoOrNull(runAt),
      requestedBy: { accountId, displayName: displayName ?? accountId },
      createdAt: iso(createdAt),
      endedAt: isoOrNull(endedAt),
    };
  });
}

/** The words are written for tasks; here it is the archiving that is asked for again. */
const remedyOf = (failure: Failure) =>
  remedy(failure).replaceAll('retry the task', 'archive the release again').replaceAll('Retry the task', 'Archive the release again');

export async function listCleanUps(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: CleanUpView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: await cleanUpsOf(deps.db, caller.tenantId, releaseId) };
}
