import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskPlan, TaskStatus } from '../../src/domain/run.ts';
import { cancelRun } from '../../src/engine/cancel.ts';
import type { Engine } from '../../src/engine/create-engine.ts';
import { liftHold, placeHold } from '../../src/engine/holds.ts';
import { type Intervention, intervene } from '../../src/engine/intervene.ts';
import { hurry } from '../../src/engine/signal.ts';
import { sweepLapsedLeases } from '../../src/engine/sweep.ts';
import { isTerminal } from '../../src/engine/transitions.ts';
import type { ClaimedTask, Outcome } from '../../src/engine/vocabulary.ts';
import {
  completed,
  type EngineWorld,
  leaseMs,
  openEngineWorld,
  permanent,
  person,
  queue,
  taskPlan,
  transient,
  type WorldRun,
  waitFor,
} from '../data/engine-world.ts';
import { testDatabases } from '../support/databases.ts';
import { readSnapshot, type Snapshot, stepViolations, unseen, violations } from './engine-invariants.ts';

/** Runs are expensive: each command is a few transactions on a real database. Fewer do not always meet every status. */
const RUNS = 60;
const COMMANDS = 28;

/** A task may depend on any before it, so the plan is a graph without cycles. */
const plans = fc
  .array(
    fc.record({ dependsOn: fc.array(fc.nat(5), { maxLength: 3 }), maxAttempts: fc.integer({ min: 1, max: 3 }), skippable: fc.boolean() }),
    {
      minLength: 3,
      maxLength: 6,
    },
  )
  .map((tasks) =>
    tasks.map(({ dependsOn, maxAttempts, skippable }, index): TaskPlan => {
      const before = index === 0 ? [] : [...new Set(dependsOn.map((n) => `T${n % index}`))];
      return taskPlan(`T${index}`, { dependsOn: before, maxAttempts, deadlineMs: 200_000, onDeadline: skippable ? 'continue' : 'fail' });
    }),
  );

const outcomes: Record<string, Outcome> = {
  complete: completed,
  'fail-transient': transient,
  'fail-permanent': permanent,
  wait: waitFor('CALLBACK', 30_000),
  'wait-approval': waitFor('APPROVAL', 30_000),
  'rate-limited': { kind: 'failed', failure: { kind: 'rate-limited', message: 'slow down', retryAfterMs: 30_000 } },
  'hand-back': { kind: 'handed-back' },
};
const often = <T>(times: number, kind: T): T[] => Array.from({ length: times }, () => kind);
const kinds = [
  ...often(8, 'claim'),
  ...often(4, 'complete'),
  ...['fail-transient', 'fail-transient', 'fail-permanent', 'fail-permanent', 'wait', 'wait', 'wait-approval', 'rate-limited', 'hand-back'],
  ...['lapse', 'lapse', 'retry', 'retry', 'skip', 'complete-outside', 'pause', 'resume', 'resume', 'hurry', 'time', 'time'],
  ...['duplicate-wake', 'stale-settle', 'stale-settle', 'advance', 'advance'],
];
const commands = fc.array(fc.record({ kind: fc.constantFrom(...kinds), n: fc.nat(5), other: fc.boolean() }), {
  minLength: COMMANDS,
  maxLength: COMMANDS,
});
type Command = typeof commands extends fc.Arbitrary<(infer T)[]> ? T : never;

/** One run, two workers, and everything that may happen to them. */
class Life {
  readonly world: EngineWorld;
  readonly run: WorldRun;
  readonly engines: readonly [Engine, Engine];
  readonly claims = new Map<string, { engine: Engine; task: ClaimedTask }>();
  readonly spent: { engine: Engine; task: ClaimedTask }[] = [];

  constructor(world: EngineWorld, run: WorldRun) {
    this.world = world;
    this.run = run;
    this.engines = [world.engine(`a-${run.runId}`), world.engine(`b-${run.runId}`)];
  }

