import { liftHold, placeHold } from '../../engine/holds.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { type LockedDeployment, lockDeployment, refuseOver } from './deployment-row.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';

interface Why {
  reason?: string | undefined;
}

type Deps = Pick<ServiceDeps, 'db' | 'ring'>;

const holdOf = ({ run }: LockedDeployment) => ({ runId: run.id, reason: 'USER_REQUESTED' as const, subject: '' });

/** Nothing of it starts and no exposure grows until somebody resumes it. Pausing twice is pausing once. @throws ServiceError conflict on its way back */
export async function pauseDeployment(deps: Deps, caller: Caller, deploymentId: string, { reason }: Why): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:cancel');
  return deps.db.transact(async (tx) => {
    const deployment = await lockDeployment(tx, caller, deploymentId);
    refuseOver(deployment);
    const { status } = await readDeployment(tx, caller.tenantId, deploymentId);
    if (status === 'ROLLING_BACK') throw conflict(`${deployment.displayId} is being rolled back: nothing pauses that.`);
    await placeHold(tx, holdOf(deployment), actorOf(caller), reason ?? null);
    return readDeployment(tx, caller.tenantId, deploymentId);
  });
}

/** Lifts only what a person asked for. */
export async function resumeDeployment(deps: Deps, caller: Caller, deploymentId: string, { reason }: Why): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:cancel');
  return deps.db.transact(async (tx) => {
    const deployment = await lockDeployment(tx, caller, deploymentId);
    refuseOver(deployment);
    await liftHold(tx, holdOf(deployment), actorOf(caller), deps.ring, reason ?? null);
    return readDeployment(tx, caller.tenantId, deploymentId);
  });
}
