import type { AnalysisPlan, JudgePlan } from '../analysis-plan.ts';
import type { RolloutProgram } from './program.ts';
import { isOver, type ServiceRolloutState } from './rollout.ts';
import type { ServiceRolloutSituation } from './situation.ts';

/* Which analyses count at the moment, and what they say together. */

export type WantedAnalysis = { key: string } & ({ kind: 'analysis'; plan: AnalysisPlan } | { kind: 'judge'; plan: JudgePlan });

/** What is to be measured now. Looking is no act: a run that has begun is found by its key. */
export function analysesOf(program: RolloutProgram, state: ServiceRolloutState): WantedAnalysis[] {
  if (isOver(state) || state.status === 'ABORTING') return [];
  const wanted = ofStep(program, state);
  const isBeside = program.background !== null && state.exposedAt !== null && state.phase !== 'DRAINING' && state.phase !== 'REMOVING';
  if (isBeside && program.background !== null) {
    wanted.push({ key: backgroundKey(state), kind: 'analysis', plan: program.background });
  }
  return wanted;
}

export const backgroundKey = ({ background }: ServiceRolloutState) => `background-${background.run}`;
export const stepKey = (step: number) => `step-${step + 1}`;

function ofStep({ steps }: RolloutProgram, { step: index, healthyAt }: ServiceRolloutState): WantedAnalysis[] {
  const step = steps[index];
  if (healthyAt === null || step === undefined) return [];
  if (step.do === 'analysis') return [{ key: stepKey(index), kind: 'analysis', plan: step.analysis }];
  return step.do === 'judge' ? [{ key: stepKey(index), kind: 'judge', plan: step.judge }] : [];
}

/** The first that failed, in words. */
export function failedAnalysis({ program, state, analyses }: ServiceRolloutSituation): string | null {
  for (const { key } of analysesOf(program, state)) {
    const seen = analyses.get(key);
    if (seen?.verdict === 'failed') return `the analysis ${key} failed: ${seen.reason}`;
  }
  return null;
}

/** Those without evidence, and when that becomes a reason to take the new version back. A person who promotes goes without the one beside the steps. */
export function withoutEvidence({ program, state, analyses }: ServiceRolloutSituation): { deadlineMs: number; why: string } | null {
  const lacking = analysesOf(program, state).flatMap(({ key, plan }) => {
    const seen = analyses.get(key);
    if (seen?.verdict !== 'inconclusive' && seen?.verdict !== 'error') return [];
    if (state.wanted === 'PROMOTE' && key === backgroundKey(state)) return [];
    return [{ deadlineMs: plan.inconclusiveDeadlineMs, why: `the analysis ${key} has no evidence: ${seen.reason}` }];
  });
  const [first] = lacking;
  return first === undefined ? null : { ...first, deadlineMs: Math.min(...lacking.map(({ deadlineMs }) => deadlineMs)) };
}
