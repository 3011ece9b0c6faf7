import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/domain/analysis/judge-metric.ts';
import { defaultPipeline } from '../../../src/domain/deployment/default-pipeline.ts';
import type { PipelineBody } from '../../../src/domain/deployment/pipeline.ts';
import { decideRollBack } from '../../../src/domain/deployment/rollout/decide-roll-back.ts';
import type { Strategy } from '../../../src/domain/deployment/strategy.ts';
import type { TargetBody } from '../../../src/domain/deployment/target.ts';
import { fair, type Weather } from '../service-rollout-simulator.ts';
import {
  type DeploymentInvariant,
  DeploymentModel,
  deploymentInvariants,
  type ModelOptions,
  type ModelService,
} from './deployment-model.ts';

const analysis = { metrics: [], inconclusiveDeadlineMs: 120_000 };
const strategies: fc.Arbitrary<Strategy> = fc.constantFrom<Strategy>(
  { kind: 'rolling' },
  {
    kind: 'canary',
    steps: [
      { do: 'set-weight', percent: 10 },
      { do: 'pause', forMs: 30_000 },
      { do: 'set-weight', percent: 50 },
      { do: 'analysis', analysis },
    ],
    ...{ background: null, drainMs: 30_000 },
  },
  { kind: 'canary', steps: [{ do: 'set-weight', percent: 25 }], background: analysis, drainMs: 30_000 },
  { kind: 'blue-green', prePromotion: null, promotion: 'automatic', postPromotion: null, drainMs: 30_000 },
);

const targetOf = (strategy: Strategy): TargetBody => ({
  deploy: { integrationId: 'D', config: {}, replicas: 1, readyWithinMs: 600_000, graceMs: 1_000 },
  strategy,
  traffic: { integrationId: 'T', config: {} },
  metrics: { integrationId: 'M' },
  health: [{ kind: 'tcp', intervalMs: 5_000, timeoutMs: 1_000, successes: 1, withinMs: 300_000 }],
  migrations: null,
  requiredVariables: [],
});

/** Each depends on some of those before it. */
const services: fc.Arbitrary<ModelService[]> = fc
  .array(fc.record({ strategy: strategies, wasThere: fc.boolean(), edges: fc.integer({ min: 0, max: 7 }) }), { minLength: 1, maxLength: 4 })
  .map((drawn) =>
    drawn.map(({ strategy, wasThere, edges }, index) => ({
      name: `s${index}`,
      after: drawn.slice(0, index).flatMap((_, before) => ((edges >> before) & 1 ? [`s${before}`] : [])),
      ...{ target: targetOf(strategy), wasThere },
    })),
  );

const leftTo = (onFailure: 'rollback' | 'halt'): PipelineBody => ({
  ...defaultPipeline,
  stages: defaultPipeline.stages.map((stage) => ({ ...stage, tasks: stage.tasks.map((task) => ({ ...task, onFailure })) })),
});

const deployments: fc.Arbitrary<ModelOptions> = fc.record({
  services,
  maxParallel: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom('DEPLOY' as const, 'DEPLOY' as const, 'DEPLOY' as const, 'ROLLBACK' as const),
  pipeline: fc.constantFrom(leftTo('rollback'), leftTo('rollback'), leftTo('halt')),
  asksPeople: fc.boolean(),
});

class Step implements fc.Command<{ over: boolean }, DeploymentModel> {
  readonly #name: string;
  readonly #does: (model: DeploymentModel) => void;

  constructor(name: string, does: (model: DeploymentModel) => void) {
    this.#name = name;
    this.#does = does;
  }

  check = () => true;
  run(_: unknown, model: DeploymentModel): void {
    this.#does(model);
  }
  toString = () => this.#name;
}

const step = (name: string, does: (model: DeploymentModel) => void) => new Step(name, does);
const trouble: fc.Arbitrary<Partial<Weather>> = fc.constantFrom<Partial<Weather>>(
  { driver: 'silent' },
  { driver: 'hung' },
  { driver: 'refuses' },
  { router: 'silent' },
  { router: 'hung' },
  { router: 'refuses' },
);
const deaths: fc.Arbitrary<NonNullable<Weather['dies']>> = fc.oneof(
  fc.integer({ min: 0, max: 2 }).map((before) => ({ before })),
  fc.integer({ min: 0, max: 2 }).map((after) => ({ after })),
);
const nth = fc.nat({ max: 7 });
const often = (times: number, arbitrary: fc.Arbitrary<Step>) => Array.from({ length: times }, () => arbitrary);

