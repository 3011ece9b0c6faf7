import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/domain/analysis/judge-metric.ts';
import type { AnalysisPlan } from '../../src/domain/deployment/analysis-plan.ts';
import { programOf, type RolloutProgram } from '../../src/domain/deployment/rollout/program.ts';
import type { ServiceRolloutWish } from '../../src/domain/deployment/rollout/rollout.ts';
import type { CanaryStep, Strategy } from '../../src/domain/deployment/strategy.ts';
import type { TargetBody } from '../../src/domain/deployment/target.ts';
import type { DeploymentKind } from '../../src/domain/deployment/vocabulary.ts';
import { fair, type Invariant, invariants, ServiceRolloutSimulator, type Weather } from './service-rollout-simulator.ts';

const analysis: AnalysisPlan = { metrics: [], inconclusiveDeadlineMs: 120_000 };

const stepsBetween: fc.Arbitrary<CanaryStep[]> = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 120 }).map((seconds): CanaryStep => ({ do: 'pause', forMs: seconds * 1_000 })),
    fc.constant<CanaryStep>({ do: 'pause', forMs: null }),
    fc.constant<CanaryStep>({ do: 'analysis', analysis }),
    fc.constant<CanaryStep>({ do: 'set-header-route', header: 'x-canary', value: 'yes' }),
  ),
  { maxLength: 2 },
);
const canary: fc.Arbitrary<Strategy> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 }),
    fc.array(stepsBetween, { minLength: 3, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([percents, between, background]) => ({
    kind: 'canary',
    steps: percents
      .sort((a, b) => a - b)
      .flatMap((percent, index): CanaryStep[] => [{ do: 'set-weight', percent }, ...(between[index] ?? [])]),
    background: background ? analysis : null,
    drainMs: 30_000,
  }));
const blueGreen: fc.Arbitrary<Strategy> = fc.record({
  kind: fc.constant('blue-green' as const),
  prePromotion: fc.constantFrom(analysis, null),
  promotion: fc.constantFrom('manual' as const, 'automatic' as const),
  postPromotion: fc.constantFrom(analysis, null),
  drainMs: fc.constant(30_000),
});
const strategies: fc.Arbitrary<Strategy> = fc.oneof(
  { weight: 4, arbitrary: canary },
  { weight: 3, arbitrary: blueGreen },
  { weight: 1, arbitrary: fc.constant<Strategy>({ kind: 'rolling' }) },
);

const target = (strategy: Strategy): TargetBody => ({
  deploy: { integrationId: 'D', config: {}, replicas: 2, readyWithinMs: 600_000, graceMs: 1_000 },
  strategy,
  traffic: { integrationId: 'T', config: {} },
  metrics: { integrationId: 'M' },
  health: [{ kind: 'tcp', intervalMs: 5_000, timeoutMs: 1_000, successes: 2, withinMs: 300_000 }],
  migrations: null,
  requiredVariables: [],
});

const programs = fc
  .tuple(
    strategies,
    fc.constantFrom<DeploymentKind>('DEPLOY', 'DEPLOY', 'ROLLBACK'),
    fc.constantFrom('blue' as const, 'green' as const, 'blue' as const, null),
  )
  .map(([strategy, kind, from]) => programOf(target(strategy), { kind, from, unchanged: false }));

type Step = (world: ServiceRolloutSimulator) => void;
const weathers: fc.Arbitrary<Weather> = fc.record({
  driver: fc.constantFrom('well' as const, 'well' as const, 'silent' as const, 'hung' as const, 'refuses' as const),
  router: fc.constantFrom('well' as const, 'well' as const, 'silent' as const, 'hung' as const, 'refuses' as const),
  dies: fc.oneof(
    fc.constant(null),
    fc.integer({ min: 0, max: 2 }).map((before) => ({ before })),
    fc.integer({ min: 0, max: 2 }).map((after) => ({ after })),
  ),
});
const crashes: fc.Arbitrary<Weather> = weathers.map(({ dies }) => ({ ...fair, dies }));
const windowsAre = fc
  .record({ allowed: fc.boolean(), onClose: fc.constantFrom('finish' as const, 'pause' as const, 'abort' as const) })
  .map((found) => ({ ...found, blocking: found.allowed ? [] : ['freeze'], nextChangeAt: null }));

const step = (of: Step): Step => of;
const happenings: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 60 }).map((seconds) => step((world) => world.pass(seconds))) },
  { weight: 14, arbitrary: fc.constant(step((world) => world.look())) },
  { weight: 4, arbitrary: crashes.map((weather) => step((world) => world.look(weather))) },
  { weight: 1, arbitrary: weathers.map((weather) => step((world) => world.look(weather))) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<ServiceRolloutWish>('RUN', 'RUN', 'PAUSE', 'PROMOTE', 'ABORT')
      .map((wanted) => step((world) => world.command({ wanted }))),
  },
  { weight: 3, arbitrary: fc.constant(step((world) => world.command({ advanceRequestedAt: world.now }))) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 100 }).map((weight) => step((world) => world.drift(weight))) },
  { weight: 2, arbitrary: windowsAre.map((windows) => step((world) => world.windowsAre(windows))) },
  { weight: 1, arbitrary: fc.boolean().map((held) => step((world) => world.hold(held))) },
  { weight: 1, arbitrary: fc.boolean().map((healthy) => step((world) => world.answerProbes(healthy))) },
  { weight: 1, arbitrary: fc.constant(step((world) => world.breakDown())) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Verdict>('successful', 'successful', 'failed', 'inconclusive', 'error')
      .map((verdict) => step((world) => world.measure(verdict))),
  },
);

