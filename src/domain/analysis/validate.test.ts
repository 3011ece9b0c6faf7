import { describe, expect, it } from 'vitest';
import { type JudgeDefinition, type JudgedMetric, judgeDefaults } from './judge.ts';
import { type MetricDefinition, metricDefaults } from './metric.ts';
import { validateJudge } from './validate-judge.ts';
import { validateMetrics } from './validate-metrics.ts';

const metric = (changes: Partial<MetricDefinition> = {}): MetricDefinition => ({
  ...{ ...metricDefaults, name: 'errors', query: 'rate', intervalMs: 60_000, until: { kind: 'count', count: 5 } },
  successCondition: { op: '<', threshold: 0.01 },
  ...changes,
});
const minutes = (count: number) => ({ kind: 'time', ms: count * 60_000 }) as const;

describe('metrics of an analysis', () => {
  it.each([
    ['with defaults', {}],
    ['with both conditions', { failureCondition: { op: '>=', threshold: 0.05 } }],
    ['with conditions that meet at one number', { failureCondition: { op: '>=', threshold: 0.01 } }],
    ['for a time', { until: minutes(5), failureLimit: 4, minSamples: 5 }],
  ] as const)('are right %s', (_what, changes) => {
    expect(validateMetrics([metric(changes)])).toEqual([]);
  });

  it.each([
    ['/0/name', { name: ' ' }, 'must not be empty'],
    ['/0/intervalMs', { intervalMs: 999 }, 'must be a whole number from 1000 to 86400000'],
    ['/0/initialDelayMs', { initialDelayMs: -1 }, /^must be a whole number/],
    ['/0/until/count', { until: { kind: 'count', count: 0 } }, /^must be a whole number/],
    ['/0/until/ms', { until: { kind: 'time', ms: Number.NaN } }, /^must be a whole number/],
    ['/0/consecutiveErrorLimit', { consecutiveErrorLimit: 0 }, /^must be a whole number/],
    ['/0/inconclusiveLimit', { inconclusiveLimit: 0.5 }, /^must be a whole number/],
    ['/0/minSamples', { minSamples: 0 }, /^must be a whole number/],
    ['/0/successCondition/threshold', { successCondition: { op: '<', threshold: Number.NaN } }, 'must be a finite number'],
    ['/0/failureCondition/threshold', { failureCondition: { op: '<', threshold: Infinity } }, 'must be a finite number'],
    ['/0/failureCondition', { failureCondition: { op: '>', threshold: 0.005 } }, 'must hold for no value that is a success'],
    ['/0/failureCondition', { failureCondition: { op: '==', threshold: 0 } }, 'must hold for no value that is a success'],
    ['/0/failureCondition', { failureCondition: { op: '<=', threshold: -7 } }, 'must hold for no value that is a success'],
    ['/0/failureLimit', { failureLimit: 5 }, 'must be below 5, the number of measurements: it could never fail'],
    ['/0/failureLimit', { failureLimit: 5, until: minutes(5) }, 'must be below 5, the number of measurements: it could never fail'],
    ['/0/minSamples', { minSamples: 6 }, 'must be at most 5, the number of measurements: it could never succeed'],
    ['/0/intervalMs', { intervalMs: 1000, until: minutes(60) }, 'must leave at most 1000 measurements until it ends'],
    [
      '/0/until/count',
      { intervalMs: 3_600_000, until: { kind: 'count', count: 200 } },
      'must be reached within 30 days, whatever errors come between',
    ],
  ] as const)('are refused at %s', (field, changes, message) => {
    expect(validateMetrics([metric(changes as Partial<MetricDefinition>)])).toEqual([
      { field, message: typeof message === 'string' ? message : expect.stringMatching(message) },
    ]);
  });

  it('are one at least, and none twice', () => {
    expect(validateMetrics([])).toEqual([{ field: '', message: 'must be 1 to 50 metrics' }]);
    expect(validateMetrics([metric(), metric()])).toEqual([{ field: '/1/name', message: 'must not be that of another metric' }]);
  });
});

describe('a judge', () => {
  const judged = (name: string): JudgedMetric => ({ name, query: '', direction: 'either', missing: 'remove', critical: false });
  const latency = { name: 'latency', weight: 60, metrics: [judged('p50'), judged('p99')] };
  const errors = { name: 'errors', weight: 40, metrics: [judged('5xx')] };
  const definition: JudgeDefinition = { ...judgeDefaults, groups: [latency, errors] };

  it('is right', () => {
    expect(validateJudge(definition)).toEqual([]);
  });

  it.each([
    ['/pass', { pass: 101 }],
    ['/marginal', { marginal: 0 }],
    ['/marginal', { marginal: 96 }],
    ['/groups', { groups: [] }],
    ['/groups/1/weight', { groups: [latency, { ...errors, weight: 0 }] }],
    ['/groups/1/weight', { groups: [latency, { ...errors, weight: Number.NaN }] }],
    ['/groups/1/name', { groups: [latency, { ...errors, name: 'latency' }] }],
    ['/groups/1/metrics', { groups: [latency, { ...errors, metrics: [] }] }],
    ['/groups/1/metrics/0/name', { groups: [latency, { ...errors, metrics: [judged('p99')] }] }],
    ['/groups/1/metrics/0/name', { groups: [latency, { ...errors, metrics: [judged('')] }] }],
  ])('is refused at %s', (field, changes) => {
    expect(validateJudge({ ...definition, ...changes })).toEqual([{ field, message: expect.any(String) }]);
  });
});
