import type { Platform, Target, WorkflowType } from '../domain/release/vocabulary.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import { signalKey } from '../integrations/capabilities/webhook-source.ts';
import type { Build } from '../services/execution/builds/build-service.ts';
import type { ReleaseContext } from '../services/execution/release-source.ts';
import { storeLock } from '../services/releases/store-lock.ts';
import { viewOf } from './build-task-view.ts';
import { manualBuild } from './manual-build.ts';
import { rcTagName } from './release-refs.ts';
import { bringToStore } from './store-build.ts';
import type { TaskContext, TaskHandler } from './task-context.ts';

export interface BuildTask {
  workflowType: WorkflowType;
  stageKey: string;
  /** Which of the release's platforms are built. */
  platforms: (release: ReleaseContext) => Platform[];
  /** Tag or branch to build, never a default branch. */
  ref: (context: TaskContext) => string;
  needsArtifact: boolean;
  /** Whose store has to have the build, where the release goes to one. */
  target?: Target;
}

export const allPlatforms = (release: ReleaseContext) => [...new Set(release.platforms.map((target) => target.platform))];
export const onlyPlatform = (platform: Platform) => (release: ReleaseContext) =>
  allPlatforms(release).filter((candidate) => candidate === platform);

/** A task that builds each platform by its workflow and waits for run and artifact, in whichever order they come. */
export function buildTask(spec: BuildTask): TaskHandler {
  const storeOf = (release: ReleaseContext) => release.config.stores.find(({ target }) => target === spec.target) ?? null;
  return {
    locks(release) {
      const store = storeOf(release);
      return store === null ? [] : [storeLock(store)];
    },
    async run(context) {
      const { release, services, task } = context;
      const store = storeOf(release);
      if (release.config.buildMode === 'MANUAL') return manualBuild(context, spec, store);
      await services.builds.renewRetried(task);
      const builds: Build[] = [];
      for (const platform of spec.platforms(release)) builds.push(await follow(context, spec, platform, spec.ref(context)));
      const outcome = outcomeOf(builds, context.pollMs);
      return store !== null && outcome.kind === 'completed' ? bringToStore(context, store, outcome.output ?? {}) : outcome;
    },
  };
}

/** One step of one platform's build. @param buildsOf the task whose builds these are, when it is another one */
export function follow(
  { release, services, task }: TaskContext,
  spec: BuildTask,
  platform: Platform,
  ref: string,
  buildsOf = task.id,
): Promise<Build> {
  const ciConfigId = release.config.ciConfigId;
  if (ciConfigId === null) throw new Error('a release without CI was planned with CI builds');
  const cycle = release.cycles.find((candidate) => candidate.number === task.input.cycle);
  const version = release.platforms.find((target) => target.platform === platform)?.version ?? '';
  return services.builds.follow({
    tenantId: release.tenantId,
    releaseId: release.id,
    taskId: buildsOf,
    stageKey: spec.stageKey,
    cycleId: cycle?.id ?? null,
    ciConfigId,
    platform,
    workflowType: spec.workflowType,
    ref,
    version,
    jobParameters: {
      version,
      platform,
      branch: release.branch,
      ...(cycle === undefined ? {} : { rc_tag: rcTagName(release, cycle.number) }),
      ...(release.releaseTag === null ? {} : { release_tag: release.releaseTag }),
    },
    needsArtifact: spec.needsArtifact,
  });
}

/** Where a set of builds stands as a whole. */
export function outcomeOf(builds: readonly Build[], pollMs: number): Outcome {
  const output = { builds: builds.map(viewOf) };
  const failed = builds.filter((build) => build.status === 'FAILED' || build.status === 'CANCELLED');
  if (failed.length > 0) {
    const words = failed.map(
      (build) =>
        `${build.platform} ${build.status.toLowerCase()} (${build.providerState ?? 'no reason given'})${build.url === null ? '' : ` ${build.url}`}`,
    );
    return { kind: 'failed', failure: { kind: 'conflict', message: `The build did not succeed: ${words.join('; ')}` }, output };
  }
  if (builds.every((build) => build.status === 'SUCCEEDED')) return { kind: 'completed', output };
  return {
    kind: 'waiting',
    reason: 'CALLBACK',
    forMs: pollMs,
    output,
    signals: builds.flatMap(({ integrationId, handle }) =>
      integrationId === null || handle === null ? [] : [{ integrationId, key: signalKey.ciRun(handle) }],
    ),
  };
}
