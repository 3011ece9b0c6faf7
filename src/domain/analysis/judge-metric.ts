import { type Measurement, type Outcome, outcomes } from './measurement.ts';
import type { MetricDefinition } from './metric.ts';

/**
 * From the worst to the best. What failed has evidence against it, and no measurement still to come can take that back; what is in error or
 * inconclusive needs a person; what is running needs time.
 */
export const verdicts = ['failed', 'error', 'inconclusive', 'running', 'successful'] as const;
export type Verdict = (typeof verdicts)[number];

/** What is known of one metric when it is looked at. */
export interface MetricSituation {
  /** When its analysis began. */
  startedAt: Date;
  /** All of them, in any order: they count in the order in which they were taken. */
  measurements: readonly Measurement[];
  now: Date;
}

export interface MetricStanding {
  verdict: Verdict;
  /** A part of a sentence for people: what the verdict rests on. */
  reason: string;
  /** How many measurements of each outcome were counted. */
  counts: Readonly<Record<Outcome, number>>;
  /** When to measure next; it may be past, then it is due. null = nothing is measured any more. */
  nextMeasurementAt: Date | null;
  /** When measuring ends by itself; null = with the number of measurements. */
  endsAt: Date | null;
}

/**
 * The verdict on one metric. A function of the measurements alone: however they were grouped, and in whatever order they arrived, it is the
 * same. A failure in place of a success never makes it better, and once it is not running, nothing measured later does: what was measured after
 * the end does not count, good or bad.
 *
 * Running metrics end: each interval brings a measurement that counts, or an error, and errors in a row have their limit.
 */
export function judgeMetric(metric: MetricDefinition, situation: MetricSituation): MetricStanding {
  const endsAt = endOf(metric, situation.startedAt);
  const counted = countedOf(metric, endsAt, situation.measurements);
  const counts = countOutcomes(counted);
  const ended = hasEnded(metric, counts, endsAt, situation.now);
  const { verdict, reason } = decide(metric, counted, counts, ended);
  const nextMeasurementAt = verdict === 'running' ? nextAfter(metric, situation, endsAt) : null;
  return { verdict, reason, counts, nextMeasurementAt, endsAt };
}

/** When a running metric has to be looked at again: for its next measurement, or because its time is up. null = never. */
export const nextLookAt = ({ verdict, nextMeasurementAt, endsAt }: MetricStanding): Date | null =>
  verdict === 'running' ? (nextMeasurementAt ?? endsAt) : null;

function endOf({ until, initialDelayMs }: MetricDefinition, startedAt: Date): Date | null {
  return until.kind === 'time' ? new Date(startedAt.getTime() + initialDelayMs + until.ms) : null;
}

/** Those up to the end, in the order in which they were taken. */
function countedOf({ until }: MetricDefinition, endsAt: Date | null, measurements: readonly Measurement[]): Measurement[] {
  const ordered = [...measurements].sort(inOrder);
  if (until.kind === 'time') return ordered.filter(({ takenAt }) => endsAt === null || takenAt <= endsAt);
  let taken = 0;
  return ordered.filter(({ outcome }) => {
    const counts = taken < until.count;
    if (outcome !== 'error') taken += 1;
    return counts;
  });
}

/** Two of one instant have an order too, or arriving the other way round would tell them apart. */
const inOrder = (a: Measurement, b: Measurement) =>
  a.takenAt.getTime() - b.takenAt.getTime() || outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome);

function countOutcomes(measurements: readonly Measurement[]): Record<Outcome, number> {
  const counts = { success: 0, failure: 0, inconclusive: 0, error: 0 };
  for (const { outcome } of measurements) counts[outcome] += 1;
  return counts;
}

function hasEnded({ until }: MetricDefinition, counts: Record<Outcome, number>, endsAt: Date | null, now: Date): boolean {
  if (until.kind === 'time') return endsAt !== null && now >= endsAt;
  return counts.success + counts.failure + counts.inconclusive >= until.count;
}

function decide(
  metric: MetricDefinition,
  counted: readonly Measurement[],
  counts: Record<Outcome, number>,
  ended: boolean,
): Pick<MetricStanding, 'verdict' | 'reason'> {
  const { failureLimit, inconclusiveLimit, consecutiveErrorLimit } = metric;
  if (counts.failure > failureLimit)
    return { verdict: 'failed', reason: beyond(counts.failure, 'failed', failureLimit, counted, 'failure') };
  if (longestErrorRun(counted) >= consecutiveErrorLimit) {
    return { verdict: 'error', reason: `${consecutiveErrorLimit} errors in a row; the last was: ${lastReason(counted, 'error')}` };
  }
  if (counts.inconclusive > inconclusiveLimit) {
    const reason = beyond(counts.inconclusive, 'inconclusive', inconclusiveLimit, counted, 'inconclusive');
    return { verdict: 'inconclusive', reason };
  }
  const samples = counts.success + counts.failure;
  const needed = Math.max(1, metric.minSamples);
  if (!ended) return { verdict: 'running', reason: `${samples} measured` };
  if (samples < needed) return { verdict: 'inconclusive', reason: `${samples} measured, and ${needed} are needed` };
  return { verdict: 'successful', reason: `${counts.success} of ${samples} succeeded` };
}

const beyond = (count: number, what: string, limit: number, counted: readonly Measurement[], outcome: Outcome) =>
  `${count} ${what}, and ${limit} may be; the last was: ${lastReason(counted, outcome)}`;

const lastReason = (counted: readonly Measurement[], outcome: Outcome) =>
  counted.findLast((measurement) => measurement.outcome === outcome)?.reason ?? 'unknown';

function longestErrorRun(ordered: readonly Measurement[]): number {
  let longest = 0;
  let current = 0;
  for (const { outcome } of ordered) {
    current = outcome === 'error' ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

/** An interval after the last one was taken: a worker that was away measures once, not once for each interval it missed. */
function nextAfter(
  { intervalMs, initialDelayMs }: MetricDefinition,
  { startedAt, measurements }: MetricSituation,
  endsAt: Date | null,
): Date | null {
  const last = measurements.reduce((latest, { takenAt }) => Math.max(latest, takenAt.getTime()), Number.NEGATIVE_INFINITY);
  const next = new Date(last === Number.NEGATIVE_INFINITY ? startedAt.getTime() + initialDelayMs : last + intervalMs);
  return endsAt !== null && next > endsAt ? null : next;
}
