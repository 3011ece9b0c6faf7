import type { BlockerStatus } from '../../domain/blockers/blocker.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findRunOf } from '../releases/release-row.ts';
import { type BlockerView, blockerViews } from './blocker-view.ts';

/** What blocks a release, and what did; two queries, whatever there is. Asks no tracker: it shows what was seen last, and when. */
export async function listBlockers(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  filter: { status?: BlockerStatus | undefined },
): Promise<{ items: BlockerView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: await blockerViews(deps.db, caller.tenantId, releaseId, filter.status) };
}
