import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findDeploymentRun } from '../deployments/deployment-row.ts';
import { type ServiceRolloutView, serviceRolloutRows, serviceRolloutViews } from './service-rollout-view.ts';

/** One for each service whose turn has come; a deployment has few services, so there are no pages. */
export async function listServiceRollouts(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  deploymentId: string,
): Promise<{ items: ServiceRolloutView[] }> {
  authorise(caller, 'release:read');
  await findDeploymentRun(db, caller, deploymentId);
  const rows = await serviceRolloutRows(db, caller.tenantId, deploymentId);
  return { items: await serviceRolloutViews(db, caller.tenantId, rows) };
}
