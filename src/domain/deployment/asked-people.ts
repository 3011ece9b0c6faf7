import { type ApprovalRules, plainRules } from '../gates/approval-rules.ts';
import { defaultPipeline } from './default-pipeline.ts';
import type { PipelineBody } from './pipeline.ts';
import type { EnvironmentTier } from './vocabulary.ts';

/** Whom a deployment asks. Production asks somebody even where its environment names no rules. */
export const approvalRulesOf = (environment: { tier: EnvironmentTier; approval: ApprovalRules | null }): ApprovalRules | null =>
  environment.approval ?? (environment.tier === 'production' ? plainRules : null);

/** An environment that wants approval gets it, whatever the pipeline says: last in PREFLIGHT where no stage asks. */
export function withApproval(pipeline: PipelineBody, rules: ApprovalRules | null): PipelineBody {
  const asks = pipeline.stages.some(({ tasks }) => tasks.some(({ type }) => type === 'APPROVE_DEPLOYMENT'));
  if (rules === null || asks) return pipeline;
  const gate = defaultPipeline.stages[0]?.tasks.find(({ type }) => type === 'APPROVE_DEPLOYMENT');
  if (gate === undefined) throw new Error('the default pipeline asks nobody');
  return {
    ...pipeline,
    stages: pipeline.stages.map((stage) =>
      stage.key === 'PREFLIGHT'
        ? { ...stage, tasks: [...stage.tasks, { ...gate, key: 'ASK_PEOPLE', dependsOn: stage.tasks.map(({ key }) => key) }] }
        : stage,
    ),
  };
}
