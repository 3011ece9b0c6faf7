import type { Problem } from '../release/problem.ts';
import type { RolloutPlan, RolloutStep } from './plan.ts';

const MAX_STEPS = 20;
/** Longer than this nobody waits on one step; a misplaced digit does. */
const MAX_WAIT_MINUTES = 90 * 24 * 60;

/**
 * What is wrong with a plan at a store that takes any share of the users (`staged`) or has days of its own (`phased`). Fields are JSON
 * pointers into the plan.
 */
export function validatePlan(plan: RolloutPlan, store: 'staged' | 'phased'): Problem[] {
  switch (plan.kind) {
    case 'immediate':
      return [];
    case 'phased':
      return store === 'phased' ? [] : [{ field: '/kind', message: 'must be immediate or staged: the store has no days of its own' }];
    case 'staged':
      return [
        ...(store === 'staged' ? [] : [{ field: '/kind', message: 'must be immediate or phased: the store takes no shares of ours' }]),
        ...stepProblems(plan.steps),
      ];
    default:
      return plan satisfies never;
  }
}

function stepProblems(steps: readonly RolloutStep[]): Problem[] {
  const problems: Problem[] = [];
  const last = steps.at(-1);
  if (last === undefined || steps.length > MAX_STEPS) problems.push({ field: '/steps', message: `must be 1 to ${MAX_STEPS} steps` });
  steps.forEach(({ percent, waitMinutes }, index) => {
    const field = `/steps/${index}/percent`;
    const before = index === 0 ? 0 : (steps[index - 1]?.percent ?? 0);
    if (!(percent > 0 && percent <= 100)) problems.push({ field, message: 'must be above 0 and at most 100' });
    else if (percent <= before) problems.push({ field, message: 'must be above that of the step before' });
    if (waitMinutes !== null && !(waitMinutes >= 0 && waitMinutes <= MAX_WAIT_MINUTES)) {
      problems.push({ field: `/steps/${index}/waitMinutes`, message: `must be 0 to ${MAX_WAIT_MINUTES}, or null` });
    }
  });
  if (last !== undefined && last.percent !== 100)
    problems.push({ field: `/steps/${steps.length - 1}/percent`, message: 'must be 100: it is the last' });
  return problems;
}
