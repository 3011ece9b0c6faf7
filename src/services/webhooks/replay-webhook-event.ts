import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict, notFound } from '../service-error.ts';

/** Has a stored webhook read again. It is a hint, so nothing happens twice. */
export async function replayWebhookEvent(deps: ServiceDeps, caller: Caller, id: string): Promise<void> {
  authorise(caller, 'integration:write');
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    const [row] = await tx.rows<{ integrationId: string; deliveryId: string; status: string; fence: number }>(
      `SELECT integration_id AS integrationId, delivery_id AS deliveryId, status, fence FROM webhook_events
       WHERE tenant_id = ? AND id = ? FOR UPDATE`,
      [tenantId, id],
    );
    if (row === undefined) throw notFound('The webhook event');
    if (!['DONE', 'SKIPPED', 'FAILED'].includes(row.status)) throw conflict('The webhook event is still to be read.');
    await tx.run(
      `UPDATE webhook_events SET status = 'PENDING', fence = fence + 1, run_at = UTC_TIMESTAMP(3), failures = 0, failure = NULL, settled_at = NULL
       WHERE tenant_id = ? AND id = ?`,
      [tenantId, id],
    );
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: row.integrationId,
        entityType: 'integration',
        entityId: row.integrationId,
        action: 'UPDATE',
        actor: actorOf(caller),
        why: 'webhook replayed',
        items: [{ field: 'webhookEvent', before: row.status, after: 'PENDING' }],
      },
    ]);
    tx.afterCommit(() => deps.ring([{ kind: 'webhook', queue: 'webhooks', id, fence: row.fence + 1, tenantId }]));
  });
}
