import { analysisMinimumMs } from '../deployment/analysis-plan.ts';
import { validateAnalysis } from '../deployment/validate-analysis.ts';
import type { Problem } from '../release/problem.ts';
import { analysesIn, metricsOf, type RolloutPlan, type RolloutStep } from './plan.ts';

const MAX_STEPS = 20;
/** Longer than this nobody waits on one step; a misplaced digit does. */
const MAX_WAIT_MINUTES = 90 * 24 * 60;
const DAY_MS = 24 * 60 * 60_000;

/** What queries of an analysis beside a store release may name: `{{version}}`. */
const queryWords: readonly string[] = ['version', 'buildNumber', 'app', 'track', 'target', 'windowSeconds'];

/**
 * What is wrong with a plan at a store that takes any share of the users (`staged`) or has days of its own (`phased`). Fields are JSON
 * pointers into the plan.
 */
export function validatePlan(plan: RolloutPlan, store: 'staged' | 'phased'): Problem[] {
  switch (plan.kind) {
    case 'immediate':
      return [];
    case 'phased':
      return [
        ...(store === 'phased' ? [] : [{ field: '/kind', message: 'must be immediate or staged: the store has no days of its own' }]),
        ...analysisProblems(plan),
        ...dayProblems(plan),
      ];
    case 'staged':
      return [
        ...(store === 'staged' ? [] : [{ field: '/kind', message: 'must be immediate or phased: the store takes no shares of ours' }]),
        ...stepProblems(plan.steps),
        ...analysisProblems(plan),
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
  if (last === undefined) return problems;
  const field = `/steps/${steps.length - 1}`;
  if (last.percent !== 100) problems.push({ field: `${field}/percent`, message: 'must be 100: it is the last' });
  if (last.analysis !== null && last.analysis !== undefined) {
    problems.push({
      field: `${field}/analysis`,
      message: 'must be absent: everybody has it on the last step, and nothing is left to hold back',
    });
  }
  return problems;
}

function analysisProblems(plan: RolloutPlan): Problem[] {
  const analyses = analysesIn(plan);
  const problems = analyses.flatMap(({ field, analysis }) => [
    ...validateAnalysis(analysis).map((problem) => ({ ...problem, field: `${field}${problem.field}` })),
    ...analysis.metrics.flatMap(({ query }, index) => wordProblems(`${field}/metrics/${index}/query`, query)),
  ]);
  if (analyses.length === 0 || metricsOf(plan) !== null) return problems;
  return [
    ...problems,
    { field: '/metrics', message: 'must name a connection of the category monitoring: the analyses are measured by it' },
  ];
}

/** What nobody replaces would match no series, and look like a version without traffic. */
function wordProblems(field: string, query: unknown): Problem[] {
  const unknown = [...String(query).matchAll(/\{\{\s*(\w+)\s*\}\}/g)].flatMap(([, name = '']) => (queryWords.includes(name) ? [] : [name]));
  if (unknown.length === 0) return [];
  const known = queryWords.map((name) => `{{${name}}}`).join(', ');
  return [{ field, message: `names {{${unknown[0]}}}, which a store release does not have; it has ${known}` }];
}

/** The store's next day begins whatever was measured: what takes longer never comes to an end. */
function dayProblems({ analysis }: Extract<RolloutPlan, { kind: 'phased' }>): Problem[] {
  if (analysisMinimumMs(analysis) < DAY_MS) return [];
  return [{ field: '/analysis', message: 'must take less than a day: it begins anew on each day of the store' }];
}
