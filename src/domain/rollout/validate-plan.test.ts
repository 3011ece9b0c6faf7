import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from './plan.ts';
import { rolloutPresets } from './presets.ts';
import { validatePlan } from './validate-plan.ts';

const staged = (...percents: number[]): RolloutPlan => ({
  kind: 'staged',
  steps: percents.map((percent) => ({ percent, waitMinutes: 60 })),
});
const fields = (plan: RolloutPlan, store: 'staged' | 'phased' = 'staged') => validatePlan(plan, store).map(({ field }) => field);

describe('validatePlan', () => {
  it.each([
    ['staged', { immediate: [], phased: ['/kind'], 'play-staged': [] }],
    ['phased', { immediate: [], phased: [], 'play-staged': ['/kind'] }],
  ] as const)('lets a store that is %s have the presets that it can carry out', (store, expected) => {
    expect(Object.fromEntries(Object.entries(rolloutPresets).map(([name, plan]) => [name, fields(plan, store)]))).toEqual(expected);
  });

  it('takes steps that grow to 100, a single one included', () => {
    expect(fields(staged(100))).toEqual([]);
    expect(fields(staged(0.5, 1, 99.9, 100))).toEqual([]);
  });

  it.each([
    ['none', staged(), ['/steps']],
    ['too many', staged(...Array.from({ length: 20 }, (_, index) => index + 1), 100), ['/steps']],
    ['steps that do not grow', staged(1, 1, 100), ['/steps/1/percent']],
    ['steps that go back', staged(10, 5, 100), ['/steps/1/percent']],
    ['a share of nobody', staged(0, 100), ['/steps/0/percent']],
    ['a share of more than all', staged(50, 101), ['/steps/1/percent', '/steps/1/percent']],
    ['no end', staged(1, 50), ['/steps/1/percent']],
    ['what is no number', staged(Number.NaN, 100), ['/steps/0/percent']],
  ])('refuses %s', (_what, plan, expected) => {
    expect(fields(plan)).toEqual(expected);
  });

  it('names everything at once', () => {
    expect(fields(staged(5, 1), 'phased')).toEqual(['/kind', '/steps/1/percent', '/steps/1/percent']);
  });
});
