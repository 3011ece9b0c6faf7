import type { Tx } from '../../../db/client.ts';
import { LeaseLostError } from '../../../engine/lease.ts';
import { markChanged } from '../../../engine/living.ts';
import type { Ring } from '../../../platform/ring.ts';
import type { DeploymentContext } from './deployment-source.ts';
import { setServiceStatus, takePlaceInOrder } from './service-deployment-rows.ts';

/* What a task that changes a service writes beside its rollout, in the same transaction. */

/** Whoever lost the task decides nothing any more: a cancelled deployment is rolled back meanwhile. @throws LeaseLostError */
export async function assertTaskOurs(tx: Tx, { id, fence }: { id: string; fence: number }): Promise<void> {
  const [task] = await tx.rows(`SELECT id FROM tasks WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS' FOR UPDATE`, [id, fence]);
  if (task === undefined) throw new LeaseLostError('somebody else moved the task');
}

interface ChangedService {
  deployment: DeploymentContext;
  service: { serviceId: string };
  task: { id: string; fence: number };
}

/** Before the first act: from here on the service has to be taken back where the deployment fails. @throws LeaseLostError */
export async function becomesChanged(tx: Tx, ring: Ring, { deployment, service: { serviceId }, task }: ChangedService): Promise<void> {
  await assertTaskOurs(tx, task);
  await takePlaceInOrder(tx, deployment, serviceId);
  if (await setServiceStatus(tx, deployment, serviceId, 'CHANGING', null)) told(tx, ring, deployment);
}

/** Of the message that always shows how a deployment stands. */
const STATUS_MESSAGE = 'DEPLOYMENT_STATUS';

export function told(tx: Tx, ring: Ring, { id: subjectId, tenantId }: Pick<DeploymentContext, 'id' | 'tenantId'>): void {
  markChanged(tx, [{ tenantId, subjectId, type: STATUS_MESSAGE }]);
  tx.afterCommit(() => ring([]));
}
