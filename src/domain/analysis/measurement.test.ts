import { describe, expect, it } from 'vitest';
import { type Reading, toMeasurement } from './measurement.ts';
import { type Condition, meets } from './metric.ts';

const at = new Date('2026-03-01T10:00:00Z');
const below: Condition = { op: '<', threshold: 0.01 };
const above: Condition = { op: '>=', threshold: 0.05 };
const value = (of: number | null): Reading => ({ kind: 'series', series: [{ labels: '{job="shop"}', value: of }] });
const measured = (reading: Reading, failureCondition: Condition | null = above) =>
  toMeasurement({ successCondition: below, failureCondition }, reading, at);

describe('a value', () => {
  it.each([
    ['that meets the success condition is a success', 0.005, above, 'success', null],
    ['that meets the failure condition is a failure', 0.05, above, 'failure', '0.05 >= 0.05, which is a failure'],
    ['between the two is inconclusive', 0.02, above, 'inconclusive', '0.02 is not < 0.01, and not >= 0.05'],
    ['that is no success is a failure where no failure condition is given', 0.02, null, 'failure', '0.02 is not < 0.01'],
    ['that meets both conditions is a failure', 0.005, { op: '<', threshold: 1 }, 'failure', '0.005 < 1, which is a failure'],
  ] as const)('%s', (_what, of, failureCondition, outcome, reason) => {
    expect(measured(value(of), failureCondition)).toEqual({ takenAt: at, value: of, outcome, reason });
  });

  it.each([
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['==', [false, true, false]],
    ['>=', [false, true, true]],
    ['>', [false, false, true]],
  ] as const)('is compared by %s', (op, expected) => {
    const outcomes = [1, 2, 3].map((of) =>
      toMeasurement({ successCondition: { op, threshold: 2 }, failureCondition: null }, value(of), at),
    );

    expect(outcomes.map(({ outcome }) => outcome === 'success')).toEqual(expected);
  });
});

it('no condition is met by what is no finite number', () => {
  const met = [Number.NaN, Infinity, -Infinity].map((of) =>
    (['<', '<=', '==', '>=', '>'] as const).some((op) => meets(of, { op, threshold: of })),
  );

  expect(met).toEqual([false, false, false]);
  expect(meets(Infinity, { op: '>', threshold: 1 })).toBe(false);
});

describe('no evidence is inconclusive, whatever the conditions', () => {
  it.each([
    ['no series', { kind: 'series', series: [] }, 'no evidence: the provider has no series'],
    ['a series without value', value(null), 'no evidence: the value is missing'],
    ['NaN', value(Number.NaN), 'no evidence: the value is NaN'],
    ['infinity', value(Infinity), 'no evidence: the value is Infinity'],
    ['minus infinity', value(-Infinity), 'no evidence: the value is -Infinity'],
  ] as const)('%s', (_what, reading, reason) => {
    expect(measured(reading)).toEqual({ takenAt: at, value: null, outcome: 'inconclusive', reason });
  });
});

describe('what cannot be understood is an error', () => {
  it('more than one series, named', () => {
    const series = ['a', 'b', 'c', 'd', 'e'].map((pod) => ({ labels: `{pod="${pod}"}`, value: 0 }));

    expect(measured({ kind: 'series', series })).toMatchObject({
      outcome: 'error',
      reason: '5 series where one was expected: {pod="a"}, {pod="b"}, {pod="c"} and 2 more',
    });
  });

  it('a provider that did not answer', () => {
    expect(measured({ kind: 'trouble', why: 'no answer within 10 s' })).toMatchObject({
      outcome: 'error',
      reason: 'no answer within 10 s',
    });
  });
});
