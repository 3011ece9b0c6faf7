import { type ApprovalPolicy, type ApprovalRules, plainRules } from '../gates/approval-rules.ts';

/** The gates of a release, as people call them: out of regression, and before the stores. */
export const releaseGates = ['pre-release', 'distribution'] as const;
export type ReleaseGate = (typeof releaseGates)[number];

/** The type of the task that a gate is. */
export const gateTasks = { 'pre-release': 'APPROVE_REGRESSION', distribution: 'APPROVE_DISTRIBUTION' } as const satisfies Record<
  ReleaseGate,
  string
>;

/** @returns the gate out of regression for a task that is no gate: callers ask for gates only */
export const gateOfTask = (taskType: string): ReleaseGate => (taskType === gateTasks.distribution ? 'distribution' : 'pre-release');

/** What a release config says about gates. */
export interface GateRules {
  /** Whether regression → post-regression needs a person. */
  preReleaseApproval: 'manual' | 'automatic';
  /** How many people must approve. */
  quorum: number;
  /** Whether whoever created the release may approve it. */
  allowSelfApproval: boolean;
  /** Whether post-regression → distribution needs a person. Means nothing without stores. */
  distributionApproval: 'manual' | 'automatic';
  /** Of the gate out of regression alone. */
  preRelease: ApprovalRules;
  /** Of the gate before the stores alone. */
  distribution: ApprovalRules;
}

export const rulesOf = (gates: GateRules, gate: ReleaseGate): ApprovalRules =>
  gate === 'pre-release' ? gates.preRelease : gates.distribution;

const isManual = (gates: GateRules, gate: ReleaseGate) =>
  (gate === 'pre-release' ? gates.preReleaseApproval : gates.distributionApproval) === 'manual';

/** The rules of one gate, applied to a release. @returns null where the config wants no person's approval */
export function policyOf(gates: GateRules, gate: ReleaseGate, requesterAccountId: string): ApprovalPolicy | null {
  if (!isManual(gates, gate)) return null;
  const { groups, expiresAfterMs } = rulesOf(gates, gate);
  return { quorum: quorumOf(gates, gate), groups, allowSelfApproval: allowsSelf(gates, gate), requesterAccountId, expiresAfterMs };
}

export const quorumOf = (gates: GateRules, gate: ReleaseGate): number => rulesOf(gates, gate).quorum ?? gates.quorum;
export const allowsSelf = (gates: GateRules, gate: ReleaseGate): boolean =>
  rulesOf(gates, gate).allowSelfApproval ?? gates.allowSelfApproval;

/** Rules that lie in a row: what it is too old to say is what was done then. */
export const readRules = (stored: Partial<ApprovalRules> | undefined): ApprovalRules => ({
  ...plainRules,
  ...stored,
  escalateTo: { ...plainRules.escalateTo, ...stored?.escalateTo },
});
