import type { AnalysisPlan } from '../deployment/analysis-plan.ts';

/** How a store release reaches everybody. Frozen into the release; people may halt, resume, advance and complete it. */
export type RolloutPlan =
  /** To everybody at once. */
  | { kind: 'immediate' }
  /** In the store's own days, each of which is looked at like a step. */
  | ({ kind: 'phased'; analysis?: AnalysisPlan | null | undefined } & Measured)
  /** In steps of ours; the last is 100. */
  | ({ kind: 'staged'; steps: readonly RolloutStep[] } & Measured);

export interface RolloutStep {
  /** Of the users, 0 < percent ≤ 100, growing from step to step. */
  percent: number;
  /** How long it stays there, minutes; null = until a person advances it. The last step's is not looked at. */
  waitMinutes: number | null;
  /** Begins when the share is reached, and must have passed before the next; absent or null = time alone decides. The last step has none. */
  analysis?: AnalysisPlan | null | undefined;
}

interface Measured {
  /** A connection of the category `monitoring`, which analyses need. */
  metrics?: { integrationId: string } | null | undefined;
}

/** Each analysis of a plan, with where it stands there. */
export function analysesIn(plan: RolloutPlan): { field: string; analysis: AnalysisPlan }[] {
  const found =
    plan.kind === 'staged'
      ? plan.steps.map(({ analysis }, index) => ({ field: `/steps/${index}/analysis`, analysis }))
      : plan.kind === 'phased'
        ? [{ field: '/analysis', analysis: plan.analysis }]
        : [];
  return found.flatMap(({ field, analysis }) => (analysis === null || analysis === undefined ? [] : [{ field, analysis }]));
}

/** The connection that its analyses are measured by; null = it names none. */
export const metricsOf = (plan: RolloutPlan): string | null => (plan.kind === 'immediate' ? null : (plan.metrics?.integrationId ?? null));
