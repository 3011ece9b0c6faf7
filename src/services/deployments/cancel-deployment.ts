import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import { makeRunDue } from '../../engine/stage-counters.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict } from '../service-error.ts';
import { type LockedDeployment, lockDeployment, refuseOver } from './deployment-row.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';

export interface CancelInput {
  reason: string;
  /** Until when it has to be over, lest a person hear of it, milliseconds; absent = half an hour. */
  withinMs?: number | undefined;
}

const WITHIN_MS = 30 * 60_000;

/**
 * Ends a deployment: what is under way is stopped, and what was changed is taken back. Asked twice, it is one wish.
 * @throws ServiceError conflict when it has ended, or is a rollback that has changed something
 */
export async function cancelDeployment(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  deploymentId: string,
  input: CancelInput,
): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:cancel');
  return deps.db.transact(async (tx) => {
    const deployment = await lockDeployment(tx, caller, deploymentId);
    refuseOver(deployment);
    await cancelInside(tx, deps, caller, deployment, input);
    const view = await readDeployment(tx, caller.tenantId, deploymentId);
    await rememberAnswer(tx, deps, caller, { status: 200, body: view });
    return view;
  });
}

/** @throws ServiceError conflict when it is a rollback that has changed something: its way back is only forward */
export async function cancelInside(
  tx: Tx,
  { ring }: Pick<ServiceDeps, 'ring'>,
  caller: Caller,
  deployment: LockedDeployment,
  { reason, withinMs = WITHIN_MS }: CancelInput,
): Promise<void> {
  const { id, tenantId, displayId, kind, run } = deployment;
  if (deployment.cancelRequestedAt !== null) return;
  if (kind === 'ROLLBACK') {
    const changed = await tx.rows(
      'SELECT id FROM service_deployments WHERE tenant_id = ? AND deployment_id = ? AND change_order IS NOT NULL LIMIT 1 FOR UPDATE',
      [tenantId, id],
    );
    if (changed.length > 0) throw conflict(`${displayId} is a rollback that has begun: it goes on to its end.`);
  }
  await tx.run(
    `UPDATE deployments SET cancel_requested_at = UTC_TIMESTAMP(3), cancel_reason = ?,
       cancel_deadline_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`,
    [reason, withinMs * 1000, tenantId, id],
  );
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId: id, entityType: 'deployment', entityId: id, action: 'UPDATE', actor: actorOf(caller) },
      why: reason.slice(0, 1000),
      items: [{ field: 'cancelRequested', before: 'false', after: 'true' }],
    },
  ]);
  const wakes = await makeRunDue(tx, run.id);
  tx.afterCommit(() => ring(wakes));
}
