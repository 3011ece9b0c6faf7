import { validateMetrics } from '../analysis/validate-metrics.ts';
import type { Problem } from '../release/problem.ts';
import type { AnalysisPlan } from './analysis-plan.ts';

const SECOND_MS = 1000;
const MAX_DEADLINE_MS = 30 * 24 * 3600 * SECOND_MS;

/** What is wrong with an analysis, wherever it stands. Fields are JSON pointers into it. */
export function validateAnalysis({ metrics, inconclusiveDeadlineMs }: AnalysisPlan): Problem[] {
  return [
    ...validateMetrics(metrics).map((problem) => ({ ...problem, field: `/metrics${problem.field}` })),
    ...metrics.flatMap(({ query }, index) => queryProblems(`/metrics/${index}/query`, query)),
    ...durationProblems('/inconclusiveDeadlineMs', inconclusiveDeadlineMs, SECOND_MS, MAX_DEADLINE_MS),
  ];
}

export const queryProblems = (field: string, query: unknown): Problem[] =>
  typeof query === 'string' && query.trim() !== '' ? [] : [{ field, message: 'must be a query of the metrics source' }];

export function durationProblems(field: string, ms: number, least: number, most: number): Problem[] {
  if (Number.isInteger(ms) && ms >= least && ms <= most) return [];
  return [{ field, message: `must be a whole number of milliseconds from ${least} to ${most}` }];
}
