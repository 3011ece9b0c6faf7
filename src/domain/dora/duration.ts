/** Where half and nine tenths of some durations lie. */
export interface DurationFigures {
  /** How many there were; the figures rest on these. */
  count: number;
  /** Milliseconds; null = there were none. */
  medianMs: number | null;
  /** Milliseconds: nine of ten took no longer; null = there were none. */
  p90Ms: number | null;
}

/** By the nearest rank: every figure is a duration that was measured, none is invented between two. */
export function durationFigures(durationsMs: readonly number[]): DurationFigures {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { count: sorted.length, medianMs: at(0.5), p90Ms: at(0.9) };
}
