import type { Tx } from '../../db/client.ts';
import { restored } from '../../engine/signal.ts';
import type { Wake } from '../../platform/ring.ts';
import { lookAgain } from '../blockers/hurry-blockers.ts';

/** Older messages would tell people what they know by now. */
const MESSAGE_HOURS = 24;

/** A connection that had stopped working may work again: its waiting tasks start anew, messages it could not send are sent, tickets read. */
export async function resumeWaiting(tx: Tx, tenantId: string, integrationId: string): Promise<Wake[]> {
  await tx.run(
    `UPDATE deliveries SET status = 'PENDING', fence = fence + 1, failures = 0, run_at = UTC_TIMESTAMP(3), settled_at = NULL
     WHERE tenant_id = ? AND status IN ('FAILED', 'PENDING') AND created_at > UTC_TIMESTAMP(3) - INTERVAL ${MESSAGE_HOURS} HOUR
       AND JSON_UNQUOTE(JSON_EXTRACT(failure, '$.kind')) = 'unauthorized'
       AND JSON_UNQUOTE(JSON_EXTRACT(failure, '$.connection.id')) = ?`,
    [tenantId, integrationId],
  );
  await lookAgain(tx, tenantId, integrationId);
  return restored(tx, integrationId);
}
