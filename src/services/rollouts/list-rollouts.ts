import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findRunOf } from '../releases/release-row.ts';
import { type RolloutView, rolloutRows, rolloutViews } from './rollout-view.ts';

/** One for each target that has come to its store. */
export async function listRollouts(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: RolloutView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: await rolloutViews(deps.db, caller.tenantId, await rolloutRows(deps.db, caller.tenantId, releaseId)) };
}
