import type { ReleasePlatform } from '../../services/execution/release-source.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';
import { ensureTestRun, type TestRunLink, testRunsLock } from '../test-run.ts';

/**
 * Gives the new candidate runs in which nothing is tested: the release's own, set back to untested with their history, or a new one in place
 * of a run that was locked, archived or removed, whose results stand.
 *
 * What is fresh is written down before the next run is touched (`fresh:<run>`), because testers begin at once: a run that is reset again by a
 * later attempt would lose their results. If the process dies between the reset and that, the run is reset once more.
 */
export const resetTestSuite: TaskHandler = {
  locks: (release) => [testRunsLock(release)],
  async run(context) {
    const { release, services } = context;
    const { testManagementConfigId } = release.config;
    const reset: string[] = [];
    const replaced: { platform: string; runId: string; was: string }[] = [];
    if (testManagementConfigId === null) return { kind: 'completed', output: { reset, replaced } };
    /** By the run that a target had; several targets may share one. */
    const seen = new Map<string, FreshRun>();
    for (const target of release.platforms) {
      const { testRunId, platform } = target;
      if (testRunId === null) continue;
      const known = seen.get(testRunId);
      const fresh = known ?? (await refresh(context, target, { testRunId, testManagementConfigId }));
      if (fresh === null) return { kind: 'waiting', reason: 'TIMER', forMs: 1_000, output: { waitingFor: 'the list of test runs' } };
      seen.set(testRunId, fresh);
      if (fresh.runId !== testRunId) await services.records.testRunCreated({ tenantId: release.tenantId, id: target.id }, fresh);
      if (known !== undefined) continue;
      if (fresh.was === null) reset.push(fresh.runId);
      else replaced.push({ platform, runId: fresh.runId, was: fresh.was });
    }
    return { kind: 'completed', output: { reset, replaced } };
  },
};

interface FreshRun extends TestRunLink {
  /** The run whose place it took; null: it is the same run, reset. */
  was: string | null;
}

/** @returns null: look again soon, see `ensureTestRun` */
async function refresh(
  context: TaskContext,
  target: ReleasePlatform,
  { testRunId, testManagementConfigId }: { testRunId: string; testManagementConfigId: string },
): Promise<FreshRun | null> {
  const { task, release, services, intent } = context;
  const known = task.intents[`fresh:${testRunId}`];
  if (known !== undefined) return { runId: testRunId, url: target.testRunUrl ?? '', was: known.value };
  const run = { tenantId: release.tenantId, testManagementConfigId, runId: testRunId };
  const found = await services.testRuns.testRun(run);
  const isOver = found === null || found.state.kind === 'locked' || found.state.kind === 'archived';
  if (!isOver) {
    await intent(`reset:${testRunId}`);
    await services.testRuns.reset(run);
    await intent(`fresh:${testRunId}`);
    return { runId: testRunId, url: found.url, was: null };
  }
  const fresh = await ensureTestRun(context, target, testManagementConfigId);
  if (fresh === null) return null;
  await intent(`fresh:${fresh.runId}`, testRunId);
  return { ...fresh, was: testRunId };
}
