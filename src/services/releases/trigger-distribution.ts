import type { Tx } from '../../db/client.ts';
import type { Ring } from '../../platform/ring.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { approveInside, findOpenGate } from './approve.ts';
import { distributionGateType } from './gate-view.ts';
import { readRelease } from './get-release.ts';
import { type LockedRelease, lockRelease, refuseEnded, stagesOf } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';
import { askPlanner } from './slots/slot-row.ts';

/**
 * Asks for distribution. While the gate before the stores waits for people, asking is approving.
 * @throws ServiceError conflict when the release has no such stage, or it is not its turn
 */
export async function triggerDistribution(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: { reason?: string | undefined } = {},
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
    const post = stages.get('POST_REGRESSION')?.status ?? 'missing';
    if (post === 'COMPLETED') await askPlanner(tx, deps.ring, release);
    else if (!(await approveGate(tx, deps.ring, caller, release, input)))
      throw conflict(`Post-regression of ${release.displayId} is ${post}, and its gate does not wait for approval: they come first.`);
    return readRelease(tx, caller.tenantId, releaseId);
  });
}

/** @returns false when the gate before the stores does not ask for people's word */
async function approveGate(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  input: { reason?: string | undefined },
): Promise<boolean> {
  const gate = await findOpenGate(tx, release);
  if (gate?.type !== distributionGateType) return false;
  authorise(caller, 'gate:approve');
  await approveInside(tx, ring, caller, release, gate, { decision: 'APPROVED', comment: input.reason });
  return true;
}
