import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Classification, classify, type Direction, MIN_POINTS, type Samples } from '../../src/domain/analysis/classify.ts';
import { type JudgeDefinition, type JudgedMetric, judge, judgeDefaults } from '../../src/domain/analysis/judge.ts';

const runs = { numRuns: 150 };

/** Whole numbers, so that scaling and shifting are exact: narrow ranges are counts with many equal points, wide ones hardly have any. */
const samples: fc.Arbitrary<number[]> = fc
  .tuple(fc.constantFrom(1, 3, 20, 10_000), fc.integer({ min: -50, max: 50 }))
  .chain(([range, from]) => fc.array(fc.integer({ min: from, max: from + range }), { minLength: MIN_POINTS, maxLength: 90 }));

const directions = fc.constantFrom<Direction>('increase', 'decrease', 'either');
const missings = fc.constantFrom('remove' as const, 'replace' as const);

const of = (canary: Samples['canary'], baseline: Samples['baseline'], direction: Direction = 'either'): Classification =>
  classify({ direction, missing: 'remove' }, { canary, baseline }).classification;

const swapped: Record<Classification, Classification> = { HIGH: 'LOW', LOW: 'HIGH', PASS: 'PASS', NODATA: 'NODATA' };

describe('the judge is symmetric', () => {
  it('equal samples pass, in whatever order their points come', () => {
    fc.assert(
      fc.property(samples, directions, (sample, direction) => {
        expect([of(sample, sample, direction), of(sample.toReversed(), sample, direction)]).toEqual(['PASS', 'PASS']);
      }),
      runs,
    );
  });

  it('canary and baseline swapped swap high and low', () => {
    fc.assert(
      fc.property(samples, samples, (canary, baseline) => {
        expect(of(baseline, canary)).toBe(swapped[of(canary, baseline)]);
      }),
      runs,
    );
  });

  it('and so they do when the points are any finite numbers', () => {
    const finite = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: MIN_POINTS, maxLength: 60 });

    fc.assert(
      fc.property(finite, finite, (canary, baseline) => {
        const metric = { direction: 'either', missing: 'remove' } as const;
        const one = classify(metric, { canary, baseline });
        const other = classify(metric, { canary: baseline, baseline: canary });

        expect(other.classification).toBe(swapped[one.classification]);
        expect(other.comparison).toMatchObject({
          shift: negated(one.comparison?.shift),
          lower: negated(one.comparison?.upper),
          upper: negated(one.comparison?.lower),
        });
      }),
      // Fifty fractions are not made smaller in a minute.
      { numRuns: 60, endOnFailure: true },
    );
  });
});

/** Without the negative zero. */
const negated = (value = Number.NaN) => 0 - value;

it('no measurement never passes: a sample of nothing, or of fewer than 50 values, has no data', () => {
  const absent = fc.constantFrom(null, Number.NaN, Infinity, -Infinity);

  fc.assert(
    fc.property(fc.array(absent, { maxLength: 80 }), samples, directions, missings, (nothing, baseline, direction, missing) => {
      const metric = { direction, missing };
      const few = [...baseline.slice(0, MIN_POINTS - 1), ...nothing.filter((point) => !Number.isNaN(point) && point !== null)];

      expect(classify(metric, { canary: nothing, baseline }).classification).toBe('NODATA');
      expect(classify(metric, { canary: baseline, baseline: nothing }).classification).toBe('NODATA');
      expect(classify(metric, { canary: few, baseline }).classification).toBe('NODATA');
    }),
    runs,
  );
});

it('a canary that is far above is high where an increase is bad, and passes where a decrease is; below, the other way round', () => {
  fc.assert(
    fc.property(samples, samples, (sample, baseline) => {
      const beyond = 2 * Math.max(...[...sample, ...baseline].map(Math.abs)) + 1;
      const above = sample.map((point) => point + 4 * beyond);
      const below = sample.map((point) => point - 4 * beyond);

      expect([of(above, baseline, 'increase'), of(above, baseline, 'decrease')]).toEqual(['HIGH', 'PASS']);
      expect([of(below, baseline, 'decrease'), of(below, baseline, 'increase')]).toEqual(['LOW', 'PASS']);
    }),
    runs,
  );
});

