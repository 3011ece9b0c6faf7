import type { FrozenStore } from '../domain/release/config.ts';
import type { Platform, WorkflowType } from '../domain/release/vocabulary.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import type { Build } from '../services/execution/builds/build-service.ts';
import type { ReleaseContext } from '../services/execution/release-source.ts';
import { viewOf } from './build-task-view.ts';
import { awaitUploaded, bringToStore } from './store-build.ts';
import type { TaskContext } from './task-context.ts';

interface HandMade {
  workflowType: WorkflowType;
  stageKey: string;
  platforms: (release: ReleaseContext) => Platform[];
  /** What people are to build. */
  ref: (context: TaskContext) => string;
}

const REMIND_EVERY_MS = 24 * 3_600_000;

/**
 * Builds by hand: the newest upload of each platform is taken, ahead of the task or during it; an upload makes the task due. Without one for
 * each, people are reminded daily. Who uploads to the store by themselves need not upload here.
 */
export async function manualBuild(context: TaskContext, spec: HandMade, store: FrozenStore | null): Promise<Outcome> {
  const { release, services, task } = context;
  const builds: Build[] = [];
  const missing: Platform[] = [];
  for (const platform of spec.platforms(release)) {
    const build = await services.uploads.adopt({
      ...{ tenantId: release.tenantId, releaseId: release.id, taskId: task.id, stageKey: spec.stageKey, platform },
      ...{ workflowType: spec.workflowType, ref: spec.ref(context) },
      cycleId: release.cycles.find(({ number }) => number === task.input.cycle)?.id ?? null,
      version: release.platforms.find((target) => target.platform === platform)?.version ?? '',
    });
    if (build === null) missing.push(platform);
    else builds.push(build);
  }
  const output = { platforms: spec.platforms(release), ref: spec.ref(context), missing, builds: builds.map(viewOf) };
  if (missing.length === 0 && store === null) return { kind: 'completed', output };
  if (missing.length === 0 && store?.uploadBy === 'SIGNALBOX') return bringToStore(context, store, output);
  const inStore = store === null ? null : await awaitUploaded(context, store, output);
  if (inStore?.kind === 'completed') return inStore;
  const remindInMs = missing.length === 0 ? null : await services.uploads.remind(release, task.id, missing, REMIND_EVERY_MS);
  return inStore ?? { kind: 'waiting', reason: 'MANUAL_BUILD', forMs: remindInMs, output };
}