const happenings: fc.Arbitrary<Step>[] = [
  ...often(
    8,
    nth.map((n) => step(`work ${n}`, (model) => model.work(n))),
  ),
  ...often(
    6,
    fc.integer({ min: 1, max: 60 }).map((seconds) => step(`clock +${seconds} s`, (model) => model.pass(seconds))),
  ),
  ...often(
    2,
    fc.tuple(nth, deaths).map(([n, dies]) => step(`crash ${JSON.stringify(dies)}`, (model) => model.work(n, { ...fair, dies }))),
  ),
  fc
    .tuple(nth, trouble)
    .map(([n, weather]) => step(`trouble ${JSON.stringify(weather)}`, (model) => model.work(n, { ...fair, ...weather }))),
  // The queue delivers a wake-up twice; or it lost one, and the sweep asks again.
  nth.map((n) =>
    step('duplicate delivery', (model) => {
      model.work(n);
      model.work(n);
      model.ask();
    }),
  ),
  fc.constant(step('approve', (model) => model.approve())),
  fc.boolean().map((on) => step(on ? 'pause' : 'resume', (model) => model.hold('USER_REQUESTED', on))),
  fc.constant(step('resume', (model) => model.hold('USER_REQUESTED', false))),
  fc.constant(step('retry', (model) => model.retry())),
  fc
    .boolean()
    .map((allowed) =>
      step(allowed ? 'window opens' : 'window closes', (model) =>
        model.each((rollout) => rollout.windowsAre({ allowed, blocking: allowed ? [] : ['freeze'], nextChangeAt: null, onClose: 'pause' })),
      ),
    ),
  fc
    .tuple(nth, fc.integer({ min: 0, max: 100 }))
    .map(([n, weight]) => step(`router drifts to ${weight}`, (model) => model.drift(n, weight))),
  fc
    .constantFrom<Verdict>('successful', 'failed', 'inconclusive')
    .map((verdict) => step(`metrics say ${verdict}`, (model) => model.each((rollout) => rollout.measure(verdict)))),
  fc
    .boolean()
    .map((healthy) => step(healthy ? 'probes succeed' : 'probes fail', (model) => model.each((one) => one.answerProbes(healthy)))),
];
const rare: fc.Arbitrary<Step>[] = [
  fc.constant(step('cancel', (model) => model.cancel())),
  nth.map((n) => step('a task fails', (model) => model.fail(n))),
  nth.map((n) => step('a version breaks down', (model) => model.breakDown(`s${n % 4}`))),
];
/** What makes everything well again, and people who want it to go on. */
function mend(model: DeploymentModel): void {
  model.hold('USER_REQUESTED', false);
  model.approve();
  model.each((rollout) => {
    rollout.windowsAre({ allowed: true, blocking: [], nextChangeAt: null, onClose: 'pause' });
    rollout.answerProbes(true);
    rollout.measure('successful');
  });
}

/** Works at whatever there is until it has ended. */
function toTheEnd(model: DeploymentModel, people: 'retry' | 'cancel' = 'cancel'): DeploymentModel {
  for (let rounds = 0; rounds < 300 && !model.over; rounds += 1) {
    for (const n of model.run.runnable.keys()) model.work(n);
    model.pass(20);
    if (model.run.holds.length > 0 && !model.over) people === 'retry' ? model.retry() : model.cancel();
  }
  return model;
}

const commands = fc.commands([...happenings, ...happenings, ...rare], { maxCommands: 120, size: 'max' });
const mostly = (model: DeploymentModel, script: Iterable<fc.Command<{ over: boolean }, DeploymentModel>>) =>
  fc.modelRun(() => ({ model: { over: false }, real: model }), script);

