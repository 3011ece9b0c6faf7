import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import type { ObservedState } from '../../src/domain/rollout/rollout.ts';
import { RolloutSimulator } from './rollout-simulator.ts';

const staged: fc.Arbitrary<RolloutPlan> = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 }).chain((percents) =>
  fc
    .array(fc.option(fc.integer({ min: 0, max: 300 })), { minLength: percents.length + 1, maxLength: percents.length + 1 })
    .map((waits) => ({
      kind: 'staged' as const,
      steps: [...percents.sort((a, b) => a - b), 100].map((percent, index) => ({ percent, waitMinutes: waits[index] ?? null })),
    })),
);
const plans = fc.oneof({ weight: 5, arbitrary: staged }, { weight: 1, arbitrary: fc.constant<RolloutPlan>({ kind: 'immediate' }) });

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
);
describe('a rollout, whatever people, the console, time and crashes do', () => {
  it('reaches more users only when it may, step after step, and is over only when everybody is seen to have it', () => {
    const met = { raised: 0, halted: 0, completed: 0, outside: 0, crashes: 0, keptBack: 0, haltedByWindow: 0 };

    fc.assert(
      fc.property(plans, abilities, fc.array(steps, { maxLength: 40 }), (plan, can, script) => {
        const world = new RolloutSimulator(plan, can);
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
          steps: plan.kind === 'staged' ? plan.steps.map(({ percent, waitMinutes }) => ({ percent, waitMinutes: waitMinutes ?? 60 })) : [],
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
});
