import type { Tx } from '../../db/client.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict } from '../service-error.ts';
import { cancelInside } from './cancel-deployment.ts';
import { lockTenant } from './create-deployment.ts';
import { displayIdOf, type LockedDeployment, lockDeployment } from './deployment-row.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';
import { insertDeployment } from './insert-deployment.ts';
import { planWayBack } from './plan-way-back.ts';

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>;

/**
 * Takes a deployment back. One that is under way is cancelled, which takes itself back. One that succeeded is taken back by a new deployment to the newest
 * snapshot before it that was healthy and not rejected; its release is rejected in the environment. No window, freeze or approval stands in the way.
 * Asked twice, it is the same deployment.
 * @throws ServiceError conflict when there is nothing to go back to, or another deployment is at work on the services: that one is cancelled
 */
export async function rollBackDeployment(
  deps: Deps,
  caller: Caller,
  deploymentId: string,
  { reason }: { reason: string },
): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:rollback');
  const result = await deps.db.transact(async (tx) => {
    await lockTenant(tx, caller.tenantId);
    const deployment = await lockDeployment(tx, caller, deploymentId);
    const answered = await answerOf(tx, deps, caller, deployment, reason);
    if ('inTheWay' in answered) return answered;
    const view = await readDeployment(tx, caller.tenantId, answered.id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return { view };
  });
  // Thrown after the commit, so that the cancellation stands.
  if ('inTheWay' in result) throw conflict(`${result.inTheWay} is at work on the services and was asked to end: ask again when it has.`);
  return result.view;
}

async function answerOf(
  tx: Tx,
  deps: Deps,
  caller: Caller,
  deployment: LockedDeployment,
  reason: string,
): Promise<{ id: string } | { inTheWay: string }> {
  const { id, tenantId, displayId, outcome, plan } = deployment;
  if (outcome === null) {
    await cancelInside(tx, deps, caller, deployment, { reason });
    return { id };
  }
  const [begun] = await tx.rows<{ id: string }>(
    `SELECT id FROM deployments WHERE tenant_id = ? AND reverts_id = ? AND (outcome IS NULL OR outcome = 'SUCCEEDED') ORDER BY id LIMIT 1`,
    [tenantId, id],
  );
  if (begun !== undefined) return begun;
  if (outcome !== 'SUCCEEDED') throw conflict(`${displayId} is ${outcome}: nothing of it stands that could be rolled back.`);
  const inTheWay = await cancelOthers(tx, deps, caller, plan, reason);
  if (inTheWay !== null) return { inTheWay };
  const back = await planWayBack(tx, deployment);
  const made = await insertDeployment(tx, deps, caller, back, {
    ...{ pipelineVersionId: null, sourceEnvironmentId: null, overrides: [] },
    ...{ reason, revertsId: id },
  });
  await reject(tx, caller, deployment, reason);
  return { id: made };
}

/** @returns the display id of one that is at work on the same services */
async function cancelOthers(
  tx: Tx,
  deps: Deps,
  caller: Caller,
  { environment, services }: DeploymentPlan,
  reason: string,
): Promise<string | null> {
  const others = await tx.rows<{ id: string; displayNumber: number }>(
    `SELECT DISTINCT d.id, d.display_number AS displayNumber FROM deployment_locks l JOIN deployments d ON d.id = l.deployment_id
     WHERE l.environment_id = ? AND l.service_id IN (?) AND d.outcome IS NULL ORDER BY d.id`,
    [environment.id, services.map(({ serviceId }) => serviceId)],
  );
  for (const { id } of others) await cancelInside(tx, deps, caller, await lockDeployment(tx, caller, id), { reason });
  const [first] = others;
  return first === undefined ? null : displayIdOf(first.displayNumber);
}

/** Promotion stops at it until a person lifts this. */
async function reject(tx: Tx, caller: Caller, { id, tenantId, plan, serviceReleaseId }: LockedDeployment, reason: string): Promise<void> {
  if (serviceReleaseId === null) return;
  const written = await tx.run(
    'INSERT IGNORE INTO release_rejections (tenant_id, service_release_id, environment_id, deployment_id, reason) VALUES (?)',
    [[tenantId, serviceReleaseId, plan.environment.id, id, reason]],
  );
  if (written === 0) return;
  await writeHistory(tx, [
    {
      ...{
        tenantId,
        scopeId: serviceReleaseId,
        entityType: 'config',
        entityId: serviceReleaseId,
        action: 'UPDATE',
        actor: actorOf(caller),
      },
      why: reason.slice(0, 1000),
      items: [{ field: `rejected:${plan.environment.name}`, before: null, after: id }],
    },
  ]);
}
