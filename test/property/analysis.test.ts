import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMetric, type MetricStanding, nextLookAt, type Verdict, verdicts } from '../../src/domain/analysis/judge-metric.ts';
import { type Measurement, type Outcome, outcomes, toMeasurement } from '../../src/domain/analysis/measurement.ts';
import { type Condition, type MetricDefinition, metricDefaults } from '../../src/domain/analysis/metric.ts';
import { validateMetrics } from '../../src/domain/analysis/validate-metrics.ts';
import { judgeAnalysis } from '../../src/domain/analysis/verdict.ts';

const start = new Date('2026-03-01T10:00:00Z');
const INTERVAL_MS = 10_000;
const after = (intervals: number) => new Date(start.getTime() + intervals * INTERVAL_MS);

const limits = fc.record({
  until: fc.oneof(
    fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 8 }).map((intervals) => intervals * INTERVAL_MS) }),
  ),
  failureLimit: fc.integer({ min: 0, max: 3 }),
  inconclusiveLimit: fc.integer({ min: 0, max: 3 }),
  consecutiveErrorLimit: fc.integer({ min: 1, max: 5 }),
  minSamples: fc.integer({ min: 1, max: 4 }),
});

const condition: fc.Arbitrary<Condition> = fc.record({
  op: fc.constantFrom('<', '<=', '>', '>=', '=='),
  threshold: fc.double({ min: -10, max: 10, noNaN: true }),
});

const metrics: fc.Arbitrary<MetricDefinition> = fc
  .record({ limits, successCondition: condition, failureCondition: fc.option(condition) })
  .map((given) => ({
    ...{ ...metricDefaults, ...given.limits, name: 'errors', query: null, intervalMs: INTERVAL_MS },
    ...{ successCondition: given.successCondition, failureCondition: given.failureCondition },
  }));

/** Most are successes, or few histories would get far. */
const histories = fc.array(fc.constantFrom<Outcome>('success', 'success', 'success', ...outcomes), { maxLength: 14 });

/** One measurement an interval, from the start on. */
const taken = (history: readonly Outcome[]): Measurement[] =>
  history.map((outcome, index) => ({ takenAt: after(index), outcome, value: null, reason: null }));

/** Seen right after the last measurement. */
const seen = (metric: MetricDefinition, history: readonly Outcome[]): MetricStanding =>
  judgeMetric(metric, { startedAt: start, measurements: taken(history), now: after(Math.max(0, history.length - 1)) });

const badness = (verdict: Verdict) => verdicts.length - verdicts.indexOf(verdict);

const runs = { numRuns: 300 };

it('no measurement never passes: no series, NaN, the infinities and errors alone are never successful', () => {
  const nothing = fc.oneof(
    fc.constantFrom(null, Number.NaN, Infinity, -Infinity).map((value) => ({ kind: 'series' as const, series: [{ labels: '{}', value }] })),
    fc.constant({ kind: 'series' as const, series: [] }),
    fc.constant({ kind: 'series' as const, series: [1, 2].map((value) => ({ labels: `{n="${value}"}`, value })) }),
    fc.constant({ kind: 'trouble' as const, why: 'no answer' }),
  );

  fc.assert(
    fc.property(metrics, fc.array(nothing, { maxLength: 20 }), (metric, readings) => {
      const measurements = readings.map((reading, index) => toMeasurement(metric, reading, after(index)));
      const standing = judgeMetric(metric, { startedAt: start, measurements, now: after(1000) });

      expect(measurements.map(({ outcome }) => outcome).filter((outcome) => outcome === 'success' || outcome === 'failure')).toEqual([]);
      expect(['error', 'inconclusive', 'running']).toContain(standing.verdict);
      expect(judgeAnalysis([standing]).verdict).not.toBe('successful');
    }),
    runs,
  );
});

