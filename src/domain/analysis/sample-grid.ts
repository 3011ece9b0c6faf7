import type { Point } from './classify.ts';

/** Instants `stepMs` apart, the first and, where it falls on the grid, the last included. */
export interface SampleRange {
  from: Date;
  to: Date;
  /** Above 0, milliseconds. */
  stepMs: number;
}

/**
 * One point for each instant of the range; null where the source left the instant out. Sources tell only what they have: a counter of errors that shows
 * nothing while there are none would otherwise have too few points to be compared.
 */
export function onGrid(points: readonly { at: Date; value: number }[], { from, to, stepMs }: SampleRange): Point[] {
  const grid = new Array<Point>(Math.max(0, Math.floor((to.getTime() - from.getTime()) / stepMs) + 1)).fill(null);
  for (const { at, value } of points) {
    const index = Math.round((at.getTime() - from.getTime()) / stepMs);
    if (index >= 0 && index < grid.length) grid[index] = value;
  }
  return grid;
}
