import type { Platform } from './vocabulary.ts';

/** Something somebody looked at: what they saw, or why they could not see it. */
export type Reading<T> = { known: true; value: T; checkedAt: Date } | { known: false; why: string; checkedAt: Date };

export interface TestReading {
  platform: Platform;
  /** Whose results: they are shown apart, and each must reach the threshold. */
  source: 'automation' | 'test-management';
  result: Reading<{ passed: number; total: number }>;
}

export interface GateApproval {
  accountId: string;
  decision: 'APPROVED' | 'REJECTED';
  /** The commit it was given for; null = bound to nothing, so it counts for nothing. */
  commit: string | null;
  at: Date;
}

export interface ApprovalPolicy {
  /** Different people needed. */
  quorum: number;
  /** Whether whoever created the release counts. */
  allowSelfApproval: boolean;
  requesterAccountId: string;
}

/** Everything the gate out of regression looks at, with the instant at which our own rows were read. */
export interface RegressionGateEvidence {
  readAt: Date;
  activeCycles: number;
  doneCycles: number;
  plannedSlots: number;
  thresholdPercent: number;
  /** One entry per result the release must have; none = no tests are configured. */
  tests: readonly TestReading[];
  /** Commit of the last candidate; null = there is none. */
  rcCommit: string | null;
  /** Head of the release branch. */
  branchHead: Reading<string>;
  /** null = the config wants no person's approval. */
  policy: ApprovalPolicy | null;
  approvals: readonly GateApproval[];
}

export interface Requirement {
  /** Stable, e.g. `no-active-cycle` or `tests:automation:IOS`. */
  key: string;
  /** `unknown` blocks like `false`, and the evidence says why nobody knows. */
  met: boolean | 'unknown';
  evidence: string;
  checkedAt: Date;
}

export interface GateEvaluation {
  requirements: Requirement[];
  /** Everything but approval holds: it is time to ask people. */
  readyForApproval: boolean;
  open: boolean;
}

const APPROVALS = 'approvals';

/** Whether regression is over, requirement by requirement. What could not be checked is never taken for met. */
export function evaluateRegressionGate(evidence: RegressionGateEvidence): GateEvaluation {
  const { readAt, activeCycles, doneCycles, plannedSlots } = evidence;
  const requirements: Requirement[] = [
    {
      key: 'candidate',
      met: doneCycles > 0 && evidence.rcCommit !== null,
      evidence: evidence.rcCommit === null ? 'there is no candidate' : `${count(doneCycles, 'cycle')} done, candidate ${evidence.rcCommit}`,
      checkedAt: readAt,
    },
    { key: 'no-active-cycle', met: activeCycles === 0, evidence: `${count(activeCycles, 'cycle')} active`, checkedAt: readAt },
    { key: 'no-slot-left', met: plannedSlots === 0, evidence: `${count(plannedSlots, 'slot')} left`, checkedAt: readAt },
    ...evidence.tests.map((test) => judgeTests(test, evidence.thresholdPercent)),
    judgeHead(evidence),
  ];
  if (evidence.policy !== null) requirements.push(judgeApprovals(evidence, evidence.policy));
  const holds = ({ met }: Requirement) => met === true;
  return {
    requirements,
    readyForApproval: requirements.filter(({ key }) => key !== APPROVALS).every(holds),
    open: requirements.every(holds),
  };
}

function judgeTests({ platform, source, result }: TestReading, thresholdPercent: number): Requirement {
  const base = { key: `tests:${source}:${platform}`, checkedAt: result.checkedAt };
  if (!result.known) return { ...base, met: 'unknown', evidence: `the results could not be read: ${result.why}` };
  const { passed, total } = result.value;
  // Nothing measured is no evidence, whatever the threshold. The comparison is spelt so that NaN does not pass either.
  if (!(total > 0)) return { ...base, met: 'unknown', evidence: 'there are no results' };
  return { ...base, met: passed * 100 >= thresholdPercent * total, evidence: `${passed} of ${total} passed, ${thresholdPercent} % needed` };
}

function judgeHead({ branchHead, rcCommit }: RegressionGateEvidence): Requirement {
  const base = { key: 'no-late-commits', checkedAt: branchHead.checkedAt };
  if (!branchHead.known) return { ...base, met: 'unknown', evidence: `the head of the branch could not be read: ${branchHead.why}` };
  if (rcCommit === null) return { ...base, met: false, evidence: 'there is no candidate to compare with' };
  const same = branchHead.value === rcCommit;
  const evidence = same
    ? `the branch is at the candidate's commit ${rcCommit}`
    : `the branch is at ${branchHead.value}, the candidate at ${rcCommit}`;
  return { ...base, met: same, evidence };
}

/** The last word of each person about exactly this candidate. One rejection blocks until its author changes it. */
function judgeApprovals({ approvals, rcCommit, readAt }: RegressionGateEvidence, policy: ApprovalPolicy): Requirement {
  const base = { key: APPROVALS, checkedAt: readAt };
  if (rcCommit === null) return { ...base, met: false, evidence: 'there is no candidate to approve' };
  const lastWord = new Map<string, GateApproval>();
  for (const approval of approvals) {
    const earlier = lastWord.get(approval.accountId);
    if (approval.commit === rcCommit && !(earlier !== undefined && earlier.at > approval.at)) lastWord.set(approval.accountId, approval);
  }
  const words = [...lastWord.values()];
  const rejections = words.filter(({ decision }) => decision === 'REJECTED').length;
  const counted = words.filter(
    ({ decision, accountId }) => decision === 'APPROVED' && (policy.allowSelfApproval || accountId !== policy.requesterAccountId),
  );
  const quorum = Math.max(1, policy.quorum);
  const notes = [
    `${counted.length} of ${count(quorum, 'approval')}`,
    ...(rejections > 0 ? [count(rejections, 'rejection')] : []),
    ...leftOut(approvals, words.length, counted.length + rejections),
  ];
  return { ...base, met: rejections === 0 && counted.length >= quorum, evidence: notes.join(', ') };
}

/** Says what was given and does not count, lest people wonder. */
function leftOut(approvals: readonly GateApproval[], words: number, counted: number): string[] {
  const people = new Set(approvals.map(({ accountId }) => accountId)).size;
  return [
    ...(words > counted ? ['that of whoever created the release does not count'] : []),
    ...(people > words ? [`${people - words} given for another commit`] : []),
  ];
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
