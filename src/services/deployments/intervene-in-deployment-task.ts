import { intervene } from '../../engine/intervene.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict, notFound } from '../service-error.ts';
import { markSteps } from '../service-rollouts/step-request.ts';
import { lockDeployment, refuseOver } from './deployment-row.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';

export type DeploymentIntervention = { do: 'retry'; why: string | null } | { do: 'skip'; why: string };

/** What a deployment may do without: everything else proves something, or changes something that others build on. */
const skippable = ['RUN_TESTS', 'BAKE'];

/** A person's word on a task that the pipeline leaves to them. @throws ServiceError conflict where the task's type or status does not allow it */
export async function interveneInDeploymentTask(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  { deploymentId, taskId }: { deploymentId: string; taskId: string },
  intervention: DeploymentIntervention,
): Promise<DeploymentDetail> {
  authorise(caller, intervention.do === 'retry' ? 'task:retry' : 'task:skip');
  return deps.db.transact(async (tx) => {
    const deployment = await lockDeployment(tx, caller, deploymentId);
    refuseOver(deployment);
    const [task] = await tx.rows<{ id: string; key: string; type: string }>(
      'SELECT id, task_key AS `key`, type FROM tasks WHERE tenant_id = ? AND run_id = ? AND id = ?',
      [caller.tenantId, deployment.run.id, taskId],
    );
    if (task === undefined) throw notFound('The task');
    if (deployment.cancelRequestedAt !== null) throw conflict(`${deployment.displayId} was cancelled: its tasks are not retried any more.`);
    if (intervention.do === 'skip' && !skippable.includes(task.type))
      throw conflict(`${task.key} cannot be skipped: a deployment cannot do without.`);
    const result = await intervene(tx, task.id, intervention, actorOf(caller), deps.ring);
    if (!result.ok)
      throw conflict(`${task.key} is ${result.status}: it cannot be ${intervention.do === 'retry' ? 'retried' : 'skipped'} now.`);
    // A rollout whose task had failed asks again.
    await markSteps(tx, caller.tenantId, deploymentId);
    const view = await readDeployment(tx, caller.tenantId, deploymentId);
    await rememberAnswer(tx, deps, caller, { status: 200, body: view });
    return view;
  });
}
