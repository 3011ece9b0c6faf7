import { liftHold, ringRun } from '../../engine/holds.ts';
import { makeRunsDue } from '../../engine/stage-counters.ts';
import { callArchivingOff } from '../clean-ups/call-archiving-off.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { readRelease } from './get-release.ts';
import { announce, nameOf } from './messages/announce.ts';
import { lockRelease, refuseEnded } from './release-row.ts';
import type { HoldView, ReleaseDetail } from './release-view.ts';

export interface ResumedRelease {
  release: ReleaseDetail;
  /** Whether it had been paused by a person at all. */
  lifted: boolean;
  /** Reasons that still stand: resuming lifts only the person's own. */
  stillHeldBy: HoldView[];
}

export async function resumeRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: { reason?: string | undefined },
): Promise<ResumedRelease> {
  authorise(caller, 'release:pause');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const hold = { runId: release.run.id, reason: 'USER_REQUESTED' as const, subject: '' };
    const lifted = await liftHold(tx, hold, actorOf(caller), deps.ring, input.reason ?? null);
    await callArchivingOff(tx, release, actorOf(caller), input.reason ?? null);
    const view = await readRelease(tx, caller.tenantId, releaseId);
    if (lifted && view.holds.length > 0) {
      // Failures hold tasks, not the planner, which wanted nothing while a person had paused the release.
      await makeRunsDue(tx, [release.run]);
      await ringRun(tx, release.run.id, deps.ring);
    }
    if (lifted) await announce(tx, deps.ring, release, 'RELEASE_RESUMED', { by: await nameOf(tx, caller), note: input.reason ?? null });
    return { release: view, lifted, stillHeldBy: view.holds };
  });
}
