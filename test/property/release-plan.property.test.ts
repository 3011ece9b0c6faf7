import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReleaseFacts } from '../../src/domain/release/plan-release.ts';
import { planCycle, planGate, planKickoff, planPostRegression } from '../../src/domain/release/plan-tasks.ts';
import { type Platform, platforms } from '../../src/domain/release/vocabulary.ts';
import { inDependencyOrder } from '../../src/engine/create-run.ts';
import { frozenConfig, frozenStore, minute, releaseFacts, slot } from '../data/release-facts.ts';
import { ReleaseSimulator } from './release-simulator.ts';

const configs = fc
  .record({
    tracker: fc.boolean(),
    tests: fc.boolean(),
    chat: fc.boolean(),
    preRegressionBuilds: fc.boolean(),
    workflows: fc.boolean(),
    latest: fc.boolean(),
    stores: fc.subarray(['PLAY_STORE', 'APP_STORE'] as const),
  })
  .map((has) =>
    frozenConfig({
      projectManagementConfigId: has.tracker ? 'tracker' : null,
      testManagementConfigId: has.tests ? 'tests' : null,
      commsConfigId: has.chat ? 'chat' : null,
      preRegressionBuilds: has.preRegressionBuilds,
      slotCatchUp: has.latest ? 'LATEST' : 'ALL',
      stores: has.stores.map((target) => frozenStore(target)),
      ...(has.workflows ? {} : { workflows: [] }),
    }),
  );

