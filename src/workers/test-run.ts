import { ProviderError } from '../integrations/kit/provider-error.ts';
import type { ReleasePlatform } from '../services/execution/release-source.ts';
import type { TaskContext } from './task-context.ts';

export interface TestRunLink {
  runId: string;
  url: string;
}

/** One task at a time makes or replaces the runs of a release. */
export const testRunsLock = ({ id }: { id: string }) => `test-runs:${id}`;

/**
 * The test run that this task makes for a target; found again by its name, which ends in the task's own mark.
 * @returns null when an earlier attempt may have asked for it and it may still be in the making: look again soon
 */
export async function ensureTestRun(
  { task, release, services, intent, renewIntent }: TaskContext,
  target: ReleasePlatform,
  testManagementConfigId: string,
): Promise<TestRunLink | null> {
  const project = { tenantId: release.tenantId, testManagementConfigId };
  const { platform, version } = target;
  const name = testRunName(version, platform, task.id);
  const effect = `test-run:${target.id}`;
  const { repeated, agoMs } = await intent(effect);
  const found = repeated ? await services.testRuns.findTestRun({ ...project, name }) : null;
  if (found !== null) return { runId: found.runId, url: found.url };
  if (repeated) {
    if (agoMs < (await services.testRuns.visibleWithinMs(project))) return null;
    await renewIntent(effect);
  }
  const description = `${release.displayId} ${version} on ${platform}, branch ${release.branch}`;
  const { runId, url } = await services.testRuns.createTestRun({ ...project, platform, name, description });
  return { runId, url };
}

const MAX_NAME = 50;

/** 5 to 50 characters, as test management allows; the version gives way, the mark never. */
export function testRunName(version: string, platform: string, taskId: string): string {
  const mark = ` ${platform} ${taskId.slice(-12)}`;
  return `${version.slice(0, MAX_NAME - mark.length)}${mark}`.trim();
}

interface LockedTestRun {
  platform: string;
  runId: string;
  locked: boolean;
  /** Why it is not locked. */
  why: string | null;
}

/**
 * Locks the runs of a release, so that the results it was approved on stand. Nothing of the release depends on that, and some test managements
 * lock for administrators only: what could not be locked is told, and people can ask for it again.
 */
export async function lockTestRuns({ release, services }: TaskContext): Promise<LockedTestRun[]> {
  const { tenantId, platforms } = release;
  const { testManagementConfigId } = release.config;
  if (testManagementConfigId === null) return [];
  const locked = new Map<string, LockedTestRun>();
  for (const { platform, testRunId: runId } of platforms) {
    if (runId === null || locked.has(runId)) continue;
    try {
      const run = await services.testRuns.lock({ tenantId, testManagementConfigId, runId });
      locked.set(runId, { platform, runId, locked: run !== null, why: run === null ? 'the test management knows no locks' : null });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      locked.set(runId, { platform, runId, locked: false, why: error.message });
    }
  }
  return [...locked.values()];
}
