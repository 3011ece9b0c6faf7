import type { Weights } from '../../domain/deployment/vocabulary.ts';

/** Whole percent, together 100; a side that gets something is never read as 0, nor the other as 100. null = no weight at all. */
export function percentOf(totals: Weights): Weights | null {
  const sum = totals.blue + totals.green;
  if (sum === 0) return null;
  if (totals.blue === 0) return { blue: 0, green: 100 };
  if (totals.green === 0) return { blue: 100, green: 0 };
  const blue = Math.min(99, Math.max(1, Math.round((totals.blue / sum) * 100)));
  return { blue, green: 100 - blue };
}
