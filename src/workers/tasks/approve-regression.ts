import { evaluateRegressionGate, type RegressionGateEvidence, type TestReading } from '../../domain/release/regression-gate.ts';
import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { afterLook, freshForMs, policyFor } from '../gate-look.ts';
import { reading } from '../reading.ts';
import { candidateOf, cycleOf } from '../release-refs.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/**
 * The gate out of regression. Looks at every requirement afresh each time; asks people once all the others hold, and opens when they have
 * approved this very candidate. What cannot be read blocks and says why.
 */
export const approveRegression: TaskHandler = {
  async run(context) {
    const { release, task } = context;
    const candidate = candidateOf(cycleOf(release, task.input));
    const evidence = await gather(context, candidate.commit);
    const { scmIntegrationId } = release.config;
    return afterLook(context, {
      evaluation: evaluateRegressionGate(evidence),
      subject: evidence.candidate,
      readAt: evidence.readAt,
      output: { cycle: task.input.cycle, rcTag: candidate.tag, rcCommit: candidate.commit },
      signals: [{ integrationId: scmIntegrationId, key: signalKey.branch(release.branch) }],
    });
  },
};

async function gather(context: TaskContext, commit: string): Promise<RegressionGateEvidence> {
  const { release, services, task, pollMs } = context;
  const { records } = services;
  const key = { tenantId: release.tenantId, id: release.id };
  const cycle = cycleOf(release, task.input).number;
  const begunAt = await records.now();
  const { threshold, tests } = await readTests(context, begunAt);
  const branchHead = await reading(() => services.scm.resolve(release.tenantId, release.config.scmIntegrationId, release.branch), begunAt);
  return {
    // Our own rows are read last: nothing that was looked at before is newer than the instant it is judged at.
    approvals: await records.approvals(key, task.type),
    activeCycles: release.cycles.filter(({ status }) => status === 'IN_PROGRESS' || status === 'NOT_STARTED').length,
    doneCycles: release.cycles.filter(({ status }) => status === 'DONE').length,
    plannedSlots: await records.plannedSlots(key),
    openBlockers: await records.openBlockers(key),
    thresholdPercent: threshold,
    tests,
    automation: await records.automation(key, cycle),
    candidate: { commit, builds: await records.candidateBuilds(key, cycle), notesDigest: await records.notesDigest(key, cycle) },
    branchHead,
    freshForMs: freshForMs(pollMs),
    policy: policyFor(context),
    readAt: await records.now(),
  };
}

async function readTests({ release, services, task }: TaskContext, begunAt: Date): Promise<{ threshold: number; tests: TestReading[] }> {
  const { tenantId } = release;
  const { testManagementConfigId } = release.config;
  if (testManagementConfigId === null) return { threshold: 0, tests: [] };
  const cycle = cycleOf(release, task.input).number;
  let threshold = 100;
  const tests: TestReading[] = [];
  const targets = new Map(release.platforms.map(({ platform, testRunId }) => [`${platform} ${testRunId}`, { platform, testRunId }]));
  for (const { platform, testRunId } of targets.values()) {
    const result = await reading(async () => {
      const found = testRunId === null ? null : await services.testRuns.results({ tenantId, testManagementConfigId, runId: testRunId });
      if (found === null) throw new ProviderError('not-found', 'the test run does not exist', { provider: 'test-management' });
      const { run, counts, passThresholdPercent: thresholdPercent } = found;
      threshold = thresholdPercent;
      const evidence = { cycle, runId: run.id, url: run.url, state: run.state.kind, counts, thresholdPercent };
      return { passed: counts.passed, total: counts.total, run: evidence };
    }, begunAt);
    tests.push({ platform, result });
  }
  return { threshold, tests };
}
