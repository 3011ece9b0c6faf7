import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentOf } from '../../kit/percent-of.ts';
import { firstChanged, serverWeights } from './weights.ts';

const percent = (green: number) => ({ blue: 100 - green, green });

describe('serverWeights', () => {
  it('gives the smallest weights that show the share', () => {
    expect(serverWeights(percent(5), { blue: 1, green: 1 })).toEqual({ blue: 19, green: 1 });
    expect(serverWeights(percent(50), { blue: 2, green: 2 })).toEqual({ blue: 1, green: 1 });
    expect(serverWeights(percent(50), { blue: 3, green: 1 })).toEqual({ blue: 1, green: 3 });
    expect(serverWeights(percent(0), { blue: 2, green: 0 })).toEqual({ blue: 1, green: 0 });
  });

  it('gives none where a side would need servers it does not have, or weights beyond 256', () => {
    expect(serverWeights(percent(5), { blue: 1, green: 0 })).toBeNull();
    expect(serverWeights(percent(100), { blue: 1, green: 0 })).toBeNull();
    expect(serverWeights(percent(1), { blue: 1, green: 50 })).toBeNull();
  });

  it('reads back as what was asked for, whatever the numbers of servers, or refuses', () => {
    const count = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), count, count, (green, blues, greens) => {
        const weights = serverWeights(percent(green), { blue: blues, green: greens });
        if (weights === null) return;
        for (const weight of Object.values(weights)) expect(weight >= 0 && weight <= 256 && Number.isInteger(weight)).toBe(true);
        expect(percentOf({ blue: weights.blue * blues, green: weights.green * greens })).toEqual(percent(green));
      }),
      { numRuns: 300 },
    );
  });

  it('shows every whole percent with up to two servers of each side', () => {
    for (const [blue, green] of [
      [1, 1],
      [1, 2],
      [2, 2],
    ] as const)
      for (let share = 0; share <= 100; share += 1) expect(serverWeights(percent(share), { blue, green })).not.toBeNull();
  });
});

describe('percentOf', () => {
  it('never says nothing of a side that gets something', () => {
    expect(percentOf({ blue: 256, green: 1 })).toEqual({ blue: 99, green: 1 });
    expect(percentOf({ blue: 1, green: 2560 })).toEqual({ blue: 1, green: 99 });
  });

  it('has nothing to say where nobody gets traffic', () => {
    expect(percentOf({ blue: 0, green: 0 })).toBeNull();
  });
});

describe('firstChanged', () => {
  it('raises before it lowers where somebody would be without a server', () => {
    expect(firstChanged({ blue: 1, green: 0 }, { blue: 0, green: 1 })).toBe('green');
    expect(firstChanged({ blue: 0, green: 1 }, { blue: 1, green: 0 })).toBe('blue');
  });

  it('gives the new version no more for an instant than it has before or after', () => {
    // Lowering blue first would show 84 % on green in between.
    expect(firstChanged({ blue: 100, green: 100 }, { blue: 19, green: 1 })).toBe('green');
  });

  it('never leaves nobody in between', () => {
    const weight = fc.integer({ min: 0, max: 256 });
    const weights = fc.record({ blue: weight, green: weight }).filter(({ blue, green }) => blue + green > 0);
    fc.assert(
      fc.property(weights, weights, (now, next) => {
        const first = firstChanged(now, next);
        const between = { ...now, [first]: next[first] };
        expect(between.blue + between.green).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
