import { createHash } from 'node:crypto';
import type { ApprovalPolicy } from '../gates/approval-rules.ts';
import type { GateSubject } from '../gates/subject.ts';
import type { DeploymentPlan } from './plan.ts';

/** What people approve: exactly this plan. What is built later is known by the commit it is built from. */
export const subjectOf = (plan: DeploymentPlan): GateSubject => ({
  commit: createHash('sha256').update(JSON.stringify(plan)).digest('hex'),
  builds: plan.services.map(({ name, revision, commit }) => ({ name, identity: revision?.digest ?? `built from ${commit}` })),
  notesDigest: null,
});

/** @returns null where nobody is asked */
export function policyOf({ environment }: DeploymentPlan, requesterAccountId: string): ApprovalPolicy | null {
  const { approval } = environment;
  if (approval === null) return null;
  return {
    ...{ quorum: approval.quorum ?? 1, groups: approval.groups, expiresAfterMs: approval.expiresAfterMs, requesterAccountId },
    allowSelfApproval: approval.allowSelfApproval ?? false,
  };
}
