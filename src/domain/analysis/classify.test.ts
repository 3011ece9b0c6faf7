import { describe, expect, it } from 'vitest';
import { classify, type Direction, type MissingPoints, type Point } from './classify.ts';

/** Points that repeat, and differ enough to be compared: 100 to 109. */
const steady = (count: number, by = 0): number[] => Array.from({ length: count }, (_, index) => 100 + (index % 10) + by);
const counts = (zeros: number, ones: number): number[] => [...Array(zeros).fill(0), ...Array(ones).fill(1)];
const of = (canary: readonly Point[], baseline: readonly Point[], direction: Direction = 'either', missing: MissingPoints = 'remove') =>
  classify({ direction, missing }, { canary, baseline });

describe('the classification of a metric', () => {
  it.each([
    ['equal samples pass', steady(60), steady(60), 'either', 'PASS'],
    ['all points equal pass', Array(50).fill(3), Array(80).fill(3), 'either', 'PASS'],
    ['far above is high', steady(60, 50), steady(60), 'either', 'HIGH'],
    ['far below is low', steady(60, -50), steady(60), 'either', 'LOW'],
    ['above is high where an increase is bad', steady(60, 50), steady(60), 'increase', 'HIGH'],
    ['above passes where a decrease is bad', steady(60, 50), steady(60), 'decrease', 'PASS'],
    ['below is low where a decrease is bad', steady(60, -50), steady(60), 'decrease', 'LOW'],
    ['below passes where an increase is bad', steady(60, -50), steady(60), 'increase', 'PASS'],
    ['one constant above another is high', Array(50).fill(7), Array(50).fill(5), 'either', 'HIGH'],
    ['a shift within the noise passes', steady(60, 1), steady(60), 'either', 'PASS'],
    ['one outlier is no shift', [...steady(59), 1e9], steady(60), 'either', 'PASS'],
  ] as const)('%s', (_what, canary, baseline, direction, expected) => {
    expect(of(canary, baseline, direction).classification).toBe(expected);
  });

  it.each([
    ['a shift of which the interval leaves less than a quarter passes', 10, 'PASS'],
    ['one of which it leaves more is high', 14, 'HIGH'],
  ])('the tolerance: %s', (_what, by, expected) => {
    const baseline = Array.from({ length: 60 }, (_, index) => index);
    const canary = baseline.map((point) => point + by);

    const { classification, comparison } = of(canary, baseline);

    expect(comparison).toMatchObject({ shift: by });
    expect(comparison?.lower).toBeGreaterThan(0);
    expect(classification).toBe(expected);
  });

  it('the interval decides, where the test alone would ask for more', () => {
    const { classification, comparison } = of([...Array(17).fill(-1), ...Array(33).fill(100)], Array(50).fill(0));

    expect(comparison).toMatchObject({ shift: 100, lower: 100 });
    expect(comparison?.z).toBeLessThan(3.1);
    expect(classification).toBe('HIGH');
  });

  it('says what it found', () => {
    expect(of(steady(60, 50), steady(60)).reason).toBe(
      'significantly higher than the baseline: above it in 100 % of the pairs, shifted by 50 (98 %: 49 to 51)',
    );
  });
});

describe('counts, of which many are equal', () => {
  it.each([
    ['errors where there were none', counts(35, 15), counts(50, 0), 'HIGH'],
    ['errors gone', counts(50, 0), counts(35, 15), 'LOW'],
    ['six times as many errors', counts(20, 30), counts(45, 5), 'HIGH'],
    ['one error more', counts(49, 1), counts(50, 0), 'PASS'],
  ])('%s', (_what, canary, baseline, expected) => {
    expect(of(canary, baseline).classification).toBe(expected);
  });
});

describe('no data', () => {
  const zeros = Array(60).fill(0);

  it.each([
    ['no points', [], 'the canary has 0 of the 50 points needed'],
    ['49 points', steady(49), 'the canary has 49 of the 50 points needed'],
    ['points without value', Array(60).fill(null), 'the canary has 0 of the 50 points needed'],
    ['NaN', Array(60).fill(Number.NaN), 'the canary has 0 of the 50 points needed'],
    ['infinities', Array(60).fill(Infinity), 'the canary has 0 of the 50 points needed'],
  ])('%s', (_what, canary, reason) => {
    expect(of(canary, steady(60))).toMatchObject({ classification: 'NODATA', comparison: null, reason });
    expect(of(canary, steady(60), 'increase', 'replace').classification).toBe('NODATA');
    expect(of(steady(60), canary).classification).toBe('NODATA');
  });

  it('points without value are removed, or taken for 0, as the metric says', () => {
    const gappy = [...steady(49), null, Number.NaN];

    expect(of(gappy, steady(60)).points).toEqual({ canary: 49, baseline: 60 });
    expect(of(gappy, steady(60), 'either', 'replace').points).toEqual({ canary: 51, baseline: 60 });
    expect(of([5, ...Array(59).fill(null)], zeros, 'increase', 'replace').classification).toBe('PASS');
  });

  it('infinities are never taken for 0', () => {
    expect(of([...steady(49), Infinity, -Infinity], steady(60), 'either', 'replace').points).toEqual({ canary: 49, baseline: 60 });
  });
});
