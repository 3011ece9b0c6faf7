import type { StoreBuild } from '../integrations/capabilities/app-store.ts';
import { releaseSubmission } from '../services/execution/stores/submission-place.ts';
import { storeLock } from '../services/releases/store-lock.ts';
import { submissionDone } from './done-outside.ts';
import { windowsOf } from './release-windows.ts';
import { buildTypeOf, knownBuild } from './store-builds.ts';
import type { StoreDelivery } from './store-delivery.ts';
import { storeTargetOf } from './store-target.ts';
import { submit } from './submission.ts';
import type { TaskContext, TaskHandler } from './task-context.ts';

/** A release's version through the review of one of its stores. A rejection holds the release. */
export const submissionTask: TaskHandler = {
  verifyDone: submissionDone,
  locks: (release, task) => [storeLock(storeTargetOf(release, task.input).store)],
  run: (context) => submit(context, deliveryOf(context)),
};

function deliveryOf(context: TaskContext): StoreDelivery {
  const { release, services, task } = context;
  const { store, platform } = storeTargetOf(release, task.input);
  const place = releaseSubmission(release, platform, store.target, task.id);
  return {
    ...{ place, store, version: platform.version },
    windows: () => windowsOf(context, store.target),
    turn: () => services.turns.toSubmit(release, store, platform.version),
    build: (isFirst) => chooseBuild(context, isFirst),
    notes: () => services.submissions.notes(place, task.runId),
  };
}

/** First the very build that people approved; after a rejection the newest of the version. */
async function chooseBuild({ release, services, task }: TaskContext, isFirst: boolean): Promise<StoreBuild | null> {
  const { store, platform } = storeTargetOf(release, task.input);
  const gate = await services.records.latest(task, 'APPROVE_DISTRIBUTION');
  const approved = (gate?.output.builds as Partial<Record<string, string>> | undefined)?.[store.target] ?? null;
  const made = knownBuild((await services.records.latest(task, buildTypeOf(store.target)))?.output);
  const query = { tenantId: release.tenantId, version: platform.version };
  const known = { ...query, sha256: made.sha256, buildNumber: approved ?? made.buildNumber };
  if (isFirst) return services.storeBuilds.find(store, known);
  const newest = await services.storeBuilds.find(store, { ...query, sha256: null, buildNumber: null });
  return newest ?? services.storeBuilds.find(store, known);
}
