import type { ApprovalPolicy } from '../gates/approval-rules.ts';
import type { GateApproval } from '../gates/approvals.ts';
import { evaluateGate, type GateEvaluation } from '../gates/evaluate-gate.ts';
import { type Reading, whoever } from '../gates/requirement.ts';
import type { GateSubject } from '../gates/subject.ts';
import type { TaskStatus } from '../run.ts';
import { count, judgeBlockers, type ReleaseRequirement } from './release-requirement.ts';
import { judgeShare, judgeTestRun, type TestEvidence } from './test-results.ts';
import type { Platform } from './vocabulary.ts';

/** Results of the test management, of which each platform must reach the threshold by itself. */
export interface TestReading {
  platform: Platform;
  /** `run`: everything that a test run shows. */
  result: Reading<{ passed: number; total: number; run?: TestEvidence }>;
}

/** How the automated tests of the candidate ended. */
export interface AutomationEvidence {
  status: TaskStatus;
  /** A person skipped them, or said that they were done elsewhere. */
  byPerson: boolean;
  /** Runs, one per platform; null = nobody counted any. */
  result: { passed: number; total: number; thresholdPercent: number } | null;
}

/** Everything the gate out of regression looks at, with the instant at which our own rows were read. */
export interface RegressionGateEvidence {
  readAt: Date;
  activeCycles: number;
  doneCycles: number;
  plannedSlots: number;
  /** As people call them, with their links. */
  openBlockers: readonly string[];
  thresholdPercent: number;
  /** One entry per result the release must have; none = no tests are configured. */
  tests: readonly TestReading[];
  /** null = the candidate's cycle ran none. */
  automation: AutomationEvidence | null;
  /** The last candidate: its commit, its builds and its notes; null = there is none. */
  candidate: GateSubject | null;
  /** Head of the release branch. */
  branchHead: Reading<string>;
  /** How old what a provider showed may be, milliseconds. */
  freshForMs: number;
  /** null = the config wants no person's approval. */
  policy: ApprovalPolicy | null;
  approvals: readonly GateApproval[];
}

/** Whether regression is over, requirement by requirement. What could not be checked is never taken for met. */
export function evaluateRegressionGate(evidence: RegressionGateEvidence): GateEvaluation<ReleaseRequirement> {
  const { readAt, activeCycles, doneCycles, plannedSlots, candidate } = evidence;
  const ours = { checkedAt: readAt, freshForMs: null };
  const requirements: ReleaseRequirement[] = [
    {
      ...ours,
      key: 'candidate',
      met: doneCycles > 0 && candidate !== null,
      evidence: candidate === null ? 'there is no candidate' : `${count(doneCycles, 'cycle')} done, ${candidateWords(candidate)}`,
      owner: whoever('release:update'),
    },
    {
      ...ours,
      key: 'no-active-cycle',
      met: activeCycles === 0,
      evidence: `${count(activeCycles, 'cycle')} active`,
      owner: { kind: 'system', system: 'the regression cycle' },
    },
    {
      ...ours,
      key: 'no-slot-left',
      met: plannedSlots === 0,
      evidence: `${count(plannedSlots, 'slot')} left`,
      owner: whoever('release:update'),
    },
    judgeBlockers(evidence.openBlockers, readAt),
    ...evidence.tests.map((test) => judgeTests(test, evidence)),
    ...(evidence.automation === null ? [] : [judgeAutomation(evidence.automation, readAt)]),
    judgeHead(evidence),
  ];
  const { approvals, policy } = evidence;
  return evaluateGate(requirements, { policy, approvals, subject: candidate }, readAt);
}

/** A build that was adopted from another commit is told of wherever the candidate is. */
function candidateWords({ commit, builds }: GateSubject): string {
  const others = builds.flatMap(({ name, otherCommitReason }) =>
    otherCommitReason === undefined ? [] : [`; the ${name} build is of another commit: ${otherCommitReason}`],
  );
  return `candidate ${commit}${others.join('')}`;
}

/** A person who skipped them has decided, and said why, in the task's history. */
function judgeAutomation({ status, byPerson, result }: AutomationEvidence, checkedAt: Date): ReleaseRequirement {
  const owner = { kind: 'system', system: 'the automated tests' } as const;
  const base = { key: 'tests:automation', checkedAt, owner, freshForMs: null };
  if (status !== 'COMPLETED' && status !== 'SKIPPED') return { ...base, met: false, evidence: `the automated tests are ${status}` };
  if (byPerson) {
    const done = 'a person said that the automated tests were done elsewhere';
    return { ...base, met: true, evidence: status === 'SKIPPED' ? 'the automated tests were skipped' : done };
  }
  const { passed, total, thresholdPercent } = result ?? { passed: 0, total: 0, thresholdPercent: 100 };
  const words = `${passed} of ${total} runs of the automated tests passed, ${thresholdPercent} % needed`;
  return { ...base, ...judgeShare({ passed, total }, thresholdPercent, words) };
}

function judgeTests({ platform, result }: TestReading, { thresholdPercent, freshForMs }: RegressionGateEvidence): ReleaseRequirement {
  const base = {
    ...{ key: `tests:test-management:${platform}`, checkedAt: result.checkedAt, freshForMs },
    owner: whoever('build:report'),
  };
  if (!result.known) return { ...base, met: 'unknown', evidence: `the results could not be read: ${result.why}` };
  const { run } = result.value;
  if (run !== undefined) return { ...base, ...judgeTestRun(run), tests: run };
  return { ...base, ...judgeShare(result.value, thresholdPercent) };
}

function judgeHead({ branchHead, candidate, freshForMs }: RegressionGateEvidence): ReleaseRequirement {
  const base = { key: 'no-late-commits', checkedAt: branchHead.checkedAt, freshForMs, owner: whoever('release:update') };
  if (!branchHead.known) return { ...base, met: 'unknown', evidence: `the head of the branch could not be read: ${branchHead.why}` };
  if (candidate === null) return { ...base, met: false, evidence: 'there is no candidate to compare with' };
  const same = branchHead.value === candidate.commit;
  const evidence = same
    ? `the branch is at the candidate's commit ${candidate.commit}`
    : `the branch is at ${branchHead.value}, the candidate at ${candidate.commit}`;
  return { ...base, met: same, evidence };
}
