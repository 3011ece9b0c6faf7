import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, openEngineWorld, taskPlan } from './engine-world.ts';

describe.each(testDatabases())('settling on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterEach(() => world.noticesWith(() => []));
  afterAll(() => world?.close());

  describe('a completion', () => {
    it('keeps the output, ends the attempt and says so in the history, in the name of the engine', async () => {
      const run = await world.createRun([taskPlan('A')]);

      const result = await run.execute(world.engine('me'), 'A', { kind: 'completed', output: { tag: 'v1' } });

      expect(result).toEqual({ settled: true, status: 'COMPLETED', next: null, drainedRun: null });
      expect(await run.task('A')).toMatchObject({ status: 'COMPLETED', output: { tag: 'v1' }, runAt: null, leaseOwner: null, fence: 2 });
      expect(await run.attempts('A')).toEqual([{ number: 1, outcome: 'completed', worker: 'me', failure: null }]);
      expect((await run.history('A')).at(-1)).toMatchObject({
        field: 'status',
        before: 'IN_PROGRESS',
        after: 'COMPLETED',
        accountId: null,
      });
    });

    it('keeps each output with its own task when many settle at once', async () => {
      const keys = Array.from({ length: 40 }, (_, n) => `T${n}`);
      const run = await world.createRun(keys.map((key) => taskPlan(key)));
      const engine = world.engine();
      const claims = await Promise.all((await run.tasks()).map((row) => run.claim(engine, row.key)));

      await Promise.all(
        claims.map((task) => engine.settle({ task, outcome: { kind: 'completed', output: { of: task.key } }, handOver: false })),
      );

      const rows = await run.tasks();
      expect(rows.map((row) => row.output)).toEqual(rows.map((row) => ({ of: row.key })));
      expect(await run.stage('S')).toMatchObject({ openTasks: 0 });
    });

    it('releases a dependant exactly when its last dependency ends', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B'), taskPlan('C', { dependsOn: ['A', 'B'] })]);
      const engine = world.engine();

      await run.execute(engine, 'A', completed);
      const between = await run.task('C');
      await run.execute(engine, 'B', completed);
      const after = await run.task('C');

      expect(between).toMatchObject({ status: 'PENDING', unmet: 1, fence: 0, runAt: null });
      expect(after).toMatchObject({ status: 'READY', unmet: 0, fence: 1 });
      expect(world.rings).toContainEqual({ kind: 'task', queue: 'kickoff', id: after.id, fence: 1, tenantId: run.tenantId });
      expect((await run.history('C')).at(-1)).toMatchObject({ before: 'PENDING', after: 'READY' });
    });

    it('releases a dependant once when two processes complete its dependencies at the same instant', async () => {
      const count = 6;
      const run = await world.createRun([
        ...Array.from({ length: count }, (_, n) => taskPlan(`P${n}`)),
        taskPlan('Z', { dependsOn: Array.from({ length: count }, (_, n) => `P${n}`) }),
      ]);
      const engines = Array.from({ length: count }, (_, n) => world.engine(`w${n}`));
      const claims = await Promise.all(engines.map((engine, n) => run.claim(engine, `P${n}`)));

      await Promise.all(engines.map((engine, n) => engine.settle({ task: claims[n] ?? failNow(), outcome: completed, handOver: true })));

      const last = await run.task('Z');
      expect(last).toMatchObject({ status: 'IN_PROGRESS', unmet: 0, fence: 1, attempt: 1 });
      expect(await run.stage('S')).toMatchObject({ openTasks: 1 });
      expect((await run.history('Z')).filter((item) => item.after === 'READY')).toHaveLength(1);
    });

    it('leaves a dependant that somebody ended meanwhile alone', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] })]);
      const engine = world.engine();
      const task = await run.claim(engine, 'A');
      await world.db.run(`UPDATE tasks SET status = 'SKIPPED', unmet_dependencies = 0 WHERE task_key = 'B' AND run_id = ?`, [run.runId]);

      await engine.settle({ task, outcome: completed, handOver: true });

      expect(await run.task('B')).toMatchObject({ status: 'SKIPPED', fence: 0 });
    });

    it('makes the run due when it drains the stage, and rings for it', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
      const engine = world.engine();

      await run.execute(engine, 'A', completed);
      const before = await run.run();
      await run.execute(engine, 'B', completed);

      expect(before).toMatchObject({ due: 0, runAt: null });
      const after = await run.run();
      expect(after).toMatchObject({ due: 1 });
      expect(world.rings).toContainEqual({ kind: 'run', queue: 'kickoff', id: run.runId, fence: after.fence, tenantId: run.tenantId });
    });
  });

  describe('handing over', () => {
    it('claims a released task under the same lease in the same transaction', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'], input: { n: 1 } })]);
      const engine = world.engine('me');

      const result = await run.execute(engine, 'A', completed, true);

      const row = await run.task('B');
      expect(row).toMatchObject({ status: 'IN_PROGRESS', fence: 1, attempt: 1, leaseOwner: 'me' });
      expect(row.deadlineAt).not.toBeNull();
      expect(result).toMatchObject({
        settled: true,
        next: { id: row.id, key: 'B', fence: 1, attempt: 1, input: { n: 1 }, waitedFor: null },
      });
    });

    it('gives one slot one task; the others are READY and rung', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] }), taskPlan('C', { dependsOn: ['A'] })]);
      world.forgetRings();

      await run.execute(world.engine(), 'A', completed, true);

      const statuses = (await run.tasks()).map((row) => row.status).sort();
      expect(statuses).toEqual(['COMPLETED', 'IN_PROGRESS', 'READY']);
      expect(world.rings.filter((wake) => wake.kind === 'task')).toHaveLength(1);
    });

    it('gives the slot the run to plan when the stage ends, and rings for it where nobody asked for more', async () => {
      const [handed, rung] = [await world.createRun([taskPlan('A')]), await world.createRun([taskPlan('A')])];
      world.forgetRings();

      const [first, second] = [
        await handed.execute(world.engine(), 'A', completed, true),
        await rung.execute(world.engine(), 'A', completed, false),
      ];

      expect(first).toMatchObject({ settled: true, drainedRun: handed.runId });
      expect(second).toMatchObject({ settled: true, drainedRun: null });
      expect(world.rings.filter((wake) => wake.kind === 'run').map((wake) => wake.id)).toEqual([rung.runId]);
    });

    it('plans nothing while a released task is left, and once when the last of two ends at the same time', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] }), taskPlan('C', { dependsOn: ['A'] })]);
      const first = await run.execute(world.engine(), 'A', completed, false);
      const [one, other] = [world.engine('one'), world.engine('other')];
      const [b, c] = [await run.claim(one, 'B'), await run.claim(other, 'C')];

      const last = await Promise.all([
        one.settle({ task: b, outcome: completed, handOver: true }),
        other.settle({ task: c, outcome: completed, handOver: true }),
      ]);

      expect(first).toMatchObject({ drainedRun: null });
      expect(last.filter((result) => result.settled && result.drainedRun === run.runId)).toHaveLength(1);
      expect(await run.stage('S')).toMatchObject({ openTasks: 0 });
    });

    it('is worth as much as a claim: the handed-over task settles', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] })]);
      const engine = world.engine();
      const first = await run.execute(engine, 'A', completed, true);
      const next = first.settled ? first.next : null;

      const second = await engine.settle({ task: next ?? failNow(), outcome: completed, handOver: true });

      expect(second).toMatchObject({ settled: true, status: 'COMPLETED', next: null });
      expect(await run.attempts('B')).toMatchObject([{ number: 1, outcome: 'completed' }]);
    });

    it.each([
      ['not asked for', {}, '', false],
      ['before its time', { notBefore: new Date(Date.now() + 60_000) }, '', true],
      ['while it is held', {}, 'held = 1', true],
      ['in another queue', {}, `queue = 'regression'`, true],
    ])('does not happen %s', async (_when, plan, change, handOver) => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'], ...plan })]);
      if (change !== '') await world.db.run(`UPDATE tasks SET ${change} WHERE task_key = 'B' AND run_id = ?`, [run.runId]);

      const result = await run.execute(world.engine(), 'A', completed, handOver);

      expect(result).toMatchObject({ settled: true, next: null });
      expect(await run.task('B')).toMatchObject({ status: 'READY', attempt: 0, leaseOwner: null });
    });
  });

  describe('the fence', () => {
    it('settles nothing for a worker whose task was taken back', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] })]);
      const engine = world.engine();
      const task = await run.claim(engine, 'A');
      await world.db.run('UPDATE tasks SET fence = fence + 1 WHERE id = ?', [task.id]);
      const before = await run.history();

      const result = await engine.settle({ task, outcome: completed, handOver: true });

      expect(result).toEqual({ settled: false });
      expect(await run.task('B')).toMatchObject({ status: 'PENDING', unmet: 1 });
      expect(await run.stage('S')).toMatchObject({ openTasks: 2 });
      expect(await run.attempts('A')).toEqual([]);
      expect(await run.history()).toEqual(before);
    });

    it('settles what is ours beside what is not', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B'), taskPlan('C', { dependsOn: ['A'] })]);
      const engine = world.engine();
      const [a, b] = [await run.claim(engine, 'A'), await run.claim(engine, 'B')];
      await world.db.run('UPDATE tasks SET fence = fence + 1 WHERE id = ?', [a.id]);

      const results = await Promise.all([a, b].map((task) => engine.settle({ task, outcome: completed, handOver: false })));

      expect(results).toMatchObject([{ settled: false }, { settled: true }]);
      expect(await run.task('C')).toMatchObject({ status: 'PENDING', unmet: 1 });
      expect(await run.stage('S')).toMatchObject({ openTasks: 2 });
    });

    it.each([
      ['two processes', true],
      ['one process, in one statement', false],
    ])('lets one of two settlements of the same claim count, from %s', async (_from, apart) => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B'), taskPlan('C', { dependsOn: ['A', 'B'] })]);
      const engine = world.engine();
      const task = await run.claim(engine, 'A');
      const other = apart ? world.engine() : engine;

      const results = await Promise.all([engine, other].map((one) => one.settle({ task, outcome: completed, handOver: true })));

      expect(results.filter((result) => result.settled)).toHaveLength(1);
      expect(await run.task('C')).toMatchObject({ status: 'PENDING', unmet: 1 });
      expect(await run.stage('S')).toMatchObject({ openTasks: 2 });
      expect((await run.history('A')).filter((item) => item.after === 'COMPLETED')).toHaveLength(1);
    });
  });

  it('does not let one settlement that the database refuses keep others from settling', async () => {
    const run = await world.createRun([taskPlan('BAD'), taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    const [bad, a, b] = [await run.claim(engine, 'BAD'), await run.claim(engine, 'A'), await run.claim(engine, 'B')];
    const tooLong = { kind: 'waiting', reason: 'CALLBACK', forMs: 0, externalId: 'x'.repeat(600) } as const;

    const results = await Promise.allSettled([
      engine.settle({ task: a, outcome: completed, handOver: false }),
      engine.settle({ task: bad, outcome: tooLong, handOver: false }),
      engine.settle({ task: b, outcome: completed, handOver: false }),
    ]);

    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await run.task('B')).toMatchObject({ status: 'COMPLETED' });
  });
});

function failNow(): never {
  throw new Error('there is no such task');
}
