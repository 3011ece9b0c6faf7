/**
 * The two-sample rank test of Mann and Whitney (1947) in its large-sample form, with the interval that belongs to it: Hollander and Wolfe,
 * "Nonparametric Statistical Methods", chapter 4 (the test, the estimator of Hodges and Lehmann, the interval of Moses). None of them assumes
 * anything about the shape of the distributions, and outliers weigh no more than any other point. Checked in the tests against worked examples
 * of R's `wilcox.test`, of SciPy's `mannwhitneyu` and of the NAG library's g07eb and g08am.
 */
export interface Comparison {
  /** U of the canary: in how many pairs of a canary and a baseline point the canary's is higher; an equal pair counts half. */
  u: number;
  /**
   * U in standard deviations from what equal samples give, above 0 where the canary is higher. The variance is corrected for ties and the
   * distance for continuity (half a pair towards 0); 0 where all points are equal.
   */
  z: number;
  /** Hodges and Lehmann's estimate of the shift from baseline to canary: the median of the differences of all pairs, in the metric's unit. */
  shift: number;
  /**
   * The interval of the shift at the confidence asked for, both ends differences of pairs. Its width ignores ties, which makes it wider than
   * it had to be, never narrower; infinite where the samples are too small for the confidence.
   */
  lower: number;
  upper: number;
}

/**
 * Compares two samples of finite numbers, in any order; swapped, they give the same shift and interval with all signs changed, to the last bit.
 * The m · n pairs are never held: beyond sorting, it goes through both samples a bounded number of times.
 *
 * @param criticalValue quantile of the standard normal distribution that belongs to the confidence of the two-sided interval: 1.96 for 95 %
 * @throws RangeError for an empty sample or a number that is not finite
 */
export function compareSamples(canary: readonly number[], baseline: readonly number[], criticalValue: number): Comparison {
  const ours = sorted(canary);
  const theirs = sorted(baseline);
  const pairs = ours.length * theirs.length;
  const u = pairsWon(ours, theirs);
  const deviation = Math.sqrt((pairs * (ours.length + theirs.length + 1)) / 12);
  const rank = Math.floor(pairs / 2 + 0.5 - criticalValue * deviation);
  const nth = (k: number) => nthDifference(ours, theirs, k);
  return {
    u,
    z: standardised(u, ours, theirs),
    shift: mean(nth(Math.ceil(pairs / 2)), nth(Math.floor(pairs / 2) + 1)),
    lower: rank < 1 ? Number.NEGATIVE_INFINITY : nth(rank),
    upper: rank < 1 ? Number.POSITIVE_INFINITY : nth(pairs + 1 - rank),
  };
}

/** Halved first, so that no sum is too large; equal numbers are not halved, for the smallest has no half. */
const mean = (one: number, other: number) => (one === other ? one : one / 2 + other / 2);

function sorted(sample: readonly number[]): Float64Array {
  if (sample.length === 0) throw new RangeError('a sample is empty');
  if (!sample.every(Number.isFinite)) throw new RangeError('a sample holds what is no finite number');
  return Float64Array.from(sample).sort();
}

function pairsWon(canary: Float64Array, baseline: Float64Array): number {
  let won = 0;
  let below = 0;
  let notAbove = 0;
  for (const value of canary) {
    while (below < baseline.length && at(baseline, below) < value) below += 1;
    while (notAbove < baseline.length && at(baseline, notAbove) <= value) notAbove += 1;
    won += (below + notAbove) / 2;
  }
  return won;
}

function standardised(u: number, canary: Float64Array, baseline: Float64Array): number {
  const total = canary.length + baseline.length;
  const pairs = canary.length * baseline.length;
  const variance = (pairs / 12) * (total + 1 - tieTerm(canary, baseline) / (total * (total - 1)));
  const distance = u - pairs / 2;
  // Where all points are equal the variance is 0, up to rounding.
  if (distance === 0 || variance <= 0) return 0;
  return (distance - Math.sign(distance) / 2) / Math.sqrt(variance);
}

/** Σ(t³ − t) over the groups of t equal points in both samples together. */
function tieTerm(canary: Float64Array, baseline: Float64Array): number {
  const pooled = Float64Array.from([...canary, ...baseline]).sort();
  let term = 0;
  for (let first = 0; first < pooled.length; ) {
    let end = first + 1;
    while (end < pooled.length && at(pooled, end) === at(pooled, first)) end += 1;
    const size = end - first;
    term += size ** 3 - size;
    first = end;
  }
  return term;
}

/**
 * The k-th smallest (from 1) of the differences canary − baseline of all pairs, exactly. It lies between two of them, `low` and `high`; the
 * differences around the middle of these are the next two, until they are one.
 */
function nthDifference(canary: Float64Array, baseline: Float64Array, k: number): number {
  let low = difference(at(canary, 0), at(baseline, baseline.length - 1));
  let high = difference(at(canary, canary.length - 1), at(baseline, 0));
  while (low < high) {
    const middle = low / 2 + high / 2;
    // Between neighbouring numbers of the machine there is no middle.
    const { count, last, next } = splitDifferences(canary, baseline, middle > low && middle < high ? middle : low);
    if (count >= k) high = last;
    else low = next;
  }
  // No negative zero.
  return low + 0;
}

/**
 * How many differences do not exceed the limit, the last of these and the next beyond. Both samples ascend, so the first baseline point that is
 * near enough only moves up.
 */
function splitDifferences(canary: Float64Array, baseline: Float64Array, limit: number): { count: number; last: number; next: number } {
  const split = { count: 0, last: Number.NEGATIVE_INFINITY, next: Number.POSITIVE_INFINITY };
  let first = 0;
  for (const value of canary) {
    while (first < baseline.length && difference(value, at(baseline, first)) > limit) first += 1;
    split.count += baseline.length - first;
    if (first < baseline.length) split.last = Math.max(split.last, difference(value, at(baseline, first)));
    if (first > 0) split.next = Math.min(split.next, difference(value, at(baseline, first - 1)));
  }
  return split;
}

/** One that no finite number can hold is cut off. */
const difference = (one: number, other: number) => Math.min(Math.max(one - other, -Number.MAX_VALUE), Number.MAX_VALUE);

/** The callers keep within the array. */
const at = (values: Float64Array, index: number): number => values[index] ?? Number.NaN;
