import { describe, expect, it } from 'vitest';
import type { AnalysisPlan, JudgePlan } from '../analysis-plan.ts';
import type { CanaryStep, Strategy } from '../strategy.ts';
import { strategyPresets } from './presets.ts';
import { type StrategyAbilities, validateStrategy } from './validate-strategy.ts';

const everything: StrategyAbilities = {
  sideBySide: true,
  traffic: { weights: 'any', decrease: true, readBack: true, headerRoutes: true },
  metrics: true,
};
const traffic = { weights: 'any', decrease: true, readBack: true, headerRoutes: true } as const;

const canary = (...steps: CanaryStep[]): Strategy => ({ kind: 'canary', steps, background: null, drainMs: 30_000 });
const fieldsOf = (strategy: Strategy, abilities: Partial<StrategyAbilities> = {}) =>
  validateStrategy(strategy, { ...everything, ...abilities }).map(({ field }) => field);

const analysis: AnalysisPlan = {
  metrics: [
    {
      ...{ name: 'errors', query: 'errors', intervalMs: 10_000, initialDelayMs: 0, until: { kind: 'count', count: 3 } },
      ...{ successCondition: { op: '<', threshold: 1 }, failureCondition: null, failureLimit: 0, inconclusiveLimit: 0 },
      ...{ consecutiveErrorLimit: 5, minSamples: 1 },
    },
  ],
  inconclusiveDeadlineMs: 60_000,
};
const judge: JudgePlan = {
  groups: [{ name: 'errors', weight: 1, metrics: [{ name: 'e', query: 'e', direction: 'increase', missing: 'remove', critical: false }] }],
  ...{ pass: 95, marginal: 75, windowMs: 600_000, stepMs: 10_000, inconclusiveDeadlineMs: 60_000 },
};

describe('a strategy', () => {
  it.each(Object.entries(strategyPresets))('%s fits drivers that can do everything', (_name, strategy) => {
    expect(validateStrategy(strategy, everything)).toEqual([]);
  });

  it('that is rolling needs nothing', () => {
    expect(fieldsOf({ kind: 'rolling' }, { sideBySide: false, traffic: null, metrics: false })).toEqual([]);
  });

  it.each([
    ['one side only', { sideBySide: false }],
    ['no router', { traffic: null }],
    ['a router that cannot be read back', { traffic: { ...traffic, readBack: false } }],
    ['a router whose weights never fall', { traffic: { ...traffic, decrease: false } }],
  ])('with %s is refused unless it is rolling', (_what, abilities) => {
    expect(fieldsOf(strategyPresets['canary10/5m'], abilities)).toEqual(['/kind']);
    expect(fieldsOf(strategyPresets['blue-green'], abilities)).toEqual(['/kind']);
  });

  it('has weights that do not fall, that are whole, and that the router can show', () => {
    const pause: CanaryStep = { do: 'pause', forMs: null };

    expect(fieldsOf(canary({ do: 'set-weight', percent: 50 }, { do: 'set-weight', percent: 20 }, pause))).toEqual(['/steps/1/percent']);
    expect(fieldsOf(canary({ do: 'set-weight', percent: 0.5 }, pause))).toEqual(['/steps/0/percent']);
    expect(fieldsOf(canary({ do: 'set-weight', percent: 30 }, pause), { traffic: { ...traffic, weights: [10, 50, 100] } })).toEqual([
      '/steps/0/percent',
    ]);
  });

  it('does not end with a share that nobody looks at', () => {
    expect(fieldsOf(canary({ do: 'set-weight', percent: 10 }))).toEqual(['/steps/0']);
    expect(fieldsOf(canary({ do: 'set-weight', percent: 10 }, { do: 'analysis', analysis }))).toEqual([]);
  });

  it('with an analysis or a judge needs metrics, and says what is wrong inside', () => {
    expect(fieldsOf(canary({ do: 'analysis', analysis }), { metrics: false })).toEqual(['/steps/0/analysis']);
    expect(fieldsOf(canary({ do: 'analysis', analysis: { ...analysis, metrics: [] } }))).toEqual(['/steps/0/analysis/metrics']);
    expect(fieldsOf(canary({ do: 'judge', judge }))).toEqual([]);
    expect(fieldsOf(canary({ do: 'judge', judge: { ...judge, stepMs: 60_000 } }))).toEqual(['/steps/0/judge/stepMs']);
  });

  it('that is blue-green keeps the old version for half a minute at least', () => {
    expect(fieldsOf({ ...strategyPresets['blue-green'], drainMs: 29_999 })).toEqual(['/drainMs']);
  });

  it('that routes by a header needs a router that can', () => {
    const step: CanaryStep = { do: 'set-header-route', header: 'x-canary', value: 'yes' };

    expect(fieldsOf(canary(step), { traffic: { ...traffic, headerRoutes: false } })).toEqual(['/steps/0']);
    expect(fieldsOf(canary({ ...step, header: 'no header' }))).toEqual(['/steps/0/header']);
  });
});
