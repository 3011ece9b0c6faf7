import { describe, expect, it } from 'vitest';
import { compareSamples } from './mann-whitney.ts';

const PERCENT_95 = 1.959963984540054;

const numbers = (text: string) => text.trim().split(/\s+/).map(Number);

/** Two-sided probability of a z at least this far from 0: twice the tail of the normal density, by Simpson's rule. */
function probability(z: number): number {
  const steps = 20_000;
  const [from, width] = [Math.abs(z), 12 / steps];
  let sum = 0;
  for (let step = 0; step <= steps; step += 1) {
    const factor = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2;
    sum += factor * Math.exp(-((from + step * width) ** 2) / 2);
  }
  return (2 * sum * width) / 3 / Math.sqrt(2 * Math.PI);
}

describe('published worked examples', () => {
  it('SciPy, mannwhitneyu: age at diagnosis of diabetes', () => {
    const { u, z } = compareSamples([19, 22, 16, 29, 24], [20, 11, 17, 12], PERCENT_95);

    expect(u).toBe(17);
    expect(probability(z)).toBeCloseTo(0.11134688653314041, 9);
  });

  it('R, wilcox.test: ozone in May and August of airquality, with ties', () => {
    const may = numbers('41 36 12 18 28 23 19 8 7 16 11 14 18 14 34 6 30 11 1 11 4 32 23 45 115 37');
    const august = numbers('39 9 16 78 35 66 122 89 110 44 28 65 22 59 23 31 44 21 9 45 168 73 76 118 84 85');

    const { u, z, shift, lower, upper } = compareSamples(may, august, PERCENT_95);

    expect(u).toBe(127.5);
    expect(probability(z)).toBeCloseTo(0.0001208, 7);
    // R finds roots, here at -52.99996, -31.99996 and -14.99998.
    expect([lower, shift, upper]).toEqual([-53, -32, -15]);
  });

  it('R, wilcox.test: miles per gallon by transmission in mtcars, with ties', () => {
    const automatic = numbers('21.4 18.7 18.1 14.3 24.4 22.8 19.2 17.8 16.4 17.3 15.2 10.4 10.4 14.7 21.5 15.5 15.2 13.3 19.2');
    const manual = numbers('21 21 22.8 32.4 30.4 33.9 27.3 26 30.4 15.8 19.7 15 21.4');

    const { u, z, shift } = compareSamples(automatic, manual, PERCENT_95);

    expect(u).toBe(42);
    expect(probability(z)).toBeCloseTo(0.001871391, 8);
    expect(shift).toBeCloseTo(-6.8, 9);
  });

  it('NAG, g08am: two groups of 16 and 23 with many ties', () => {
    const first = numbers('13 6 12 7 12 7 10 7 10 7 16 7 10 8 9 8');
    const second = numbers('17 6 10 8 15 8 15 10 15 10 14 10 14 11 14 11 13 12 13 12 13 12 12');

    const { u, z } = compareSamples(first, second, PERCENT_95);

    expect(u).toBe(86);
    expect(z).toBeCloseTo(-2.8039, 4);
  });

  it('NAG, g07eb: the shift between 50 and 100 points, with its interval', () => {
    const before = numbers(`
      -0.582 0.157 -0.523 -0.769 2.338 1.664 -0.981 1.549 1.131 -0.460 -0.484 1.932 0.306 -0.602 -0.979 0.132 0.256 -0.094 1.065 -1.084
      -0.969 -0.524 0.239 1.512 -0.782 -0.252 -1.163 1.376 1.674 0.831 1.478 -1.486 -0.808 -0.429 -2.002 0.482 -1.584 -0.105 0.429 0.568
      0.944 2.558 -1.801 0.242 0.763 -0.461 -1.497 -1.353 0.301 1.941`);
    const after = numbers(`
      1.995 0.007 0.997 1.089 2.004 0.171 0.294 2.448 0.214 0.773 2.960 0.025 0.638 0.937 -0.568 -0.711 0.931 2.601 1.121 -0.251
      -0.050 1.341 2.282 0.745 1.633 0.944 2.370 0.293 0.895 0.938 0.199 0.812 1.253 0.590 1.522 -0.685 1.259 0.571 1.579 0.568
      0.381 0.829 0.277 0.656 2.497 1.779 1.922 -0.174 2.132 2.793 0.102 1.569 1.267 0.490 0.077 1.366 0.056 0.605 0.628 1.650
      0.104 2.194 2.869 -0.171 -0.598 2.134 0.917 0.630 0.209 1.328 0.368 0.756 2.645 1.161 0.347 0.920 1.256 -0.052 1.474 0.510
      1.386 3.550 1.392 -0.358 1.938 1.727 -0.372 0.911 0.499 0.066 1.467 1.898 1.145 0.501 2.230 0.212 0.536 1.690 1.086 0.494`);

    const { shift, lower, upper } = compareSamples(after, before, PERCENT_95);

    expect(shift).toBeCloseTo(0.9505, 9);
    expect(lower).toBeCloseTo(0.565, 9);
    expect(upper).toBeCloseTo(1.305, 9);
  });
});

describe('samples that are no textbook example', () => {
  it('all points equal: nothing differs', () => {
    expect(compareSamples(Array(60).fill(7), Array(70).fill(7), PERCENT_95)).toEqual({ u: 2100, z: 0, shift: 0, lower: 0, upper: 0 });
  });

  it('too few for the confidence: the interval has no ends', () => {
    expect(compareSamples([1, 2], [3], PERCENT_95)).toMatchObject({ shift: -1.5, lower: -Infinity, upper: Infinity });
  });

  it('numbers of any size: a difference that no number can hold is cut off', () => {
    const { shift, lower } = compareSamples(Array(50).fill(Number.MAX_VALUE), Array(50).fill(-Number.MAX_VALUE), PERCENT_95);

    expect([shift, lower]).toEqual([Number.MAX_VALUE, Number.MAX_VALUE]);
  });

  it('numbers of any smallness: a shift of which there is no half is still one', () => {
    const { shift } = compareSamples([-Number.MIN_VALUE], [0], PERCENT_95);

    expect(shift).toBe(-Number.MIN_VALUE);
  });

  it.each([
    ['an empty sample', [], [1]],
    ['what is no number', [1], [Number.NaN]],
    ['what is not finite', [Infinity], [1]],
  ])('refuses %s', (_what, canary, baseline) => {
    expect(() => compareSamples(canary, baseline, PERCENT_95)).toThrow(RangeError);
  });
});
