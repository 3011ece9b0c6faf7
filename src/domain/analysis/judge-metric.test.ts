import { describe, expect, it } from 'vitest';
import { judgeMetric, type MetricStanding, nextLookAt } from './judge-metric.ts';
import type { Outcome } from './measurement.ts';
import { type MetricDefinition, metricDefaults } from './metric.ts';
import { consequences, judgeAnalysis } from './verdict.ts';

const second = (at: number) => new Date(Date.UTC(2026, 2, 1) + at * 1000);
const letters: Record<string, Outcome> = { s: 'success', f: 'failure', i: 'inconclusive', e: 'error' };

const metric = (changes: Partial<MetricDefinition> = {}): MetricDefinition => ({
  ...{ ...metricDefaults, name: 'errors', query: 'rate', intervalMs: 10_000, until: { kind: 'count', count: 4 } },
  successCondition: { op: '<', threshold: 0.01 },
  ...changes,
});

/** Measured every ten seconds from the start on: `s` success, `f` failure, `i` inconclusive, `e` error. */
function standing(taken: string, changes: Partial<MetricDefinition> = {}, now = 1000): MetricStanding {
  const measurements = [...taken].map((letter, index) => ({
    ...{ takenAt: second(index * 10), value: null, reason: `reason ${index + 1}` },
    outcome: letters[letter] ?? 'error',
  }));
  return judgeMetric(metric(changes), { startedAt: second(0), measurements, now: second(now) });
}

describe('the verdict on a metric', () => {
  it.each([
    ['runs before anything was measured', '', {}, 'running', '0 measured'],
    ['runs until the count is reached', 'sss', {}, 'running', '3 measured'],
    ['is successful when the count is reached', 'ssss', {}, 'successful', '4 of 4 succeeded'],
    ['fails when failures exceed the limit', 'sfsf', { failureLimit: 1 }, 'failed', '2 failed, and 1 may be; the last was: reason 4'],
    ['does not fail when failures reach the limit', 'sfss', { failureLimit: 1 }, 'successful', '3 of 4 succeeded'],
    ['fails at once, not at the end', 'f', {}, 'failed', '1 failed, and 0 may be; the last was: reason 1'],
    ['is inconclusive with the first measurement that says nothing', 'si', {}, 'inconclusive', /^1 inconclusive, and 0 may be/],
    ['bears as many of them as its limit', 'siss', { inconclusiveLimit: 1 }, 'successful', '3 of 3 succeeded'],
    ['is in error after five errors in a row', 'seeeee', {}, 'error', '5 errors in a row; the last was: reason 6'],
    ['bears four', 'seeeesseeee', {}, 'running', '3 measured'],
    ['stays in error when the provider answers again', 'eeeeessss', {}, 'error', /^5 errors/],
    ['does not count errors as measurements', 'esesess', {}, 'successful', '4 of 4 succeeded'],
    [
      'is inconclusive without enough samples',
      'siis',
      { inconclusiveLimit: 2, minSamples: 3 },
      'inconclusive',
      '2 measured, and 3 are needed',
    ],
    ['counts failures as samples', 'siff', { inconclusiveLimit: 1, failureLimit: 2, minSamples: 3 }, 'successful', '1 of 3 succeeded'],
    ['needs a sample even where none is asked for', 'iiii', { inconclusiveLimit: 4, minSamples: 0 }, 'inconclusive', /^0 measured/],
    ['prefers a failure to an error', 'eeeeef', {}, 'failed', /^1 failed/],
    ['prefers an error to what says nothing', 'ieeeee', {}, 'error', /^5 errors/],
    ['ignores what was measured after the count was reached', 'ssssf', {}, 'successful', '4 of 4 succeeded'],
    ['ignores errors after it too', 'sssseeeee', {}, 'successful', '4 of 4 succeeded'],
  ] as const)('%s', (_what, taken, changes, verdict, reason) => {
    expect(standing(taken, changes)).toMatchObject({
      verdict,
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    });
  });
});

