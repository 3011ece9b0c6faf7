import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { lockDeployment } from './deployment-row.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';

/** A person has seen to a rollback that failed: its services are free again. Said twice, it is said once. @throws ServiceError conflict for any other outcome */
export async function acknowledgeRollbackFailure(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  deploymentId: string,
  { reason }: { reason: string },
): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:rollback');
  return db.transact(async (tx) => {
    const { id, tenantId, displayId, outcome } = await lockDeployment(tx, caller, deploymentId);
    if (outcome !== 'ROLLBACK_FAILED') throw conflict(`${displayId} is ${outcome ?? 'under way'}: there is no failed rollback to see to.`);
    const freed = await tx.run('DELETE FROM deployment_locks WHERE tenant_id = ? AND deployment_id = ?', [tenantId, id]);
    if (freed > 0) {
      await writeHistory(tx, [
        {
          ...{ tenantId, scopeId: id, entityType: 'deployment', entityId: id, action: 'UPDATE', actor: actorOf(caller) },
          why: reason.slice(0, 1000),
          items: [{ field: 'locks', before: String(freed), after: '0' }],
        },
      ]);
    }
    return readDeployment(tx, tenantId, id);
  });
}
