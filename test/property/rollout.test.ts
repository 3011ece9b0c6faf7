import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricDefaults } from '../../src/domain/analysis/metric.ts';
import type { AnalysisPlan } from '../../src/domain/deployment/analysis-plan.ts';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import type { ObservedState, RolloutAbilities } from '../../src/domain/rollout/rollout.ts';
import { RolloutSimulator } from './rollout-simulator.ts';

/** What comes of it the simulator says. */
const analysis: AnalysisPlan = {
  inconclusiveDeadlineMs: 45 * 60_000,
  metrics: [
    {
      ...metricDefaults,
      ...{ name: 'crashes', query: 'crashes', intervalMs: 60_000, until: { kind: 'count', count: 3 } },
      successCondition: { op: '<', threshold: 1 },
    },
  ],
};
const metrics = { integrationId: 'prometheus' };

const staged: fc.Arbitrary<Extract<RolloutPlan, { kind: 'staged' }>> = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 })
  .chain((percents) =>
    fc
      .array(fc.tuple(fc.option(fc.integer({ min: 0, max: 300 })), fc.constantFrom(true, true, false)), {
        minLength: percents.length + 1,
        maxLength: percents.length + 1,
      })
      .map((stays) => ({
        ...{ kind: 'staged' as const, metrics },
        steps: [...percents.sort((a, b) => a - b), 100].map((percent, index) => ({
          ...{ percent, waitMinutes: stays[index]?.[0] ?? null },
          analysis: stays[index]?.[1] === true && percent < 100 ? analysis : null,
        })),
      })),
  );
const plans = fc.oneof({ weight: 5, arbitrary: staged }, { weight: 1, arbitrary: fc.constant<RolloutPlan>({ kind: 'immediate' }) });
const ownDays: RolloutAbilities = {
  rollout: { kind: 'phased', dailyPercents: [1, 2, 5, 10, 20, 50, 100] },
  ...{ haltsLive: false, releasesOnRequest: true },
};

const abilities = fc.record({
  rollout: fc.constant({ kind: 'staged' as const }),
  haltsLive: fc.boolean(),
  releasesOnRequest: fc.boolean(),
});

const share = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100);
const shown: fc.Arbitrary<ObservedState> = fc.oneof(
  share.map((fraction) => ({ kind: 'rolling-out' as const, fraction })),
  share.map((fraction) => ({ kind: 'halted' as const, fraction })),
  fc.constantFrom<ObservedState>({ kind: 'live' }, { kind: 'approved' }, { kind: 'in-review' }, { kind: 'processing' }),
  fc.constantFrom<ObservedState>({ kind: 'withdrawn' }, { kind: 'superseded' }, { kind: 'rejected', reason: 'crashes' }),
);

/** What an analysis may come to; what lets a step be left comes often enough to get anywhere. */
const verdicts = ['successful', 'successful', 'running', 'failed', 'inconclusive', 'error'] as const;

type Step = (world: RolloutSimulator) => void;
const step = (of: Step): Step => of;

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 400 }).map((minutes) => step((world) => world.pass(minutes))) },
  { weight: 8, arbitrary: fc.constant(step((world) => world.look(null))) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 2 }).map((lose) => step((world) => world.look(lose))) },
  { weight: 1, arbitrary: fc.constantFrom('nothing' as const, 'riddle' as const).map((shows) => step((world) => world.look(null, shows))) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('RUN' as const, 'HALT' as const, 'COMPLETE' as const)
      .map((wanted) => step((world) => world.command({ wanted }))),
  },
  { weight: 2, arbitrary: fc.constant(step((world) => world.command({ advanceRequestedAt: world.now }))) },
  { weight: 1, arbitrary: fc.boolean().map((held) => step((world) => world.hold(held))) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(null, null, 'finish' as const, 'pause' as const, 'abort' as const, 'abort' as const)
      .map((onClose) => step((world) => world.close(onClose))),
  },
  { weight: 2, arbitrary: shown.map((state) => step((world) => world.change(state))) },
  {
    weight: 8,
    arbitrary: fc.constantFrom(...verdicts).map((verdict) =>
      step((world) => {
        world.health = verdict;
      }),
    ),
  },
);
const noneMet = {
  ...{ raised: 0, halted: 0, completed: 0, outside: 0, crashes: 0, keptBack: 0, haltedByWindow: 0 },
  ...{ haltedByAnalysis: 0, unproven: 0 },
};

