import type { RolloutPlan, RolloutStep } from './plan.ts';
import type { RolloutAbilities, RolloutState } from './rollout.ts';

/** Stores round fractions; nobody plans steps this close. */
export const SAME = 1e-6;

const MINUTE_MS = 60_000;

/** Index of the step that this share of users is on, counted from 1: the last one it has come to; 0 before the first. */
export function reachedStep({ plan, abilities }: { plan: RolloutPlan; abilities: RolloutAbilities }, fraction: number): number {
  return percentsOf(plan, abilities).filter((percent) => percent / 100 <= fraction + SAME).length;
}

function percentsOf(plan: RolloutPlan, { rollout }: RolloutAbilities): readonly number[] {
  if (plan.kind === 'immediate') return [100];
  if (rollout.kind === 'phased') return rollout.dailyPercents;
  return plan.kind === 'staged' ? plan.steps.map(({ percent }) => percent) : [];
}

/** The share that comes next, 0 to 1. */
export const nextTarget = (steps: readonly RolloutStep[], fraction: number): number =>
  (steps.find(({ percent }) => percent / 100 > fraction + SAME)?.percent ?? 100) / 100;

/** When the next step's time has come; null = when a person says so. What stands below the first step stays there as long as on it. */
export function stepDueAt(
  steps: readonly RolloutStep[],
  { step, stepReachedAt }: Pick<RolloutState, 'step' | 'stepReachedAt'>,
): Date | null {
  const current = steps[Math.max(step, 1) - 1];
  if (stepReachedAt === null || current === undefined || current.waitMinutes === null) return null;
  return new Date(stepReachedAt.getTime() + current.waitMinutes * MINUTE_MS);
}

/** The share of users that the version is submitted for, 0 to 1. */
export const firstTarget = (plan: RolloutPlan): number => (plan.kind === 'staged' ? (plan.steps[0]?.percent ?? 100) / 100 : 1);

/** What a submission says of its first users: gradually to this share, or null = to everybody at once. Stores with days of their own take theirs. */
export function gradually(plan: RolloutPlan, { rollout }: RolloutAbilities): { fraction: number } | null {
  if (plan.kind === 'immediate') return null;
  const fraction = rollout.kind === 'phased' ? (rollout.dailyPercents[0] ?? 100) / 100 : firstTarget(plan);
  return fraction < 1 ? { fraction } : null;
}
