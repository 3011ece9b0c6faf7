import { monotonicFactory } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { CleanUpKind } from '../../domain/release/clean-up.ts';
import type { Wake } from '../../platform/ring.ts';

/** In the order of their ids they are carried out and shown; those of one instant, too. */
const newId = monotonicFactory();

export interface NewCleanUp {
  kind: CleanUpKind | 'RECIPE_STEP';
  subject: string;
  force?: boolean;
  moveTo?: string | null;
}

interface Wanted {
  tenantId: string;
  /** The release, or the deployment. */
  scopeId: string;
  /** null = nobody asked for it by name. */
  accountId: string | null;
  reason: string | null;
  /** After which nobody tries any more, however the provider is; absent = a day. */
  withinHours?: number;
}

const DAY_HOURS = 24;

/**
 * Writes down what is to be cleaned up, due at once. What was wanted before and is done stays as it is; what was kept or failed is tried again.
 * @returns whom to ring for after the commit
 */
export async function queueCleanUps(tx: Tx, wanted: Wanted, cleanUps: readonly NewCleanUp[]): Promise<Wake[]> {
  if (cleanUps.length === 0) return [];
  const { tenantId, scopeId, accountId, reason, withinHours = DAY_HOURS } = wanted;
  for (const { kind, subject, force = false, moveTo = null } of cleanUps) {
    await tx.run(
      `INSERT INTO clean_ups (id, tenant_id, scope_id, kind, subject, state, force_delete, move_to, reason, account_id, run_at, deadline_at)
       VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL ? HOUR)
       ON DUPLICATE KEY UPDATE
         run_at = IF(state IN ('KEPT', 'FAILED'), VALUES(run_at), run_at), deadline_at = IF(state IN ('KEPT', 'FAILED'), VALUES(deadline_at), deadline_at),
         force_delete = IF(state IN ('KEPT', 'FAILED'), VALUES(force_delete), force_delete), move_to = IF(state IN ('KEPT', 'FAILED'), VALUES(move_to), move_to),
         account_id = IF(state IN ('KEPT', 'FAILED'), VALUES(account_id), account_id), reason = IF(state IN ('KEPT', 'FAILED'), VALUES(reason), reason),
         failures = IF(state IN ('KEPT', 'FAILED'), 0, failures), fence = IF(state IN ('KEPT', 'FAILED'), fence + 1, fence),
         ended_at = IF(state IN ('KEPT', 'FAILED'), NULL, ended_at), state = IF(state IN ('KEPT', 'FAILED'), 'PENDING', state)`,
      [newId(), tenantId, scopeId, kind, subject, force ? 1 : 0, moveTo, reason, accountId, withinHours],
    );
  }
  const rows = await tx.rows<{ id: string; fence: number; tenantId: string }>(
    `SELECT id, fence, tenant_id AS tenantId FROM clean_ups WHERE tenant_id = ? AND scope_id = ? AND run_at <= UTC_TIMESTAMP(3)`,
    [tenantId, scopeId],
  );
  return rows.map((row) => ({ kind: 'clean-up', queue: 'clean-ups', ...row }));
}
