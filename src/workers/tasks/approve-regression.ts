import { evaluateRegressionGate, type RegressionGateEvidence, type TestReading } from '../../domain/release/gates.ts';
import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { reading } from '../reading.ts';
import { candidateOf, cycleOf } from '../release-refs.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/**
 * The gate out of regression. Looks at every requirement afresh each time; asks people once all the others hold, and opens when they have
 * approved this very candidate. What cannot be read blocks and says why.
 */
export const approveRegression: TaskHandler = {
  async run(context) {
    const { release, task, pollMs } = context;
    const candidate = candidateOf(cycleOf(release, task.input));
    const evidence = await gather(context, candidate.commit);
    const evaluation = evaluateRegressionGate(evidence);
    const output = {
      cycle: task.input.cycle,
      rcTag: candidate.tag,
      rcCommit: candidate.commit,
      quorum: evidence.policy?.quorum ?? 0,
      requirements: evaluation.requirements.map((requirement) => ({ ...requirement, checkedAt: requirement.checkedAt.toISOString() })),
    };
    if (evaluation.open) return { kind: 'completed', output };
    const { scmIntegrationId } = release.config;
    const signals = [{ integrationId: scmIntegrationId, key: signalKey.branch(release.branch) }];
    const reason = evaluation.readyForApproval ? 'APPROVAL' : 'CALLBACK';
    return { kind: 'waiting', reason, forMs: pollMs, output, signals };
  },
};

async function gather(context: TaskContext, rcCommit: string): Promise<RegressionGateEvidence> {
  const { release, services, task } = context;
  const { gates } = release.config;
  const key = { tenantId: release.tenantId, id: release.id };
  const { threshold, tests } = await readTests(context);
  return {
    readAt: new Date(),
    activeCycles: release.cycles.filter(({ status }) => status === 'IN_PROGRESS' || status === 'NOT_STARTED').length,
    doneCycles: release.cycles.filter(({ status }) => status === 'DONE').length,
    plannedSlots: await services.records.plannedSlots(key),
    openBlockers: await services.records.openBlockers(key),
    thresholdPercent: threshold,
    tests,
    rcCommit,
    branchHead: await reading(() => services.scm.resolve(release.tenantId, release.config.scmIntegrationId, release.branch)),
    policy:
      gates.preReleaseApproval === 'automatic'
        ? null
        : { quorum: gates.quorum, allowSelfApproval: gates.allowSelfApproval, requesterAccountId: release.createdByAccountId },
    approvals: await services.records.approvals(key, task.type),
  };
}

async function readTests({ release, services, task }: TaskContext): Promise<{ threshold: number; tests: TestReading[] }> {
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
    });
    tests.push({ platform, source: 'test-management', result });
  }
  return { threshold, tests };
}
