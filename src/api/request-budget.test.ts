import { afterEach, expect, it, vi } from 'vitest';
import { createRequestBudget, type RequestBudget } from './request-budget.ts';

let budgets: RequestBudget[] = [];
afterEach(() => {
  for (const budget of budgets) budget.close();
  budgets = [];
});

/** The two commands of the script, in memory. */
function sharedCounter() {
  const sums = new Map<string, number>();
  return {
    eval: async (_script: string, _keys: number, key: string, own: number) => {
      sums.set(key, (sums.get(key) ?? 0) + own);
      return sums.get(key);
    },
  };
}

function open(options: { redis: unknown; points?: number; now?: () => number }): RequestBudget {
  const budget = createRequestBudget({
    // Only `eval` is used, and only in the form above.
    redis: options.redis as Parameters<typeof createRequestBudget>[0]['redis'],
    prefix: 'test',
    points: options.points ?? 10,
    reportMs: 1,
    now: options.now ?? (() => 30_000),
  });
  budgets.push(budget);
  return budget;
}

it('admits exactly its points per window and key, says when the next window begins, and begins anew then', () => {
  let now = 15_000;
  const budget = open({ redis: null, points: 2, now: () => now });

  expect([budget.spend('a'), budget.spend('a'), budget.spend('b')].every((admission) => admission.ok)).toBe(true);
  expect(budget.spend('a')).toEqual({ ok: false, retryAfterMs: 45_000 });
  now = 60_000;
  expect(budget.spend('a')).toEqual({ ok: true });
});

it('counts what other processes admitted', async () => {
  const redis = sharedCounter();
  const [one, two] = [open({ redis }), open({ redis })];
  for (let count = 0; count < 9; count += 1) one.spend('a');

  await vi.waitFor(() => {
    two.spend('a');
    expect(two.spend('a').ok).toBe(false);
  });
});

it('enforces the limit alone while Redis does not answer', async () => {
  const budget = open({ redis: { eval: () => Promise.reject(new Error('down')) }, points: 3 });

  const admitted = [];
  for (let count = 0; count < 6; count += 1) {
    admitted.push(budget.spend('a').ok);
    await new Promise((resolve) => setImmediate(resolve));
  }

  expect(admitted).toEqual([true, true, true, false, false, false]);
});

it('limits nothing at 0 points', () => {
  const budget = open({ redis: null, points: 0 });

  for (let count = 0; count < 10_000; count += 1) expect(budget.spend('a').ok).toBe(true);
});