it('the verdict is independent of batching: measured one by one until it stands, or all at once, in any order of arrival', () => {
  fc.assert(
    fc.property(metrics, histories, fc.infiniteStream(fc.nat()), (metric, history, random) => {
      const oneByOne = untilItStands(metric, history);
      const shuffled = taken(oneByOne.history)
        .map((measurement) => ({ measurement, place: random.next().value }))
        .sort((a, b) => a.place - b.place)
        .map(({ measurement }) => measurement);

      expect(judgeMetric(metric, { startedAt: start, measurements: shuffled, now: oneByOne.now })).toEqual(oneByOne.standing);
    }),
    runs,
  );
});

/** Measures as a worker would: looks, stops when a verdict stands, otherwise takes the next measurement. */
function untilItStands(metric: MetricDefinition, history: readonly Outcome[]) {
  for (let count = 0; count < history.length; count += 1) {
    const part = history.slice(0, count);
    const standing = seen(metric, part);
    if (standing.verdict !== 'running') return { standing, history: part, now: after(Math.max(0, count - 1)) };
  }
  return { standing: seen(metric, history), history, now: after(Math.max(0, history.length - 1)) };
}

describe('verdicts are monotone', () => {
  it('a failure in place of a success never improves one', () => {
    fc.assert(
      fc.property(metrics, histories, fc.nat(), (metric, history, n) => {
        const successes = history.flatMap((outcome, index) => (outcome === 'success' ? [index] : []));
        const worsened = successes.length === 0 ? history : history.with(successes[n % successes.length] ?? 0, 'failure');

        expect(badness(seen(metric, worsened).verdict)).toBeGreaterThanOrEqual(badness(seen(metric, history).verdict));
      }),
      runs,
    );
  });

  it('whatever is measured once it stands never improves one', () => {
    fc.assert(
      fc.property(metrics, histories, fc.constantFrom(...outcomes), (metric, history, outcome) => {
        const before = seen(metric, history);
        fc.pre(before.verdict !== 'running');

        expect(badness(seen(metric, [...history, outcome]).verdict)).toBeGreaterThanOrEqual(badness(before.verdict));
      }),
      runs,
    );
  });

  it('a metric more never improves that of the analysis', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(metrics, histories), { minLength: 1, maxLength: 4 }), metrics, histories, (some, metric, history) => {
        const standings = some.map(([definition, its]) => seen(definition, its));
        const more = judgeAnalysis([...standings, seen(metric, history)]).verdict;

        expect(badness(more)).toBeGreaterThanOrEqual(badness(judgeAnalysis(standings).verdict));
      }),
      runs,
    );
  });
});

it('no wait without a deadline: a running metric always says when it is looked at, and ends whatever is measured', () => {
  const cycles = fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 4 });

  fc.assert(
    fc.property(metrics, cycles, (metric, cycle) => {
      const measurements: Measurement[] = [];
      let now = start;
      const bound = metric.until.kind === 'count' ? metric.until.count * metric.consecutiveErrorLimit : metric.until.ms / INTERVAL_MS + 2;
      for (let looks = 0; looks <= bound; looks += 1) {
        const standing = judgeMetric(metric, { startedAt: start, measurements, now });
        if (standing.verdict !== 'running') return;
        const next = nextLookAt(standing);
        expect(next).not.toBeNull();
        now = next ?? now;
        if (standing.nextMeasurementAt === null) continue;
        measurements.push({
          takenAt: now,
          outcome: cycle[measurements.length % cycle.length] ?? 'error',
          ...{ value: null, reason: null },
        });
      }
      expect.unreachable('it still runs');
    }),
    runs,
  );
});

it('a metric that is let in can succeed and can fail', () => {
  fc.assert(
    fc.property(metrics, (metric) => {
      fc.pre(validateMetrics([metric]).length === 0);
      const always = (outcome: Outcome) => untilItStands(metric, Array<Outcome>(20).fill(outcome)).standing.verdict;

      expect([always('success'), always('failure')]).toEqual(['successful', 'failed']);
    }),
    runs,
  );
});
