import { createHash } from 'node:crypto';
import type { RecipeStep } from './plan.ts';

/** Equal for steps that say the same in whatever order: what was built by one need not be built by the other. 64 hexadecimal digits. */
export const recipeHash = (step: RecipeStep): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(step)))
    .digest('hex');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
