import type { TaskHandler } from '../task-context.ts';

/** One test run per platform, found again by its name, which ends in the task's own mark. */
export const createTestSuite: TaskHandler = {
  locks: (release) => [`test-runs:${release.id}`],
  async run({ task, release, services, intent, renewIntent }) {
    const { tenantId, config } = release;
    const testManagementConfigId = config.testManagementConfigId;
    if (testManagementConfigId === null) return { kind: 'completed', output: { testRuns: [] } };
    const visibleWithinMs = await services.testRuns.visibleWithinMs({ tenantId, testManagementConfigId });
    const testRuns: { platform: string; runId: string; url: string }[] = [];
    for (const target of release.platforms) {
      const name = runName(target.version, target.platform, task.id);
      if (target.testRunId !== null) {
        testRuns.push({ platform: target.platform, runId: target.testRunId, url: target.testRunUrl ?? '' });
        continue;
      }
      const effect = `test-run:${target.id}`;
      const { repeated, agoMs } = await intent(effect);
      const found = repeated ? await services.testRuns.findTestRun({ tenantId, testManagementConfigId, name }) : null;
      if (repeated && found === null) {
        // An earlier attempt may have asked for it, and it may still be in the making.
        if (agoMs < visibleWithinMs) {
          return { kind: 'waiting', reason: 'TIMER', forMs: 1_000, output: { waitingFor: 'the list of test runs', testRuns } };
        }
        await renewIntent(effect);
      }
      const description = `${release.displayId} ${target.version} on ${target.platform}, branch ${release.branch}`;
      const run =
        found ??
        (await services.testRuns.createTestRun({ tenantId, testManagementConfigId, platform: target.platform, name, description }));
      await services.records.testRunCreated({ tenantId, id: target.id }, run);
      testRuns.push({ platform: target.platform, runId: run.runId, url: run.url });
    }
    return { kind: 'completed', output: { testRuns } };
  },
};

const MAX_NAME = 50;

/** At most 50 characters, as test management allows; the version gives way, the mark never. */
function runName(version: string, platform: string, taskId: string): string {
  const mark = ` ${platform} ${taskId.slice(-12)}`;
  return `${version.slice(0, MAX_NAME - mark.length)}${mark}`;
}