describe('a rollout, whatever people, the console, time and crashes do', () => {
  it('reaches more users only when it may, step after step, and is over only when everybody is seen to have it', () => {
    const met = { ...noneMet };

    fc.assert(
      fc.property(plans, abilities, fc.constantFrom(...verdicts), fc.array(steps, { maxLength: 40 }), (plan, can, verdict, script) => {
        const world = new RolloutSimulator(plan, can);
        world.health = verdict;
        for (const happen of script) happen(world);
        for (const key of Object.keys(met) as (keyof typeof met)[]) met[key] += world.met[key];
        expect(world.broken).toEqual([]);
      }),
      { numRuns: 5_000 },
    );

    for (const [what, times] of Object.entries(met)) expect(times, `never met: ${what}`).toBeGreaterThan(50);
  });

  it('comes to everybody by itself where no step waits for a person and nobody interferes', () => {
    fc.assert(
      fc.property(staged, abilities, (plan, can) => {
        const timed = {
          kind: 'staged' as const,
          steps: plan.steps.map((of) => ({ ...of, waitMinutes: of.waitMinutes ?? 60 })),
          metrics,
        };
        const world = new RolloutSimulator(timed, can);

        for (let hours = 0; hours < 60 && !world.over; hours += 1) {
          world.look(null);
          world.pass(60);
        }

        expect(world.broken).toEqual([]);
        expect(world.state.status).toBe('COMPLETED');
      }),
    );
  });

  it('never reaches more while the last verdict is no pass, nor in a store with days of its own, which is halted for it', () => {
    const met = { ...noneMet };

    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (script) => {
        const world = new RolloutSimulator({ kind: 'phased', analysis, metrics }, ownDays);
        for (const happen of script) happen(world);
        for (const key of Object.keys(met) as (keyof typeof met)[]) met[key] += world.met[key];
        expect(world.broken).toEqual([]);
      }),
      { numRuns: 2_000 },
    );

    for (const what of ['halted', 'haltedByAnalysis', 'outside', 'crashes'] as const)
      expect(met[what], `never met: ${what}`).toBeGreaterThan(50);
    expect(met.unproven).toBe(0);
  });

  it('is halted in the store for what fails, or stays without evidence, wherever it crashes and whatever else holds it up', () => {
    const bad = fc.constantFrom('failed' as const, 'inconclusive' as const, 'error' as const);
    const crashes = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 });
    const ways = fc.constantFrom<[RolloutPlan, RolloutAbilities]>(
      [
        {
          kind: 'staged',
          metrics,
          steps: [
            { percent: 10, waitMinutes: 10, analysis },
            { percent: 100, waitMinutes: null },
          ],
        },
        { rollout: { kind: 'staged' }, haltsLive: true, releasesOnRequest: false },
      ],
      [{ kind: 'phased', analysis, metrics }, ownDays],
    );

    fc.assert(
      fc.property(ways, bad, crashes, fc.boolean(), ([plan, can], verdict, lost, held) => {
        const world = new RolloutSimulator(plan, can);
        world.look(null);
        world.health = verdict;
        world.hold(held);

        for (const lose of lost) world.look(lose);
        world.look(null);
        world.pass(60);
        for (const lose of lost) world.look(lose);
        world.look(null);
        world.look(null);

        expect(world.broken).toEqual([]);
        expect(world.store.kind).toBe('halted');
        expect(world.state).toMatchObject({ status: 'PAUSED', pauseReason: 'analysis', wanted: 'HALT' });
        expect(world.met.halted).toBe(1);
      }),
    );
  });
});
