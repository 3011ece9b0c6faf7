import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deploymentKinds, deploymentOutcomes } from '../../src/domain/deployment/vocabulary.ts';
import { durationFigures } from '../../src/domain/dora/duration.ts';
import type { DeliveredChange, EndedDeployment, Period } from '../../src/domain/dora/facts.ts';
import { type DoraFigures, doraFigures } from '../../src/domain/dora/figures.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(START + hours * HOUR_MS);
const DAYS = 10;
const period: Period = { from: at(0), to: at(DAYS * 24) };

const deployments: fc.Arbitrary<EndedDeployment[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...deploymentKinds),
      outcome: fc.constantFrom(...deploymentOutcomes.filter((outcome) => outcome === 'SUCCEEDED' || outcome.startsWith('ROLL'))),
      environmentId: fc.constantFrom('eu', 'us'),
      serviceIds: fc.subarray(['api', 'web', 'jobs'], { minLength: 1 }),
      created: fc.integer({ min: -24, max: (DAYS + 3) * 24 }),
      reverts: fc.option(fc.nat({ max: 30 })),
      fixesForward: fc.boolean(),
    }),
    { maxLength: 20 },
  )
  .map((rows) =>
    rows.map(({ created, reverts, ...row }, index) => ({
      ...{ ...row, id: `d${index}` },
      ...{ createdAt: at(created), changedAt: at(created + 1), endedAt: at(created + 2) },
      revertsId: row.kind === 'ROLLBACK' && reverts !== null ? `d${reverts}` : null,
    })),
  );

const changes: fc.Arbitrary<DeliveredChange[]> = fc.array(
  fc.record({
    committedAt: fc.option(fc.integer({ min: -100, max: 300 }).map(at)),
    deliveredAt: fc.integer({ min: -24, max: 300 }).map(at),
  }),
  { maxLength: 15 },
);

const added = (a: DoraFigures, b: DoraFigures) => ({
  total: a.deployments.total + b.deployments.total,
  stood: a.deployments.stood + b.deployments.stood,
  failed: a.deployments.failed + b.deployments.failed,
  rollbacks: a.deployments.rollbacks + b.deployments.rollbacks,
});

describe('the delivery measures', () => {
  it('add up: what stood and what failed is all there was, and two halves of a period make the whole', () => {
    fc.assert(
      fc.property(deployments, changes, fc.integer({ min: 1, max: DAYS * 24 - 1 }), (ended, delivered, hours) => {
        const whole = doraFigures(ended, delivered, period);
        const first = doraFigures(ended, delivered, { from: period.from, to: at(hours) });
        const second = doraFigures(ended, delivered, { from: at(hours), to: period.to });
        const { total, stood, failed } = whole.deployments;

        expect(stood + failed).toBe(total);
        expect(stood).toBeGreaterThanOrEqual(0);
        expect(whole.recoveryTime.count + whole.recoveryTime.open).toBe(failed);
        expect(added(first, second)).toEqual(whole.deployments);
        expect(first.leadTime.count + second.leadTime.count).toBe(whole.leadTime.count);
        const delivereds = delivered.filter(({ deliveredAt }) => deliveredAt >= period.from && deliveredAt < period.to);
        expect(whole.leadTime.count + whole.leadTime.unknown).toBe(delivereds.length);
      }),
    );
  });

  it('do not depend on the order in which anything is read', () => {
    fc.assert(
      fc.property(
        deployments.chain((ended) => fc.tuple(fc.constant(ended), fc.shuffledSubarray(ended, { minLength: ended.length }))),
        changes.chain((delivered) => fc.tuple(fc.constant(delivered), fc.shuffledSubarray(delivered, { minLength: delivered.length }))),
        ([ended, shuffled], [delivered, mixed]) => {
          expect(doraFigures(shuffled, mixed, period)).toEqual(doraFigures(ended, delivered, period));
        },
      ),
    );
  });

  it('are null exactly where there is no evidence, and shares lie between 0 and 1', () => {
    fc.assert(
      fc.property(deployments, changes, (ended, delivered) => {
        const figures = doraFigures(ended, delivered, period);
        const { total, rollbacks } = figures.deployments;

        expect(figures.deploymentFrequency === null).toBe(total === 0);
        expect(figures.changeFailRate === null).toBe(total === 0);
        expect(figures.reworkRate === null).toBe(total + rollbacks === 0);
        expect(figures.leadTime.medianMs === null).toBe(figures.leadTime.count === 0);
        expect(figures.recoveryTime.p90Ms === null).toBe(figures.recoveryTime.count === 0);
        for (const share of [figures.changeFailRate, figures.reworkRate]) {
          if (share === null) continue;
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('give durations that were measured: half of them, and nine of ten, are no longer', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (durations) => {
        const { medianMs, p90Ms } = durationFigures(durations);
        const notLonger = (limit: number | null) => durations.filter((duration) => duration <= (limit ?? -1)).length / durations.length;
        const shorter = (limit: number | null) => durations.filter((duration) => duration < (limit ?? -1)).length / durations.length;

        expect(durations).toContain(medianMs);
        expect(durations).toContain(p90Ms);
        expect(notLonger(medianMs)).toBeGreaterThanOrEqual(0.5);
        expect(shorter(medianMs)).toBeLessThan(0.5);
        expect(notLonger(p90Ms)).toBeGreaterThanOrEqual(0.9);
        expect(shorter(p90Ms)).toBeLessThan(0.9);
      }),
    );
  });
});

describe('a failed deployment', () => {
  const deployed = (id: string, hour: number, more: Partial<EndedDeployment> = {}): EndedDeployment => ({
    ...{ id, kind: 'DEPLOY', outcome: 'SUCCEEDED', environmentId: 'eu', serviceIds: ['api'], revertsId: null, fixesForward: false },
    ...{ createdAt: at(hour), changedAt: at(hour + 1), endedAt: at(hour + 2) },
    ...more,
  });

  it('that took itself back is recovered when it is back', () => {
    const figures = doraFigures([deployed('a', 0, { outcome: 'ROLLED_BACK' }), deployed('b', 10)], [], period);

    expect(figures).toMatchObject({ changeFailRate: 0.5, recoveryTime: { count: 1, medianMs: HOUR_MS, open: 0 }, reworkRate: 0 });
  });

  it('that a person took back counts from the first service it touched until the rollback succeeded', () => {
    const back = deployed('b', 20, { kind: 'ROLLBACK', revertsId: 'a' });
    const figures = doraFigures([deployed('a', 0), back], [], period);

    expect(figures).toMatchObject({
      deployments: { total: 1, stood: 0, failed: 1, rollbacks: 1 },
      ...{ changeFailRate: 1, recoveryTime: { count: 1, medianMs: 21 * HOUR_MS }, reworkRate: 0.5 },
    });
  });

  it('that was left half-way stays open until a success replaces one of its services there, and no other one', () => {
    const stuck = deployed('a', 0, { outcome: 'ROLLBACK_FAILED' });
    const elsewhere = deployed('b', 10, { environmentId: 'us' });
    const besides = deployed('c', 11, { serviceIds: ['web'] });
    const fix = deployed('d', 12, { serviceIds: ['web', 'api'], fixesForward: true });

    expect(doraFigures([stuck, elsewhere, besides], [], period).recoveryTime).toMatchObject({ count: 0, medianMs: null, open: 1 });
    expect(doraFigures([stuck, elsewhere, besides, fix], [], period)).toMatchObject({
      ...{ recoveryTime: { count: 1, medianMs: 13 * HOUR_MS, open: 0 }, reworkRate: 0.25 },
    });
  });
});