  async take({ kind, n, other }: Command, now: Snapshot): Promise<void> {
    const row = now.tasks[n % now.tasks.length];
    if (row === undefined) return;
    const engine = this.engines[other ? 1 : 0];
    const { db, ring, definitions } = this.world;
    const outcome = outcomes[kind];
    if (outcome !== undefined) return this.settle(n, outcome, other);
    const pause = { runId: this.run.runId, reason: 'USER_REQUESTED', subject: '' } as const;
    switch (kind) {
      case 'claim': {
        const task = await engine.claim(row);
        if (task !== null) this.own(engine, task);
        return;
      }
      case 'duplicate-wake': {
        const [twice, past] = await Promise.all([
          engine.claim({ id: row.id, fence: row.fence - 1 }),
          engine.claim({ id: row.id, fence: row.fence + 1 }),
        ]);
        expect([twice, past]).toEqual([null, null]);
        return;
      }
      case 'stale-settle': {
        for (const stale of this.spent) {
          expect(await stale.engine.settle({ task: stale.task, outcome: completed, handOver: true })).toEqual({ settled: false });
        }
        return;
      }
      case 'retry':
        return this.say(row.id, { do: 'retry', why: null });
      case 'skip':
        return this.say(row.id, { do: 'skip', why: 'no' });
      case 'complete-outside':
        return this.say(row.id, { do: 'complete-outside', why: 'done', output: null });
      case 'pause':
        return void (await db.transact((tx) => placeHold(tx, pause, person, null)));
      case 'resume':
        return void (await db.transact((tx) => liftHold(tx, pause, person, ring)));
      case 'hurry':
        return void (await hurry(db, [row.id]));
      case 'time':
        return this.run.passTime(31_000);
      case 'lapse':
        await this.run.passTime(leaseMs + 1_000);
        return void (await sweepLapsedLeases(db, [queue], ring, definitions));
      case 'cancel':
        return void (await db.transact((tx) => cancelRun(tx, this.run.runId, person, 'enough', ring)));
      case 'advance':
        return void (await engine.advance(this.run.runId));
      default:
        throw new Error(`nobody knows ${kind}`);
    }
  }

  private async settle(n: number, outcome: Outcome, handOver: boolean): Promise<void> {
    const claim = [...this.claims.values()][n % Math.max(1, this.claims.size)];
    if (claim === undefined) return;
    this.claims.delete(claim.task.id);
    this.spent.push(claim);
    const result = await claim.engine.settle({ task: claim.task, outcome, handOver });
    if (result.settled && result.next !== null) this.own(claim.engine, result.next);
  }

  /** Whoever had claimed it before was taken for dead, and may come back. */
  private own(engine: Engine, task: ClaimedTask): void {
    const dead = this.claims.get(task.id);
    if (dead !== undefined) this.spent.push(dead);
    this.claims.set(task.id, { engine, task });
  }

  private async say(id: string, what: Intervention): Promise<void> {
    await this.world.db.transact((tx) => intervene(tx, id, what, person, this.world.ring));
  }

  /** Everybody does what they can to end the run. */
  async end(): Promise<Snapshot> {
    const [engine] = this.engines;
    for (let round = 0; round < 40; round += 1) {
      const now = await readSnapshot(this.world, this.run);
      if (now.run.status === 'COMPLETED' || now.run.status === 'CANCELLED') return now;
      await this.take({ kind: 'resume', n: 0, other: false }, now);
      await this.take({ kind: 'lapse', n: 0, other: false }, now);
      for (const row of now.tasks.filter(({ status }) => status === 'FAILED')) await this.say(row.id, { do: 'retry', why: null });
      await this.run.passTime(400_000);
      for (const row of await this.run.tasks()) {
        const task = isTerminal(row.status) ? null : await engine.claim(row);
        if (task !== null) await engine.settle({ task, outcome: completed, handOver: false });
      }
      await engine.advance(this.run.runId);
    }
    throw new Error(`the run does not end: ${JSON.stringify(await readSnapshot(this.world, this.run))}`);
  }
}

describe.each(testDatabases())('the engine on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  it('keeps its invariants whatever anybody does in whatever order, and can always be brought to its end', async () => {
    const seen = new Set<TaskStatus>();

    await fc.assert(
      fc.asyncProperty(plans, commands, fc.boolean(), async (tasks, life, isCancelled) => {
        const run = await world.createRun(tasks);
        const one = new Life(world, run);
        let before = await readSnapshot(world, run);
        const taken: string[] = [];
        for (const command of [...life, ...(isCancelled ? [{ kind: 'cancel', n: 0, other: false }] : [])]) {
          await one.take(command, before);
          taken.push(`${command.kind} ${command.n}`);
          const after = await readSnapshot(world, run);
          for (const { status } of after.tasks) seen.add(status);
          expect([...violations(after), ...stepViolations(before, after)], taken.join(', ')).toEqual([]);
          before = after;
        }
        expect(violations(await one.end())).toEqual([]);
      }),
      { numRuns: server.name === 'mariadb' ? RUNS : RUNS / 2, endOnFailure: true },
    );

    expect(unseen(seen)).toEqual([]);
  }, 120_000);
});
