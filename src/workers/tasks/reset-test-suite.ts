import type { TaskHandler } from '../task-context.ts';

/** Sets every test of the release's runs back to untested for the new candidate; their history stays. */
export const resetTestSuite: TaskHandler = {
  async run({ release, services, intent }) {
    const { tenantId, config } = release;
    const testManagementConfigId = config.testManagementConfigId;
    const runs = release.platforms.flatMap((target) => (target.testRunId === null ? [] : [target.testRunId]));
    if (testManagementConfigId !== null) {
      for (const runId of [...new Set(runs)]) {
        await intent(`reset:${runId}`);
        await services.testRuns.reset({ tenantId, testManagementConfigId, runId });
      }
    }
    return { kind: 'completed', output: { reset: [...new Set(runs)] } };
  },
};
