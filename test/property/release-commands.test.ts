import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frozenConfig, frozenStore, minute, releaseFacts, slot } from '../data/release-facts.ts';
import { people, ReleaseLife } from './release-life.ts';

/** Whatever people, workers and the clock do to a release, in whatever order. */

/** What somebody who gives the commands knows without looking. */
interface Model {
  commands: number;
}

class Command implements fc.Command<Model, ReleaseLife> {
  readonly #name: string;
  readonly #n: number;
  readonly #act: (life: ReleaseLife, n: number) => void;

  constructor(name: string, n: number, act: (life: ReleaseLife, n: number) => void) {
    this.#name = name;
    this.#n = n;
    this.#act = act;
  }

  check = () => true;

  run(model: Model, life: ReleaseLife): void {
    model.commands += 1;
    life.after(this.#name, () => {
      // What is over takes no commands: the services refuse them, and nothing is left that a worker could take up.
      if (!life.over || this.#name === 'clock') this.#act(life, this.#n);
    });
    expect(life.broken).toEqual([]);
  }

  toString = () => `${this.#name}(${this.#n})`;
}

const acts: Record<string, (life: ReleaseLife, n: number) => void> = {
  work: (life, n) => {
    for (let times = 0; times <= n % 12; times++) life.work(n, 'COMPLETED');
  },
  'skip-task': (life, n) => life.work(n, 'SKIPPED'),
  'fail-task': (life, n) => life.work(n, 'FAILED'),
  'retry-task': ({ simulator }, n) => {
    const task = simulator.failed[n % Math.max(1, simulator.failed.length)];
    if (task !== undefined) simulator.retry(task);
  },
  'complete-task': ({ simulator }, n) => {
    const task = simulator.failed[n % Math.max(1, simulator.failed.length)];
    if (task !== undefined) simulator.end(task, 'COMPLETED');
  },
  clock: (life, n) => {
    if (life.over) life.simulator.now = new Date(life.simulator.now.getTime() + n * 60_000);
    else life.simulator.pass(n * 60_000);
  },
  pause: ({ simulator }) => simulator.pause(),
  resume: ({ simulator }) => simulator.resume(),
  'add-slot': ({ simulator }, n) => simulator.addSlot(new Date(simulator.now.getTime() + n * 60_000), n % 2 === 0),
  'skip-slot': ({ simulator }, n) => simulator.skipSlot(n),
  'move-target': ({ simulator }, n) => simulator.moveTarget(new Date(simulator.now.getTime() + n * 60_000)),
  'trigger-regression': ({ simulator }) => simulator.requestRegression(),
  'trigger-pre-release': ({ simulator }) => simulator.requestPreRelease(),
  abandon: (life) => {
    life.met.abandoned += Number(life.simulator.facts.cycles.some(({ status }) => status === 'IN_PROGRESS'));
    life.simulator.abandon();
  },
  approve: (life, n) => life.say(people[n % people.length] ?? 'ann', 'APPROVED'),
  reject: (life, n) => life.say(people[n % people.length] ?? 'ann', 'REJECTED'),
  look: (life, n) => life.look(n % 5 === 0 ? 'unknown' : n % 5 === 1 ? 'later' : 'candidate'),
  override: (life) => life.override(),
  archive: (life, n) => {
    if (n % 4 === 0) life.archive();
  },
};

/** How often each is given; work, time and people at gates are common, or few lives would get anywhere. */
const often: Record<string, number> = { work: 12, clock: 6, approve: 6, look: 6, resume: 3, 'retry-task': 3 };
const number = fc.integer({ min: 0, max: 150 });
const commands = fc.commands(
  Object.entries(acts).flatMap(([name, act]) =>
    Array.from({ length: often[name] ?? 1 }, () => number.map((n) => new Command(name, n, act))),
  ),
  { maxCommands: 150, size: 'max' },
);

const lives = fc
  .record({
    slots: fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
    reserve: fc.integer({ min: 1, max: 300 }),
    tracker: fc.boolean(),
    latest: fc.boolean(),
    store: fc.boolean(),
    start: fc.integer({ min: -60, max: 0 }),
  })
  .map(({ slots, reserve, tracker, latest, store, start }) => ({
    now: minute(start),
    store,
    facts: releaseFacts({
      config: frozenConfig({
        projectManagementConfigId: tracker ? 'tracker' : null,
        slotCatchUp: latest ? 'LATEST' : 'ALL',
        stores: store ? [frozenStore('PLAY_STORE')] : [],
      }),
      slots: slots.map((at, index) => slot(`s${index}`, at)),
      targetReleaseDate: minute(Math.max(...slots) + reserve),
    }),
  }));

it('skips no stage without an override, does nothing before its gate, and stands where its history leads', () => {
  const met = new Map<string, number>();
  fc.assert(
    fc.property(lives, commands, ({ facts, now, store }, given) => {
      const life = new ReleaseLife(facts, now, store);

      fc.modelRun(() => ({ model: { commands: 0 }, real: life }), given);

      for (const [what, times] of Object.entries(life.met)) met.set(what, (met.get(what) ?? 0) + Math.min(1, times));
    }),
    { numRuns: 250 },
  );

  // A property that never met the situation says nothing about it.
  for (const [what, times] of met) expect(times, what).toBeGreaterThan(2);
});