function live(program: RolloutProgram, script: readonly Step[]): ServiceRolloutSimulator {
  const world = new ServiceRolloutSimulator(program);
  for (const happen of script) happen(world);
  return world;
}

/** Looks again and again, as a person would have it who takes every step. */
function toTheEnd(world: ServiceRolloutSimulator, { people = true }: { people?: boolean } = {}): ServiceRolloutSimulator {
  for (let minutes = 0; minutes < 400 && !world.over; minutes += 1) {
    world.look();
    if (people && world.state.pauseReason === 'step') world.command({ advanceRequestedAt: world.now });
    world.pass(20);
  }
  return world;
}

describe('the rollout of a service, whatever people, drivers, routers, windows, time and crashes do', () => {
  const met = { raised: 0, lowered: 0, completed: 0, aborted: 0, crashed: 0, drifted: 0, denied: 0, paused: 0 };
  const found = new Map<Invariant, string[]>();
  fc.assert(
    fc.property(programs, fc.array(happenings, { minLength: 10, maxLength: 90 }), (program, script) => {
      const world = live(program, script);
      for (const key of Object.keys(met) as (keyof typeof met)[]) met[key] += world.met[key];
      for (const { invariant, what } of world.broken) found.set(invariant, [...(found.get(invariant) ?? []), what]);
    }),
    { numRuns: 2_500 },
  );

  it.each(invariants)('%s', (invariant) => {
    expect(found.get(invariant)?.slice(0, 3) ?? []).toEqual([]);
  });

  it('meets everything that the invariants are about', () => {
    for (const [what, times] of Object.entries(met)) {
      expect(times, `never met: ${what}`).toBeGreaterThan(100);
    }
  });

  it('any crash point replays to the same end', () => {
    fc.assert(
      fc.property(programs, fc.array(crashes, { maxLength: 12 }), (program, deaths) => {
        const calm = toTheEnd(new ServiceRolloutSimulator(program));
        const shaken = new ServiceRolloutSimulator(program);
        for (const death of deaths) {
          shaken.look(death);
          if (shaken.state.pauseReason === 'step') shaken.command({ advanceRequestedAt: shaken.now });
          shaken.pass(20);
        }
        toTheEnd(shaken);

        const end = (world: ServiceRolloutSimulator) => [
          world.state.status,
          world.weight,
          world.installs,
          world.headerRoute,
          versions(world),
        ];
        expect(end(shaken)).toEqual(end(calm));
        expect(shaken.state.status).toBe('COMPLETED');
      }),
      { numRuns: 300 },
    );
  });

  it('comes to everybody, and the old version is gone', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const world = toTheEnd(new ServiceRolloutSimulator(program));

        expect(world.broken).toEqual([]);
        expect(world.state).toMatchObject({ status: 'COMPLETED', phase: 'COMPLETED' });
        expect(world.sides[program.to]?.version).toBe('new');
        expect(world.weight).toBe(100);
        if (program.from !== null) expect(world.sides[program.from]).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('is taken back whatever windows and pauses say', () => {
    fc.assert(
      fc.property(programs, fc.array(happenings, { maxLength: 40 }), (program, script) => {
        const world = live(program, script);
        fc.pre(!world.over && world.state.phase !== 'REMOVING');
        world.windows = { allowed: false, blocking: ['freeze'], nextChangeAt: null, onClose: 'pause' };
        world.held = true;
        world.command({ wanted: 'ABORT' });

        for (let looks = 0; looks < 3; looks += 1) world.look();

        expect(world.state.status).toBe('ABORTED');
        if (!program.inPlace && world.state.installedAt !== null) expect(world.weight).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('without evidence and without people it is taken back in the end, never passed', () => {
    fc.assert(
      fc.property(fc.constantFrom<Verdict>('inconclusive', 'error', 'failed'), programs, (verdict, program) => {
        fc.pre(program.background !== null || program.steps.some(({ do: kind }) => kind === 'analysis'));
        const world = new ServiceRolloutSimulator(program);
        world.verdict = verdict;

        toTheEnd(world);

        expect(world.broken).toEqual([]);
        expect(world.state.status).toBe('ABORTED');
        expect(world.weight).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

const versions = ({ sides }: ServiceRolloutSimulator) => [sides.blue?.version ?? null, sides.green?.version ?? null];
