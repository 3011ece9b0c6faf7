import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { lockRelease, refuseEnded } from '../releases/release-row.ts';
import { changeBy } from './add-blocker.ts';
import { lockBlocker } from './blocker-row.ts';
import { type BlockerView, blockerView } from './blocker-view.ts';
import { openAgain } from './change-blocker.ts';

/** It blocks again, a waived one too. One whose ticket is done stays open until the ticket was open in between, or a person closes it. */
export async function reopenBlocker(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  blockerId: string,
  input: { reason?: string | undefined },
): Promise<BlockerView> {
  authorise(caller, 'release:pause');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const blocker = await lockBlocker(tx, release.tenantId, release.id, blockerId);
    refuseEnded(release);
    if (blocker.status !== 'OPEN') await openAgain(tx, deps.ring, release, blocker, await changeBy(tx, caller, input.reason));
    return blockerView(tx, release.tenantId, release.id, blockerId);
  });
}
