import { testRunsDone } from '../done-outside.ts';
import type { TaskHandler } from '../task-context.ts';
import { ensureTestRun, testRunsLock } from '../test-run.ts';

/** One test run per platform. */
export const createTestSuite: TaskHandler = {
  verifyDone: testRunsDone,
  locks: (release) => [testRunsLock(release)],
  async run(context) {
    const { release, services } = context;
    const { testManagementConfigId } = release.config;
    if (testManagementConfigId === null) return { kind: 'completed', output: { testRuns: [] } };
    const testRuns: { platform: string; runId: string; url: string }[] = [];
    for (const target of release.platforms) {
      const { platform } = target;
      if (target.testRunId !== null) {
        testRuns.push({ platform, runId: target.testRunId, url: target.testRunUrl ?? '' });
        continue;
      }
      const run = await ensureTestRun(context, target, testManagementConfigId);
      if (run === null) {
        return { kind: 'waiting', reason: 'TIMER', forMs: 1_000, output: { waitingFor: 'the list of test runs', testRuns } };
      }
      await services.records.testRunCreated({ tenantId: release.tenantId, id: target.id }, run);
      testRuns.push({ platform, ...run });
    }
    return { kind: 'completed', output: { testRuns } };
  },
};
