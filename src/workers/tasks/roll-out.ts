import { releaseSubmission } from '../../services/execution/stores/submission-place.ts';
import { storeLock } from '../../services/releases/store-lock.ts';
import { rolloutDone } from '../done-outside.ts';
import { windowsOf } from '../release-windows.ts';
import { lookAtRollout } from '../rollout-look.ts';
import { lookAgainOnTrouble, storeSignals, storeTargetOf } from '../store-target.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/** A release's version from the review of one of its stores to everybody. */
export const rollOut: TaskHandler = {
  verifyDone: rolloutDone,
  locks: (release, task) => [storeLock(storeTargetOf(release, task.input).store)],
  run(context) {
    const { store } = storeTargetOf(context.release, context.task.input);
    return lookAgainOnTrouble(context, { reason: 'CALLBACK', signals: storeSignals(store) }, () => look(context));
  },
};

async function look(context: TaskContext) {
  const { release, services, task } = context;
  const { store, platform } = storeTargetOf(release, task.input);
  const submission = await services.submissions.latest(releaseSubmission(release, platform, store.target, task.id));
  const place = { release, platform, task, plan: store.rolloutPlan };
  return lookAtRollout(context, {
    ...{ tenantId: release.tenantId, scopeId: release.id, store, version: platform.version, buildNumber: submission?.buildNumber ?? null },
    windows: () => windowsOf(context, store.target),
    open: () => services.rollouts.open(place),
    write: (rollout, decision, seen) => services.rollouts.write(place, rollout, decision, seen),
    remedy: 'Retry the task once the store shows it on its way again.',
  });
}