it('the unit of the metric plays no part', () => {
  fc.assert(
    fc.property(samples, samples, directions, fc.constantFrom(2 ** -20, 0.5, 3, 1000, 2 ** 30), (canary, baseline, direction, factor) => {
      const scaled = (sample: number[]) => sample.map((point) => point * factor);

      expect(of(scaled(canary), scaled(baseline), direction)).toBe(of(canary, baseline, direction));
    }),
    runs,
  );
});

it('the level of the metric plays no part', () => {
  fc.assert(
    fc.property(samples, samples, directions, fc.integer({ min: -1000, max: 1000 }), (canary, baseline, direction, by) => {
      const moved = (sample: number[]) => sample.map((point) => point + by);

      expect(of(moved(canary), moved(baseline), direction)).toBe(of(canary, baseline, direction));
    }),
    runs,
  );
});

describe('the score', () => {
  const steady = Array.from({ length: MIN_POINTS }, (_, index) => index % 7);
  const evidence: Record<'pass' | 'fail' | 'none', Samples> = {
    pass: { canary: steady, baseline: steady },
    fail: { canary: steady.map((point) => point + 100), baseline: steady },
    none: { canary: [], baseline: steady },
  };
  type Evidence = keyof typeof evidence;

  const plans = fc.array(
    fc.record({
      weight: fc.integer({ min: 1, max: 100 }),
      metrics: fc.array(
        fc.record({ has: fc.constantFrom<Evidence>('pass', 'pass', 'pass', 'fail', 'none'), critical: fc.nat(9).map((n) => n === 0) }),
        { minLength: 1, maxLength: 6 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  );
  type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

  function judged(plan: Plan) {
    const found = new Map<string, Samples>();
    const groups = plan.map(({ weight, metrics }, group) => ({
      ...{ name: `${group}`, weight },
      metrics: metrics.map(({ has, critical }, index): JudgedMetric => {
        const name = `${group}.${index}`;
        found.set(name, evidence[has]);
        return { name, critical, query: null, direction: 'either', missing: 'remove' };
      }),
    }));
    const definition: JudgeDefinition = { ...judgeDefaults, groups };
    return judge(definition, found);
  }

  /** The same plan, with this metric's evidence another. */
  const changed = (plan: Plan, at: number, has: Evidence): Plan => {
    let index = 0;
    const total = plan.reduce((sum, { metrics }) => sum + metrics.length, 0);
    return plan.map((group) => ({
      ...group,
      metrics: group.metrics.map((metric) => (index++ === at % total ? { ...metric, has } : metric)),
    }));
  };

  it('lies within 0 to 100, and what is missing can only raise it', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { score, highestScore } = judged(plan);

        expect([score >= 0, score <= highestScore, highestScore <= 100]).toEqual([true, true, true]);
      }),
      runs,
    );
  });

  it('is monotone in passes', () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, at) => {
        const [failed, none, passed] = (['fail', 'none', 'pass'] as const).map((has) => judged(changed(plan, at, has)));

        expect(failed?.score).toBeLessThanOrEqual(passed?.score ?? Number.NaN);
        expect(failed?.highestScore).toBeLessThanOrEqual(passed?.highestScore ?? Number.NaN);
        expect(none?.score).toBeLessThanOrEqual(passed?.score ?? Number.NaN);
        // No data is never better than a pass, and never lets anything pass that a failure there would not.
        if (none?.verdict === 'pass') expect([failed?.verdict, passed?.verdict]).toEqual(['pass', 'pass']);
      }),
      runs,
    );
  });

  it('is 0 when a critical metric fails, and nothing passes while a critical metric has no data', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { score, verdict } = judged(plan);
        const critical = plan.flatMap(({ metrics }) => metrics.filter((metric) => metric.critical)).map(({ has }) => has);

        if (critical.includes('fail')) expect({ score, verdict }).toEqual({ score: 0, verdict: 'fail' });
        if (critical.includes('none')) expect(['inconclusive', 'fail']).toContain(verdict);
        if (plan.every(({ metrics }) => metrics.every(({ has }) => has === 'none'))) expect(verdict).toBe('inconclusive');
      }),
      runs,
    );
  });
});
