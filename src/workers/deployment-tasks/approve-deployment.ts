import { policyOf, subjectOf } from '../../domain/deployment/deployment-gate.ts';
import { plainRules } from '../../domain/gates/approval-rules.ts';
import { evaluateGate } from '../../domain/gates/evaluate-gate.ts';
import type { DeploymentTaskHandler } from '../deployment-context.ts';
import { remindOfGate } from '../gate-reminders.ts';

/** Waits until people have approved exactly this plan, and reminds them. */
export const approveDeployment: DeploymentTaskHandler = {
  async run({ deployment, services, task, pollMs }) {
    const { environment } = deployment.plan;
    const subject = subjectOf(deployment.plan);
    const policy = policyOf(deployment.plan, deployment.requestedByAccountId);
    const [now, approvals] = await Promise.all([services.records.now(), services.records.approvals(deployment)]);
    const evaluation = evaluateGate([], { policy, approvals, subject }, now);
    const before = (task.output as { askedAt?: string } | null)?.askedAt;
    const askedAt = before === undefined ? now : new Date(before);
    const output = {
      ...{ subject, quorum: policy?.quorum ?? 0, askedAt: askedAt.toISOString() },
      requirements: evaluation.requirements.map((requirement) => ({ ...requirement, checkedAt: requirement.checkedAt.toISOString() })),
    };
    if (evaluation.open) return { kind: 'completed', output };
    const rules = environment.approval ?? plainRules;
    const data = {
      ...{ gate: 'deployment', name: deployment.displayId, missing: evaluation.tally?.evidence ?? '', since: askedAt.toISOString() },
    } as const;
    const untilNext = await remindOfGate(
      rules,
      { askedAt, readAt: now },
      environment.commsConfigId === null
        ? null
        : (notice) => services.records.remindApprovers(deployment, { taskId: task.id, notice, data, escalateTo: rules.escalateTo }),
    );
    return { kind: 'waiting', reason: 'APPROVAL', forMs: untilNext === null ? pollMs : Math.min(pollMs, untilNext), output };
  },
};
