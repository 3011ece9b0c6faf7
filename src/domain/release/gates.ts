import { judgeShare, judgeTestRun, type TestEvidence } from './test-results.ts';
import type { Platform } from './vocabulary.ts';

/** Something somebody looked at: what they saw, or why they could not see it. */
export type Reading<T> = { known: true; value: T; checkedAt: Date } | { known: false; why: string; checkedAt: Date };

export interface TestReading {
  platform: Platform;
  /** Whose results: they are shown apart, and each must reach the threshold. */
  source: 'automation' | 'test-management';
  /** `run`: everything that a test run shows. */
  result: Reading<{ passed: number; total: number; run?: TestEvidence }>;
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
  /** As people call them, with their links. */
  openBlockers: readonly string[];
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
  /** What the evidence says in words, where it is a test run. */
  tests?: TestEvidence;
}

export interface GateEvaluation {
  requirements: Requirement[];
  /** Everything but approval holds: it is time to ask people. */
  readyForApproval: boolean;
  open: boolean;
}

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
    judgeBlockers(evidence),
    ...evidence.tests.map((test) => judgeTests(test, evidence.thresholdPercent)),
    judgeHead(evidence),
  ];
  const { approvals, policy, rcCommit } = evidence;
  return evaluate(requirements, { readAt, policy, approvals, commit: rcCommit });
}

/** People's part of a gate. */
interface ApprovalEvidence {
  readAt: Date;
  /** null = the config wants no person's approval. */
  policy: ApprovalPolicy | null;
  /** Given for this gate, whichever commit they name. */
  approvals: readonly GateApproval[];
  /** What is to be approved; null = there is nothing. */
  commit: string | null;
}

/** A gate of these requirements and, where the policy wants it, people's approval. */
export function evaluate(requirements: readonly Requirement[], people: ApprovalEvidence): GateEvaluation {
  const approval = people.policy === null ? [] : [judgeApprovals(people, people.policy)];
  const holds = ({ met }: Requirement) => met === true;
  return {
    requirements: [...requirements, ...approval],
    readyForApproval: requirements.every(holds),
    open: [...requirements, ...approval].every(holds),
  };
}

function judgeBlockers({ openBlockers, readAt }: RegressionGateEvidence): Requirement {
  const evidence = [`${count(openBlockers.length, 'blocker')} open`, ...(openBlockers.length === 0 ? [] : [openBlockers.join('; ')])];
  return { key: 'no-open-blocker', met: openBlockers.length === 0, evidence: evidence.join(': '), checkedAt: readAt };
}

function judgeTests({ platform, source, result }: TestReading, thresholdPercent: number): Requirement {
  const base = { key: `tests:${source}:${platform}`, checkedAt: result.checkedAt };
  if (!result.known) return { ...base, met: 'unknown', evidence: `the results could not be read: ${result.why}` };
  const { run } = result.value;
  if (run !== undefined) return { ...base, ...judgeTestRun(run), tests: run };
  return { ...base, ...judgeShare(result.value, thresholdPercent) };
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
function judgeApprovals({ approvals, commit, readAt }: ApprovalEvidence, policy: ApprovalPolicy): Requirement {
  const base = { key: 'approvals', checkedAt: readAt };
  if (commit === null) return { ...base, met: false, evidence: 'there is no candidate to approve' };
  const lastWord = new Map<string, GateApproval>();
  for (const approval of approvals) {
    const earlier = lastWord.get(approval.accountId);
    if (approval.commit === commit && !(earlier !== undefined && earlier.at > approval.at)) lastWord.set(approval.accountId, approval);
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
