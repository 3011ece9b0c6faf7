import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/client.ts';
import type { TaskPlan } from '../../src/domain/run.ts';
import { recordIntent } from '../../src/engine/intent.ts';
import { createRunTask, type Execute } from '../../src/engine/run-task.ts';
import { sweepDue, sweepLapsedLeases } from '../../src/engine/sweep.ts';
import type { Outcome } from '../../src/engine/vocabulary.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { type EngineWorld, leaseMs, openEngineWorld, queue, taskPlan, type WorldRun } from '../data/engine-world.ts';
import { testDatabases } from '../support/databases.ts';
import { readSnapshot, violations } from './engine-invariants.ts';
import { type Fault, type FaultyDatabase, faultyDatabase } from './faulty-database.ts';

/* Replays one small life with a break at every point in turn: it must always come to the same end, with every effect done once. */

/** Lives do not touch each other, so several may be lived at once. */
const AT_ONCE = 8;

const plan: TaskPlan[] = [
  taskPlan('BRANCH'),
  taskPlan('BUILD', { dependsOn: ['BRANCH'] }),
  taskPlan('TICKET', { dependsOn: ['BRANCH'], maxAttempts: 9 }),
  taskPlan('TAG', { dependsOn: ['BUILD', 'TICKET'] }),
];

/** A provider that counts what was written to it. Whoever has an earlier intent looks before it writes, as the services do. */
class Provider {
  readonly written = new Map<string, number>();

  ensure(effect: string, repeated: boolean, faulty: FaultyDatabase): void {
    if (repeated && this.written.has(effect)) return;
    faulty.point();
    this.written.set(effect, (this.written.get(effect) ?? 0) + 1);
    faulty.point();
  }
}

class Process {
  readonly faulty: FaultyDatabase;
  private readonly world: EngineWorld;
  private readonly provider: Provider;
  private readonly owner: string;

  constructor(world: EngineWorld, provider: Provider, owner: string, fault: Fault | null) {
    this.world = world;
    this.provider = provider;
    this.owner = owner;
    this.faulty = faultyDatabase(world.db, fault);
  }

  /** Answers wake-ups, its own and those of a sweep, until there are none or it is dead. */
  async work(run: WorldRun): Promise<void> {
    const { db } = this.faulty;
    const rung: Wake[] = [];
    const engine = this.world.engine(this.owner, { db, ring: (wakes) => void rung.push(...wakes) });
    const runTask = createRunTask({
      ...engine,
      execute: this.execute(db),
      maxHandOvers: 8,
      stopping: () => false,
      observe: () => undefined,
      pause: async () => undefined,
    });
    await sweepDue(db, [queue], (wakes) => void rung.push(...wakes)).catch(() => undefined);
    for (let wake = rung.shift(); wake !== undefined && !this.faulty.dead(); wake = rung.shift()) {
      if (wake.tenantId !== run.tenantId) continue;
      if (wake.kind === 'task') await runTask(wake).catch(() => undefined);
      if (wake.kind === 'run') await engine.advance(wake.id).catch(() => undefined);
    }
  }

  private execute(db: Database): Execute {
    const started: Outcome = { kind: 'waiting', reason: 'CALLBACK', forMs: 0, externalId: 'build-1' };
    return async (task) => {
      if (task.key === 'BUILD' && task.externalId !== null) return { kind: 'completed', output: { build: task.externalId } };
      const intent = await recordIntent(db, task, task.key, 'v1');
      this.provider.ensure(task.key, intent.repeated, this.faulty);
      if (task.key === 'TICKET' && task.failures === 0) return { kind: 'failed', failure: { kind: 'unavailable', message: 'later' } };
      return task.key === 'BUILD' ? started : { kind: 'completed' };
    };
  }
}

describe.each(testDatabases())('a run on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
    world.noticesWith((event) => (event.kind === 'run-completed' ? [{ type: 'DONE', data: {}, dedupeKey: event.runId }] : []));
  });
  afterAll(() => world?.close());

  /** One life: the first process has the fault, the others are well. @returns how many points the first one passed */
  async function live(fault: Fault | null): Promise<number> {
    const provider = new Provider();
    const run = await world.createRun(plan);
    const label = fault === null ? 'without a fault' : `${fault.kind} at point ${fault.at}`;
    const first = new Process(world, provider, `first-${run.runId}`, fault);
    let process = first;
    for (let round = 0; (await run.run()).status !== 'COMPLETED'; round += 1) {
      if (round > 30) throw new Error(`${label}: the run does not end: ${JSON.stringify(await readSnapshot(world, run))}`);
      await process.work(run);
      if (process.faulty.dead()) process = new Process(world, provider, `next-${run.runId}`, null);
      await run.passTime(leaseMs + 10_000);
      await sweepLapsedLeases(world.db, [queue], world.ring, world.definitions);
    }

    expect(violations(await readSnapshot(world, run)), label).toEqual([]);
    expect(Object.fromEntries(provider.written), label).toEqual({ BRANCH: 1, BUILD: 1, TICKET: 1, TAG: 1 });
    expect(
      (await run.tasks()).map(({ status }) => status),
      label,
    ).toEqual(plan.map(() => 'COMPLETED'));
    expect(await run.deliveries(), label).toHaveLength(1);
    return first.faulty.points();
  }

  it.each(['crash', 'hiccup'] as const)(
    'comes to the same end, each effect once, with a %s at any point',
    async (kind) => {
      const points = await live(null);
      // The second server is asked about the differences of its dialect, not about all of it again.
      const step = server.name === 'mariadb' ? 1 : 5;

      const breaks = Array.from({ length: Math.ceil(points / step) }, (_, n) => n * step);
      while (breaks.length > 0) await Promise.all(breaks.splice(0, AT_ONCE).map((at) => live({ at, kind })));

      expect(points).toBeGreaterThan(60);
    },
    120_000,
  );
});
