import type { Sql } from '../../db/client.ts';
import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import type { Wake } from '../../platform/ring.ts';

const TICKET = signalKey.ticket('');

/**
 * Makes the blockers due whose tickets these hints are about. One that waits out a failure or a rate limit is left alone: a hint does not make
 * a tracker ready.
 */
export async function hurryBlockers(sql: Sql, tenantId: string, integrationId: string, keys: readonly string[]): Promise<Wake[]> {
  const tickets = keys.flatMap((key) => (key.startsWith(TICKET) ? [key.slice(TICKET.length)] : []));
  if (tickets.length === 0) return [];
  const these = [tenantId, integrationId, tickets];
  const hurried = await sql.run(
    `UPDATE release_blockers SET run_at = UTC_TIMESTAMP(3), fence = fence + 1
     WHERE tenant_id = ? AND integration_id = ? AND ticket_key IN (?) AND run_at IS NOT NULL AND check_failure IS NULL`,
    these,
  );
  if (hurried === 0) return [];
  const due = await sql.rows<{ id: string; fence: number; tenantId: string }>(
    `SELECT id, fence, tenant_id AS tenantId FROM release_blockers
     WHERE tenant_id = ? AND integration_id = ? AND ticket_key IN (?) AND run_at <= UTC_TIMESTAMP(3)`,
    these,
  );
  return due.map((row) => ({ kind: 'blocker', queue: 'blockers', ...row }));
}

/** The tracker works again: whatever could not be looked at is due. */
export async function lookAgain(sql: Sql, tenantId: string, integrationId: string): Promise<void> {
  await sql.run(
    `UPDATE release_blockers SET run_at = UTC_TIMESTAMP(3), fence = fence + 1
     WHERE tenant_id = ? AND integration_id = ? AND run_at IS NOT NULL AND check_failure IS NOT NULL`,
    [tenantId, integrationId],
  );
}
