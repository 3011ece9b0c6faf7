import type { Problem } from '../release/problem.ts';
import { type Condition, type MetricDefinition, meets } from './metric.ts';

const SECOND_MS = 1000;
const DAY_MS = 24 * 3600 * SECOND_MS;
const MAX_METRICS = 50;
/** What is kept of each metric, and shown, grows with it. */
const MAX_MEASUREMENTS = 1000;
const MAX_ERRORS_IN_A_ROW = 100;
/** Nobody stands on one step of a rollout for longer; a misplaced digit does. */
const MAX_LENGTH_MS = 30 * DAY_MS;

/**
 * What is wrong with the metrics of an analysis. Fields are JSON pointers into the list. Besides numbers that mean nothing, it refuses metrics
 * that can never fail or never succeed: they would look like checks.
 */
export function validateMetrics(metrics: readonly MetricDefinition[]): Problem[] {
  const problems: Problem[] = [];
  if (metrics.length < 1 || metrics.length > MAX_METRICS) problems.push({ field: '', message: `must be 1 to ${MAX_METRICS} metrics` });
  const seen = new Set<string>();
  metrics.forEach((metric, index) => {
    if (metric.name.trim() === '') problems.push({ field: `/${index}/name`, message: 'must not be empty' });
    else if (seen.has(metric.name)) problems.push({ field: `/${index}/name`, message: 'must not be that of another metric' });
    seen.add(metric.name);
    problems.push(...metricProblems(metric).map(({ field, message }) => ({ field: `/${index}${field}`, message })));
  });
  return problems;
}

function metricProblems(metric: MetricDefinition): Problem[] {
  const { until, successCondition, failureCondition } = metric;
  const numbers = [
    between('/intervalMs', metric.intervalMs, SECOND_MS, DAY_MS),
    between('/initialDelayMs', metric.initialDelayMs, 0, DAY_MS),
    until.kind === 'count'
      ? between('/until/count', until.count, 1, MAX_MEASUREMENTS)
      : between('/until/ms', until.ms, SECOND_MS, MAX_LENGTH_MS),
    between('/failureLimit', metric.failureLimit, 0, MAX_MEASUREMENTS),
    between('/inconclusiveLimit', metric.inconclusiveLimit, 0, MAX_MEASUREMENTS),
    between('/consecutiveErrorLimit', metric.consecutiveErrorLimit, 1, MAX_ERRORS_IN_A_ROW),
    between('/minSamples', metric.minSamples, 1, MAX_MEASUREMENTS),
    finite('/successCondition/threshold', successCondition.threshold),
    failureCondition === null ? null : finite('/failureCondition/threshold', failureCondition.threshold),
  ].filter((problem) => problem !== null);
  // Of numbers that mean nothing, nothing follows.
  return numbers.length > 0 ? numbers : contradictions(metric);
}

function between(field: string, value: number, least: number, most: number): Problem | null {
  if (Number.isInteger(value) && value >= least && value <= most) return null;
  return { field, message: `must be a whole number from ${least} to ${most}` };
}

const finite = (field: string, value: number): Problem | null =>
  Number.isFinite(value) ? null : { field, message: 'must be a finite number' };

function contradictions(metric: MetricDefinition): Problem[] {
  const { intervalMs, until, failureLimit, minSamples, consecutiveErrorLimit, successCondition, failureCondition } = metric;
  const problems: Problem[] = [];
  // One at the very start and one at the very end would be one more, but no worker comes on the millisecond.
  const measurements = until.kind === 'count' ? until.count : Math.max(1, Math.floor(until.ms / intervalMs));
  if (until.kind === 'time' && measurements > MAX_MEASUREMENTS) {
    problems.push({ field: '/intervalMs', message: `must leave at most ${MAX_MEASUREMENTS} measurements until it ends` });
  }
  // Errors are not counted, so at worst each measurement that is comes after all but one of the errors that end it.
  if (until.kind === 'count' && until.count * consecutiveErrorLimit * intervalMs > MAX_LENGTH_MS) {
    problems.push({
      field: '/until/count',
      message: `must be reached within ${MAX_LENGTH_MS / DAY_MS} days, whatever errors come between`,
    });
  }
  if (failureLimit >= measurements) {
    problems.push({ field: '/failureLimit', message: `must be below ${measurements}, the number of measurements: it could never fail` });
  }
  if (minSamples > measurements) {
    problems.push({ field: '/minSamples', message: `must be at most ${measurements}, the number of measurements: it could never succeed` });
  }
  if (failureCondition !== null && overlap(successCondition, failureCondition)) {
    problems.push({ field: '/failureCondition', message: 'must hold for no value that is a success' });
  }
  return problems;
}

/** Comparisons change only at their thresholds, so these values stand for all there are. */
function overlap(one: Condition, other: Condition): boolean {
  const least = Math.min(one.threshold, other.threshold);
  const most = Math.max(one.threshold, other.threshold);
  const values = [-Number.MAX_VALUE, least, least / 2 + most / 2, most, Number.MAX_VALUE];
  return values.some((value) => meets(value, one) && meets(value, other));
}