/** Valid at creation: kickoff at 0, slots between 1 and 400, target after the last of them. */
const facts: fc.Arbitrary<ReleaseFacts> = fc
  .record({
    config: configs,
    platforms: fc.subarray<Platform>([...platforms], { minLength: 1 }),
    reminder: fc.option(fc.integer({ min: -50, max: -1 })),
    slots: fc.uniqueArray(fc.record({ at: fc.integer({ min: 1, max: 400 }), automation: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
      selector: ({ at }) => at,
    }),
    reserve: fc.integer({ min: 1, max: 100 }),
  })
  .map((given) =>
    releaseFacts({
      config: given.config,
      platforms: given.platforms,
      kickOffReminderDate: given.reminder === null ? null : minute(given.reminder),
      slots: given.slots.map(({ at, automation }, index) => slot(`s${index}`, at, { flags: { automation } })),
      targetReleaseDate: minute(Math.max(...given.slots.map(({ at }) => at)) + given.reserve),
    }),
  );

/** Endings are common and pauses rare, or few lives would ever reach the gate. */
const kinds = [
  ...Array.from({ length: 30 }, () => 'end' as const),
  ...(['skip', 'skip', 'fail', 'retry', 'retry', 'wait', 'wait', 'wait', 'slot', 'slot', 'regression', 'pre-release'] as const),
  ...([
    'target',
    'pause',
    'pause',
    'resume',
    'resume',
    'resume',
    'abandon',
    'abandon',
    'abandon',
    'skip-slot',
    'change-of-mind',
    'change-of-mind',
  ] as const),
];
const step = fc.record({ kind: fc.constantFrom(...kinds), n: fc.integer({ min: 0, max: 150 }) });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(simulator: ReleaseSimulator, { kind, n }: Step): void {
  const pick = <T>(from: readonly T[]): T | undefined => from[n % Math.max(1, from.length)];
  const chosen = kind === 'retry' ? pick(simulator.failed) : pick(simulator.runnable);
  const ahead = new Date(simulator.now.getTime() + n * 60_000);
  if (kind === 'wait') simulator.pass(n * 60_000);
  else if (kind === 'slot') simulator.addSlot(ahead, n % 2 === 0);
  else if (kind === 'regression') simulator.requestRegression();
  else if (kind === 'pre-release') simulator.requestPreRelease();
  else if (kind === 'pause') simulator.pause();
  else if (kind === 'resume') simulator.resume();
  else if (kind === 'abandon') simulator.abandon();
  else if (kind === 'skip-slot') simulator.skipSlot(n);
  else if (kind === 'change-of-mind') {
    simulator.addSlot(ahead);
    simulator.skipSlot(-1);
  } else if (kind === 'target') simulator.moveTarget(ahead);
  else if (chosen === undefined) return;
  else if (kind === 'end') simulator.end(chosen, 'COMPLETED');
  else if (kind === 'skip') simulator.end(chosen, 'SKIPPED');
  else if (kind === 'fail') simulator.fail(chosen);
  else simulator.retry(chosen);
}

/** From here on everybody does their work: tasks succeed, failures are retried, time passes, people answer when asked. */
function finish(simulator: ReleaseSimulator): void {
  simulator.resume();
  for (let steps = 0; !simulator.over && steps < 2_000; steps++) {
    const [failed] = simulator.failed;
    const [task] = simulator.runnable;
    const later = simulator.tasks.find(
      (candidate) => candidate.status === 'READY' && (candidate.notBefore ?? simulator.now) > simulator.now,
    );
    if (failed !== undefined) simulator.retry(failed);
    else if (task !== undefined) simulator.end(task, 'COMPLETED');
    else if (later?.notBefore) simulator.pass(later.notBefore.getTime() - simulator.now.getTime());
    else if (simulator.wakeAt !== null) simulator.pass(simulator.wakeAt.getTime() - simulator.now.getTime());
    else if (simulator.attention !== null) simulator.requestRegression();
    else return;
  }
}

describe('any release under any order of endings, requests, pauses and delays', () => {
  const lives = fc.record({
    facts,
    steps: fc.array(step, { maxLength: 120, size: 'max' }),
    start: fc.integer({ min: -60, max: 0 }),
    distribution: fc.boolean(),
  });

  it('breaks no rule on the way, can always be moved on, and reaches its end', () => {
    const met = new Map<string, number>();
    fc.assert(
      fc.property(lives, ({ facts: given, steps, start, distribution }) => {
        const simulator = new ReleaseSimulator(given, minute(start), distribution);

        for (const one of steps) {
          take(simulator, one);
          expect(simulator.movable).toBe(true);
        }
        finish(simulator);

        expect(simulator.broken).toEqual([]);
        expect(simulator.status).toBe('COMPLETED');
        for (const [what, times] of Object.entries(simulator.met)) met.set(what, (met.get(what) ?? 0) + Math.min(1, times));
      }),
      { numRuns: 1_500 },
    );

    // A property that never met the situation says nothing about it.
    for (const [what, lives] of met) expect(lives, what).toBeGreaterThan(5);
  });

  it('ends with every slot used by one cycle or skipped for a reason, and cycles numbered from 1 without gaps', () => {
    fc.assert(
      fc.property(lives, ({ facts: given, steps, start, distribution }) => {
        const simulator = new ReleaseSimulator(given, minute(start), distribution);
        for (const one of steps) take(simulator, one);
        finish(simulator);

        const { slots, cycles } = simulator.facts;
        const used = slots.filter((entry) => entry.status === 'USED').map((entry) => entry.id);
        const skipped = slots.filter((entry) => entry.status === 'SKIPPED').map((entry) => entry.id);

        expect([...used, ...skipped].sort()).toEqual(slots.map((entry) => entry.id).sort());
        expect(skipped.filter((id) => (simulator.reasons.get(id) ?? '') === '')).toEqual([]);
        expect(cycles.map((cycle) => cycle.slotId).sort()).toEqual(used.sort());
        expect(cycles.map((cycle) => cycle.number)).toEqual(cycles.map((_, index) => index + 1));
        expect(cycles.every((cycle) => cycle.status === 'DONE' || cycle.status === 'ABANDONED')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('opens no stage, cycle or gate and closes none while somebody has paused it', () => {
    fc.assert(
      fc.property(lives, ({ facts: given, steps, start, distribution }) => {
        const simulator = new ReleaseSimulator(given, minute(start), distribution);
        for (const one of steps) take(simulator, one);
        simulator.pause();
        const shape = () =>
          JSON.stringify([
            simulator.status,
            simulator.stages.map(({ status, attempt }) => [status, attempt]),
            simulator.facts.cycles.map(({ id, status }) => [id, status]),
          ]);
        const before = shape();

        for (const one of steps) if (one.kind !== 'resume' && one.kind !== 'abandon') take(simulator, one);

        expect(shape()).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the tasks of any stage', () => {
  it('form an acyclic graph over planned keys, each key once, whatever is configured', () => {
    const rounds = fc.record({ number: fc.integer({ min: 1, max: 9 }), automation: fc.boolean() });
    fc.assert(
      fc.property(facts, rounds, (given, cycle) => {
        const stages = [
          planKickoff(given),
          planCycle(given, cycle),
          planGate(given, cycle.number, cycle.number),
          planPostRegression(given, cycle.number),
        ];

        for (const tasks of stages) expect(inDependencyOrder(tasks)).toHaveLength(tasks.length);
      }),
    );
  });
});
