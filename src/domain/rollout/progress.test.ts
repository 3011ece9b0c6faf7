import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from './plan.ts';
import { firstTarget, gradually } from './progress.ts';

const anyShare = { rollout: { kind: 'staged' as const }, haltsLive: true, releasesOnRequest: false };
const ownDays = { rollout: { kind: 'phased' as const, dailyPercents: [1, 2, 100] }, haltsLive: false, releasesOnRequest: true };
const steps = (...percents: number[]): RolloutPlan => ({
  kind: 'staged',
  steps: percents.map((percent) => ({ percent, waitMinutes: null })),
});

describe('what a submission says of its first users', () => {
  it.each([
    ['everybody at once', { kind: 'immediate' }, anyShare, null],
    ['everybody at once, whatever days the store has', { kind: 'immediate' }, ownDays, null],
    ['the first step', steps(5, 100), anyShare, { fraction: 0.05 }],
    ['everybody, where the first step is all of them', steps(100), anyShare, null],
    ['the first day of the store', { kind: 'phased' }, ownDays, { fraction: 0.01 }],
  ] as const)('is %s', (_what, plan, abilities, expected) => {
    expect(gradually(plan, abilities)).toEqual(expected);
  });
});

it('a plan without steps of ours begins with everybody', () => {
  expect(firstTarget({ kind: 'phased' })).toBe(1);
  expect(firstTarget(steps(20, 100))).toBe(0.2);
});