describe('a metric that is measured for a time', () => {
  const until = { kind: 'time', ms: 30_000 } as const;

  it.each([
    ['runs while it lasts', 'sss', 29, 'running', 30],
    ['counts what was measured in its last instant', 'sssf', 30, 'failed', 30],
    ['is successful when it is over', 'sss', 30, 'successful', 30],
    ['ignores what was measured later', 'ssssf', 60, 'successful', 30],
    ['is inconclusive when nothing was measured meanwhile', '', 30, 'inconclusive', 30],
    ['is inconclusive when there were only errors', 'eee', 30, 'inconclusive', 30],
  ])('%s', (_what, taken, now, verdict, endsAt) => {
    expect(standing(taken, { until }, now)).toMatchObject({ verdict, endsAt: second(endsAt) });
  });

  it('lasts as long from the first measurement on, however late that is', () => {
    expect(standing('', { until, initialDelayMs: 60_000 }, 89)).toMatchObject({ verdict: 'running', endsAt: second(90) });
  });
});

describe('when to measure next', () => {
  it.each([
    ['at the start', '', {}, 0],
    ['after the initial delay', '', { initialDelayMs: 5000 }, 5],
    ['an interval after the last', 'ss', {}, 20],
    ['after an error too', 'se', {}, 20],
    ['not after the verdict', 'f', {}, null],
    ['not after the end', 'ssss', {}, null],
    ['within the time', 'sss', { until: { kind: 'time', ms: 2_000_000 } }, 30],
    ['in its last instant', 'sss', { until: { kind: 'time', ms: 30_000 } }, 30],
    ['not beyond the time', 'sss', { until: { kind: 'time', ms: 29_000 } }, null],
  ] as const)('%s', (_what, taken, changes, at) => {
    expect(standing(taken, changes, 25).nextMeasurementAt).toEqual(at === null ? null : second(at));
  });

  it('when nothing is measured any more, it is looked at again when its time is up', () => {
    const waiting = standing('sss', { until: { kind: 'time', ms: 29_000 } }, 25);

    expect([waiting.verdict, nextLookAt(waiting)]).toEqual(['running', second(29)]);
  });
});

describe('the verdict on an analysis is its worst metric', () => {
  const [failed, error, inconclusive, running, successful] = [
    standing('f'),
    standing('eeeee'),
    standing('i'),
    standing('s', {}, 1),
    standing('ssss'),
  ];

  it.each([
    ['failed before error', [error, failed], 'failed'],
    ['error before inconclusive', [inconclusive, error], 'error'],
    ['inconclusive before running', [running, inconclusive], 'inconclusive'],
    ['running before successful', [successful, running], 'running'],
    ['a running metric hides no failure', [running, failed, successful], 'failed'],
    ['successful when all are', [successful, successful], 'successful'],
    ['inconclusive when there is no metric', [], 'inconclusive'],
  ])('%s', (_what, metrics, verdict) => {
    expect(judgeAnalysis(metrics).verdict).toBe(verdict);
  });

  it('is looked at again for the first of its metrics that runs, even while another needs a person', () => {
    const later = standing('ss', {}, 1);

    expect(judgeAnalysis([successful, inconclusive, later, running]).nextLookAt).toEqual(second(10));
  });

  it('is not looked at again when it failed, nor when no metric runs', () => {
    expect([judgeAnalysis([failed, running]).nextLookAt, judgeAnalysis([successful, error]).nextLookAt]).toEqual([null, null]);
  });

  it('goes on for nothing but success, and takes nothing back but for failure', () => {
    const those = (asked: string) => Object.entries(consequences).filter(([, what]) => what === asked);

    expect(those('go-on')).toEqual([['successful', 'go-on']]);
    expect(those('abort')).toEqual([['failed', 'abort']]);
  });
});
