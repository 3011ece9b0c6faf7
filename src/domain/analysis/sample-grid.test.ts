import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { onGrid } from './sample-grid.ts';

const from = new Date('2026-03-01T12:00:00Z');
const range = (steps: number) => ({ from, to: new Date(from.getTime() + steps * 1000), stepMs: 1000 });
const point = (atMs: number, value: number) => ({ at: new Date(from.getTime() + atMs), value });

describe('onGrid', () => {
  it('has one point for each instant, both ends included, and null where the source had none', () => {
    expect(onGrid([point(1000, 5), point(3000, 7)], range(4))).toEqual([null, 5, null, 7, null]);
  });

  it('puts a point to the instant that is nearest and drops what lies outside', () => {
    expect(onGrid([point(-1000, 1), point(999, 2), point(5000, 3)], range(2))).toEqual([null, 2, null]);
  });

  it('lets a counter that shows nothing while nothing happens be compared', () => {
    const sparse = onGrid([point(10_000, 1)], range(60));

    const { classification, points } = classify({ direction: 'increase', missing: 'replace' }, { canary: sparse, baseline: sparse });

    expect(classification).toBe('PASS');
    expect(points).toEqual({ canary: 61, baseline: 61 });
  });
});