describe('a deployment, whatever people, workers, drivers, routers, windows and time do', () => {
  const found = new Map<DeploymentInvariant, string[]>();
  const met: Record<string, number> = {};
  const unended: string[] = [];
  fc.assert(
    fc.property(deployments, commands, (options, script) => {
      const model = new DeploymentModel(options);
      mostly(model, script);
      mend(model);
      toTheEnd(model);
      const end = model.outcome;
      // What comes late changes nothing.
      mostly(model, script);
      if (model.outcome !== end) model.broken.push({ invariant: 'terminal states never change', what: `${end} → ${model.outcome}` });
      if (!model.over) unended.push(JSON.stringify(model.run.view.tasks));
      for (const [what, times] of Object.entries(model.met)) met[what] = (met[what] ?? 0) + times;
      for (const { invariant, what } of model.broken) found.set(invariant, [...(found.get(invariant) ?? []), what]);
    }),
    { numRuns: 700 },
  );

  it.each(deploymentInvariants)('%s', (invariant) => {
    expect(found.get(invariant)?.slice(0, 3) ?? []).toEqual([]);
  });

  it('comes to an end once everything is well and people want one', () => {
    expect(unended.slice(0, 2)).toEqual([]);
  });

  it('meets everything that the invariants are about', () => {
    for (const what of ['succeeded', 'failed', 'cancelled', 'rolledBack', 'rollbackFailed', 'halted', 'paused', 'approved'])
      expect(met[what], `never met: ${what}`).toBeGreaterThan(10);
  });

  it('any crash point replays to the same end', () => {
    fc.assert(
      fc.property(
        deployments,
        fc.array(fc.tuple(nth, deaths), { maxLength: 25 }),
        fc.constantFrom<Verdict>('successful', 'failed'),
        (options, crashes, verdict) => {
          const end = (deaths: typeof crashes) => {
            const model = new DeploymentModel(options);
            mend(model);
            model.each((rollout) => rollout.measure(verdict));
            for (const [n, dies] of deaths) {
              model.work(n, { ...fair, dies });
              model.pass(10);
            }
            toTheEnd(model);
            return [
              model.broken,
              model.outcome,
              model.failure,
              [...model.services.values()].map(({ rollout }) => [
                rollout.weight,
                rollout.sides.blue?.version,
                rollout.sides.green?.version,
                rollout.installs,
              ]),
            ];
          };

          expect(end(crashes)).toEqual(end([]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('rollback is never blocked by windows or pauses', () => {
    fc.assert(
      fc.property(deployments, commands, (options, script) => {
        const model = new DeploymentModel({ ...options, kind: 'DEPLOY' });
        mostly(model, script);
        mend(model);
        fc.pre(!model.over);
        model.hold('USER_REQUESTED', true);
        model.each((rollout) => rollout.windowsAre({ allowed: false, blocking: ['freeze'], nextChangeAt: null, onClose: 'pause' }));
        model.cancel();
        toTheEnd(model);

        expect(model.outcome).toMatch(/^(FAILED|CANCELLED|ROLLED_BACK|ROLLBACK_FAILED)$/);
        const isDone = [...model.services.values()].every(({ status }) => status !== 'ROLLBACK_FAILED');
        if (
          isDone &&
          model.run.tasks.every(({ key, stageKey, status }) => stageKey !== 'ROLL_BACK' || key !== 'VERIFY_HEALTH' || status !== 'FAILED')
        )
          expect(model.outcome).not.toBe('ROLLBACK_FAILED');
      }),
      { numRuns: 200 },
    );
  });

  it('ends with all services new where nothing goes wrong, in the order of their dependencies', () => {
    fc.assert(
      fc.property(deployments, (options) => {
        const model = new DeploymentModel(options);
        mend(model);
        toTheEnd(model);

        expect(model.broken).toEqual([]);
        expect(model.outcome).toBe('SUCCEEDED');
        for (const { name, after } of options.services)
          for (const before of after)
            expect(model.services.get(before)?.changeOrder).toBeLessThan(model.services.get(name)?.changeOrder ?? 0);
      }),
      { numRuns: 100 },
    );
  });

  it('no service is called back while its router cannot be read', () => {
    const sides = fc.constantFrom('blue' as const, 'green' as const);
    const looks = fc.record({
      to: sides,
      oldSide: fc.option(sides),
      state: fc.constantFrom('absent' as const, 'other' as const, 'ready' as const),
    });
    fc.assert(
      fc.property(looks, ({ to, oldSide, state }) => {
        const decision = decideRollBack({
          ...{ to, checks: [], progress: { notReadySince: null, health: null }, probes: [], readyWithinMs: 60_000, now: 1_000 },
          old: oldSide === null ? null : { side: oldSide, seen: { state: 'ready', why: null } },
          next: { state, why: null },
          route: { weight: null, headerRoute: null, why: null, isRead: false },
        });

        expect([decision.isDone, decision.act]).toEqual([false, null]);
      }),
    );
  });
});
