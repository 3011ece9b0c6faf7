import type { ApprovalPolicy } from './approval-rules.ts';
import { approvingRoles } from './approval-rules.ts';
import { type ApprovalTally, type GateApproval, weighApprovals } from './approvals.ts';
import { type Judged, judge, type Requirement } from './requirement.ts';
import type { GateSubject } from './subject.ts';

/** People's part of a gate. */
export interface ApprovalEvidence {
  /** null = no person's approval is wanted. */
  policy: ApprovalPolicy | null;
  /** Given for this gate, whatever they were about. */
  approvals: readonly GateApproval[];
  /** What is to be approved; null = there is nothing yet. */
  subject: GateSubject | null;
}

export interface GateEvaluation<R extends Requirement = Requirement> {
  /** Each with what it is worth now; people's part is the last. */
  requirements: Judged<R | Requirement>[];
  /** Everything but approval holds: it is time to ask people. */
  readyForApproval: boolean;
  open: boolean;
  /** null = no person's approval is wanted. */
  tally: ApprovalTally | null;
}

/**
 * Whether a gate is open: all its requirements hold now and, where the policy wants it, people approved exactly this subject. What could not be checked,
 * or was checked too long ago, is never taken for met.
 */
export function evaluateGate<R extends Requirement>(requirements: readonly R[], people: ApprovalEvidence, now: Date): GateEvaluation<R> {
  const judged = requirements.map((requirement) => judge(requirement, now));
  const { policy, approvals, subject } = people;
  const tally = policy === null ? null : weighApprovals(approvals, policy, subject, now);
  const approval = tally === null || policy === null ? [] : [judge(approvalRequirement(tally, policy, now), now)];
  const holds = ({ met }: Pick<Requirement, 'met'>) => met === true;
  return {
    requirements: [...judged, ...approval],
    readyForApproval: judged.every(holds),
    open: judged.every(holds) && approval.every(holds),
    tally,
  };
}

function approvalRequirement({ met, evidence }: ApprovalTally, policy: ApprovalPolicy, now: Date): Requirement {
  const named = [...new Set(policy.groups.flatMap(({ accountIds }) => accountIds))];
  const owner =
    named.length > 0 && policy.groups.every(({ roles }) => roles.length === 0)
      ? ({ kind: 'people', accountIds: named } as const)
      : ({ kind: 'role', roles: approvingRoles } as const);
  return { key: 'approvals', met, evidence, checkedAt: now, owner, freshForMs: null };
}
