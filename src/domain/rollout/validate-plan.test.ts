import { describe, expect, it } from 'vitest';
import { metricDefaults } from '../analysis/metric.ts';
import type { AnalysisPlan } from '../deployment/analysis-plan.ts';
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

describe('analyses of a plan', () => {
  const metric = {
    ...metricDefaults,
    ...{ name: 'crashes', query: 'crashes{version="{{version}}"}', intervalMs: 60_000, until: { kind: 'count' as const, count: 3 } },
    successCondition: { op: '<' as const, threshold: 0.01 },
  };
  const analysis: AnalysisPlan = { inconclusiveDeadlineMs: 60_000, metrics: [metric] };
  const metrics = { integrationId: 'prometheus' };
  const measured = (of: AnalysisPlan, more: object = { metrics }): RolloutPlan => ({
    ...{ kind: 'staged', ...more },
    steps: [
      { percent: 5, waitMinutes: 60, analysis: of },
      { percent: 100, waitMinutes: null },
    ],
  });
  const fields = (plan: RolloutPlan, store: 'staged' | 'phased') => validatePlan(plan, store).map(({ field }) => field);

  it('are taken where something measures them', () => {
    expect(validatePlan(measured(analysis), 'staged')).toEqual([]);
    expect(validatePlan({ kind: 'phased', analysis, metrics }, 'phased')).toEqual([]);
  });

  it('need a connection to be measured by', () => {
    expect(fields(measured(analysis, {}), 'staged')).toEqual(['/metrics']);
    expect(fields({ kind: 'phased', analysis, metrics: null }, 'phased')).toEqual(['/metrics']);
  });

  it('are refused where they could never fail, name what nobody replaces, or stand on the last step', () => {
    expect(fields(measured({ ...analysis, metrics: [{ ...metric, failureLimit: 3 }] }), 'staged')).toEqual([
      '/steps/0/analysis/metrics/0/failureLimit',
    ]);
    expect(validatePlan(measured({ ...analysis, metrics: [{ ...metric, query: 'x{side="{{ side }}"}' }] }), 'staged')).toEqual([
      { field: '/steps/0/analysis/metrics/0/query', message: expect.stringMatching(/names \{\{side\}\}.*\{\{version\}\}/) },
    ]);
    const last: RolloutPlan = { kind: 'staged', metrics, steps: [{ percent: 100, waitMinutes: null, analysis }] };
    expect(fields(last, 'staged')).toEqual(['/steps/0/analysis']);
  });

  it('come to their end within the day of a store that has days of its own', () => {
    const long = { ...analysis, metrics: [{ ...metric, intervalMs: 12 * 3_600_000 }] };

    expect(fields({ kind: 'phased', analysis: long, metrics }, 'phased')).toEqual(['/analysis']);
  });
});
