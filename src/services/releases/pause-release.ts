import { placeHold } from '../../engine/holds.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { readRelease } from './get-release.ts';
import { announce, nameOf } from './messages/announce.ts';
import { lockRelease, refuseEnded } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';

/** Pauses a release: nothing of it starts until somebody resumes it. What runs outside goes on. Pausing twice is pausing once. */
export async function pauseRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: { reason?: string | undefined },
): Promise<ReleaseDetail> {
  authorise(caller, 'release:pause');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const hold = { runId: release.run.id, reason: 'USER_REQUESTED' as const, subject: '' };
    if (await placeHold(tx, hold, actorOf(caller), input.reason ?? null)) {
      await announce(tx, deps.ring, release, 'RELEASE_PAUSED', {
        reasons: ['USER_REQUESTED'],
        by: await nameOf(tx, caller),
        note: input.reason ?? null,
      });
    }
    return readRelease(tx, caller.tenantId, releaseId);
  });
}
