import { type Comparison, compareSamples } from './mann-whitney.ts';

/** Which change of a metric is bad. */
export type Direction = 'increase' | 'decrease' | 'either';

/**
 * What becomes of points without a value. `remove`: nothing was measured then. `replace`: nothing happened then, so it was 0, as with a counter
 * of errors that shows nothing while there are none. An infinite value is always removed: what divides by zero was measured, and is not 0.
 */
export type MissingPoints = 'remove' | 'replace';

/** What the judge reads of a metric to compare its samples. */
export interface ClassifiedMetric {
  direction: Direction;
  missing: MissingPoints;
}

/** One point of a series, in the metric's unit; null and NaN = the provider had no value for that instant. */
export type Point = number | null;

/** The same metric over the same time, of the new version and of a fresh baseline of the old one. */
export interface Samples {
  canary: readonly Point[];
  baseline: readonly Point[];
}

/** HIGH and LOW: the canary is significantly above or below the baseline, in a direction that is bad. NODATA: too little to tell. */
export type Classification = 'PASS' | 'HIGH' | 'LOW' | 'NODATA';

export interface ClassifiedSamples {
  classification: Classification;
  /** null = there was nothing to compare. */
  comparison: Comparison | null;
  /** How many points of each sample were compared, or would have been. */
  points: { canary: number; baseline: number };
  /** A part of a sentence for people. */
  reason: string;
}

/** Fewer points than this in either sample say too little. */
export const MIN_POINTS = 50;

/** Of the two-sided interval: one comparison in fifty of equal versions lies outside it. */
const CONFIDENCE_PERCENT = 98;

/** The 99 % quantile of the standard normal distribution: 1 % lies beyond each end of the interval. */
const CRITICAL_VALUE = 2.3263478740408408;

/** A part of the estimated shift; see `classify`. */
const TOLERANCE = 0.25;

/**
 * Says whether the canary differs from the baseline, in the manner of the judge that Kayenta describes publicly (the classifier of
 * NetflixACAJudge): HIGH when the whole 98 % interval of the shift lies above `tolerance × |estimated shift|`, LOW when all of it lies below
 * the negative of that, else PASS. So the tolerance asks for evidence, not for size: even the end of the interval that is nearest to zero must
 * keep a quarter of the shift. It refers to the shift and not to the baseline's level, hence swapping the samples swaps HIGH and LOW, and the
 * unit of the metric plays no part.
 *
 * Where many points are equal, as in counts of errors, the shift of the middle pair is often 0 however many more the canary has. So the test
 * itself also decides, with the same demand in its own terms: HIGH or LOW when z, less the tolerance, exceeds the critical value.
 *
 * NODATA when a sample has no value at all, whatever is done about missing points (a canary without traffic shows exactly that), or has fewer
 * than 50 points afterwards.
 */
export function classify({ direction, missing }: ClassifiedMetric, samples: Samples): ClassifiedSamples {
  const canary = present(samples.canary, missing);
  const baseline = present(samples.baseline, missing);
  const points = { canary: canary.length, baseline: baseline.length };
  const lacking = [lack('canary', canary.length), lack('baseline', baseline.length)].filter((text) => text !== null);
  if (lacking.length > 0) return { classification: 'NODATA', comparison: null, points, reason: lacking.join(' and ') };
  const comparison = compareSamples(canary, baseline, CRITICAL_VALUE);
  const classification = significant(comparison, direction);
  return { classification, comparison, points, reason: inWords(classification, comparison, points) };
}

function present(sample: readonly Point[], missing: MissingPoints): number[] {
  const known = sample.filter((point): point is number => point !== null && Number.isFinite(point));
  if (missing === 'remove' || known.length === 0) return known;
  const absent = sample.filter((point) => point === null || Number.isNaN(point)).length;
  return [...known, ...Array.from({ length: absent }, () => 0)];
}

const lack = (whose: string, points: number): string | null =>
  points < MIN_POINTS ? `the ${whose} has ${points} of the ${MIN_POINTS} points needed` : null;

function significant({ z, shift, lower, upper }: Comparison, direction: Direction): Classification {
  const margin = TOLERANCE * Math.abs(shift);
  const evidence = z * (1 - TOLERANCE);
  if (direction !== 'decrease' && (lower > margin || evidence > CRITICAL_VALUE)) return 'HIGH';
  if (direction !== 'increase' && (upper < -margin || evidence < -CRITICAL_VALUE)) return 'LOW';
  return 'PASS';
}

function inWords(classification: Classification, { u, shift, lower, upper }: Comparison, points: ClassifiedSamples['points']): string {
  const share = brief((100 * u) / (points.canary * points.baseline));
  const found = `above it in ${share} % of the pairs, shifted by ${brief(shift)} (${CONFIDENCE_PERCENT} %: ${brief(lower)} to ${brief(upper)})`;
  if (classification === 'PASS') return `not significantly worse than the baseline: ${found}`;
  return `significantly ${classification === 'HIGH' ? 'higher' : 'lower'} than the baseline: ${found}`;
}

/** Differences of decimal fractions end in digits that mean nothing. */
const brief = (value: number) => Number(value.toPrecision(4));
