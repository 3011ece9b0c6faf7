import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { readRelease } from './get-release.ts';
import { lockRelease, refuseEnded, stagesOf } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';
import { askPlanner } from './slot-row.ts';

/** Asks the planner for distribution. @throws ServiceError conflict when the release has no such stage, or it is not its turn */
export async function triggerDistribution(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
): Promise<ReleaseDetail> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const stages = await stagesOf(tx, release.run.id);
    const distribution = stages.get('DISTRIBUTION');
    if (distribution === undefined) {
      throw conflict(`${release.displayId} has no DISTRIBUTION stage: its release config names no store.`);
    }
    if (distribution.status !== 'PENDING') throw conflict(`Distribution of ${release.displayId} is ${distribution.status} already.`);
    const post = stages.get('POST_REGRESSION');
    if (post?.status !== 'COMPLETED')
      throw conflict(`Post-regression of ${release.displayId} is ${post?.status ?? 'missing'}: it comes first.`);
    await askPlanner(tx, deps.ring, release);
    return readRelease(tx, caller.tenantId, releaseId);
  });
}
