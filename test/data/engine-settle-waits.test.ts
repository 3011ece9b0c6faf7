import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { restored } from '../../src/engine/signal.ts';
import type { Outcome } from '../../src/engine/vocabulary.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, openEngineWorld, permanent, taskPlan, transient, waitFor } from './engine-world.ts';

describe.each(testDatabases())('settling on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterEach(() => world.noticesWith(() => []));
  afterAll(() => world?.close());

  describe('a wait', () => {
    it('keeps what to look for, goes on with the same attempt and says what for', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const outcome: Outcome = {
        kind: 'waiting',
        reason: 'CALLBACK',
        forMs: 30_000,
        externalId: 'build-7',
        output: { progress: 1 },
        signals: [{ integrationId: 'CI', key: 'build-7' }],
      };

      await run.execute(world.engine(), 'A', outcome);

      const row = await run.task('A');
      expect(row).toMatchObject({ status: 'WAITING', waitReason: 'CALLBACK', externalId: 'build-7', output: { progress: 1 }, held: 0 });
      expect((row.runAt?.getTime() ?? 0) - row.now.getTime()).toBeGreaterThan(25_000);
      expect(await run.attempts('A')).toEqual([]);
      expect(await run.history('A')).toContainEqual(expect.objectContaining({ field: 'waitReason', after: 'CALLBACK' }));
      const signals = await world.db.rows('SELECT integration_id AS i, signal_key AS k FROM task_signals WHERE task_id = ?', [row.id]);
      expect(signals).toEqual([{ i: 'CI', k: 'build-7' }]);
    });

    it('keeps the external id and the output of before when it names none', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      await run.execute(engine, 'A', { kind: 'waiting', reason: 'CALLBACK', forMs: 0, externalId: 'x', output: { a: 1 } });

      await run.execute(engine, 'A', waitFor('CALLBACK'));

      expect(await run.task('A')).toMatchObject({ externalId: 'x', output: { a: 1 } });
    });

    it('for an event alone is looked at again at the deadline', async () => {
      const run = await world.createRun([taskPlan('A', { deadlineMs: 5_000 })]);

      await run.execute(world.engine(), 'A', waitFor('CALLBACK', null));

      const row = await run.task('A');
      expect(row.runAt).toEqual(row.deadlineAt);
    });

    it('for an approval holds the run, but not its own look; whatever ends it lifts the hold', async () => {
      const run = await world.createRun([taskPlan('GATE'), taskPlan('B')]);
      const engine = world.engine();

      await run.execute(engine, 'GATE', waitFor('APPROVAL', 0));
      const waiting = { holds: await run.holds(), gate: await run.task('GATE'), other: await run.task('B') };
      await run.execute(engine, 'GATE', completed);

      expect(waiting).toMatchObject({ holds: ['AWAITING_APPROVAL'], gate: { held: 0 }, other: { held: 1 } });
      expect(await run.holds()).toEqual([]);
      expect(await run.task('B')).toMatchObject({ held: 0 });
    });

    it('forgets the failures before it: only those in a row count, however long the wait takes', async () => {
      const run = await world.createRun([taskPlan('A', { maxAttempts: 2 })]);
      const engine = world.engine();
      const dueAgain = async () => world.db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [(await run.task('A')).id]);

      for (let look = 0; look < 3; look++) {
        await run.execute(engine, 'A', transient);
        await dueAgain();
        await run.execute(engine, 'A', waitFor('CALLBACK', 0));
      }

      expect(await run.task('A')).toMatchObject({ status: 'WAITING', waitReason: 'CALLBACK', failure: null });
    });

    it('that ended leaves no subscription behind', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      const signals = [{ integrationId: 'CI', key: 'k' }];
      await run.execute(engine, 'A', { kind: 'waiting', reason: 'CALLBACK', forMs: 0, signals });

      await run.execute(engine, 'A', completed);

      const { id } = await run.task('A');
      expect(await world.db.rows('SELECT 1 FROM task_signals WHERE task_id = ?', [id])).toEqual([]);
    });
  });

  describe('a failure', () => {
    it('that may heal waits for its back-off, counts, and tells nobody', async () => {
      const run = await world.createRun([taskPlan('A')]);
      world.noticesWith((event) => [{ type: event.kind, data: {}, dedupeKey: event.kind }]);

      await run.execute(world.engine(), 'A', transient);

      const row = await run.task('A');
      expect(row).toMatchObject({ status: 'WAITING', waitReason: 'RETRY', failures: 1, failure: { kind: 'unavailable' } });
      // Half of the first delay is random, and the test's random number is 0.
      expect(row.runAt?.getTime()).toBeLessThanOrEqual(row.now.getTime() + 500);
      expect(await run.attempts('A')).toMatchObject([{ number: 1, outcome: 'failed', failure: { kind: 'unavailable' } }]);
      expect(await run.holds()).toEqual([]);
      expect(await run.deliveries()).toEqual([]);
    });

    it('that exhausts the attempts fails the task', async () => {
      const run = await world.createRun([taskPlan('A', { maxAttempts: 2 })]);
      const engine = world.engine();

      await run.execute(engine, 'A', transient);
      await run.passTime(10_000);
      await run.execute(engine, 'A', transient);

      expect(await run.task('A')).toMatchObject({ status: 'FAILED', failures: 2, attempt: 2, runAt: null });
      expect(await run.attempts('A')).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
    });

    it('by a rate limit waits as told and costs no attempt', async () => {
      const run = await world.createRun([taskPlan('A', { maxAttempts: 1 })]);
      const failure = { kind: 'rate-limited', message: 'slow down', retryAfterMs: 20_000 } as const;

      await run.execute(world.engine(), 'A', { kind: 'failed', failure });

      const row = await run.task('A');
      expect(row).toMatchObject({ status: 'WAITING', waitReason: 'RATE_LIMIT', failures: 0 });
      expect((row.runAt?.getTime() ?? 0) - row.now.getTime()).toBeGreaterThan(15_000);
    });

    describe('by a refused connection', () => {
      const connection = { category: 'scm', id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', displayName: 'Acme app' };
      const refused: Outcome = { kind: 'failed', failure: { kind: 'unauthorized', message: 'Bad credentials', connection } };

      it('holds nothing, costs no attempt, and is told once however often it is looked at', async () => {
        const run = await world.createRun([taskPlan('A', { maxAttempts: 1 }), taskPlan('B')]);
        world.noticesWith(({ kind }) => (kind === 'task-failed' ? [{ type: 'TASK_FAILED', data: {}, dedupeKey: `${Math.random()}` }] : []));
        const engine = world.engine();
        await run.execute(engine, 'A', refused);
        const told = await run.history('A');

        await run.passTime(16 * 60_000);
        await run.execute(engine, 'A', refused);
        await run.execute(engine, 'B', completed);

        expect(await run.task('A')).toMatchObject({ status: 'WAITING', waitReason: 'CONNECTION', failures: 0, failure: { connection } });
        expect(await run.history('A')).toEqual(told);
        expect(await run.deliveries()).toHaveLength(1);
        expect(await run.holds()).toEqual([]);
        expect(await run.task('B')).toMatchObject({ status: 'COMPLETED' });
      });

      it('starts again as soon as that connection works, and not when another does', async () => {
        const run = await world.createRun([taskPlan('A')]);
        await run.execute(world.engine(), 'A', refused);

        const other = await restored(world.db, '01JD8Z2M6Y6Q6S7T8V9W0X1Y30');
        const before = await run.task('A');
        const wakes = await restored(world.db, connection.id);

        expect(other).toEqual([]);
        expect(before.runAt?.getTime()).toBeGreaterThan(before.now.getTime());
        expect(wakes).toContainEqual(expect.objectContaining({ kind: 'task', id: before.id }));
        await run.execute(world.engine(), 'A', completed);
        expect(await run.task('A')).toMatchObject({ status: 'COMPLETED' });
        expect(await world.db.rows('SELECT 1 FROM task_signals WHERE task_id = ?', [before.id])).toEqual([]);
      });

      it('starts again at once when the connection was restored while it was being looked at', async () => {
        const run = await world.createRun([taskPlan('A')]);
        const engine = world.engine();
        await run.execute(engine, 'A', refused);
        await run.passTime(16 * 60_000);
        const task = await run.claim(engine, 'A');

        await restored(world.db, connection.id);
        await engine.settle({ task, outcome: refused, handOver: false });

        const row = await run.task('A');
        expect(row.runAt?.getTime()).toBeLessThanOrEqual(row.now.getTime());
      });

      it('is a failure that holds the run once its deadline has passed', async () => {
        const run = await world.createRun([taskPlan('A', { deadlineMs: 5_000 })]);
        const engine = world.engine();
        await run.execute(engine, 'A', refused);

        await run.passTime(6_000);
        await run.execute(engine, 'A', refused);

        expect(await run.task('A')).toMatchObject({ status: 'FAILED', failure: { kind: 'timeout' } });
        expect(await run.holds()).toEqual(['TASK_FAILURE']);
      });
    });

    it('that will not heal holds the run and is told once', async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
      world.noticesWith((event) =>
        event.kind === 'task-failed' ? [{ type: 'TASK_FAILED', data: {}, dedupeKey: `${event.task.id}-1` }] : [],
      );
      const engine = world.engine();
      const task = await run.claim(engine, 'A');
      world.forgetRings();

      await Promise.all([engine, world.engine('b')].map((one) => one.settle({ task, outcome: permanent, handOver: false })));

      expect(await run.task('A')).toMatchObject({ status: 'FAILED', held: 1, failure: { kind: 'forbidden', message: 'it may not' } });
      expect(await run.holds()).toEqual(['TASK_FAILURE']);
      expect(await run.task('B')).toMatchObject({ status: 'READY', held: 1 });
      expect(await run.deliveries()).toEqual([{ type: 'TASK_FAILED', dedupeKey: `${task.id}-1` }]);
      expect(world.rings.filter((wake) => wake.kind === 'delivery')).toHaveLength(1);
    });

    it('at the deadline of a task that may be missed skips it, and the run goes on', async () => {
      const run = await world.createRun([
        taskPlan('A', { deadlineMs: 1_000, onDeadline: 'continue' }),
        taskPlan('B', { dependsOn: ['A'] }),
      ]);
      const engine = world.engine();
      await run.execute(engine, 'A', waitFor('CALLBACK', null));
      await run.passTime(2_000);

      const result = await run.execute(engine, 'A', waitFor('CALLBACK', null));

      expect(result).toMatchObject({ settled: true, status: 'SKIPPED' });
      expect(await run.task('B')).toMatchObject({ status: 'READY', unmet: 0 });
      expect(await run.stage('S')).toMatchObject({ openTasks: 1 });
      expect((await run.history('A')).at(-1)?.why).toContain('The deadline passed');
    });
  });

  it('hands a task back untouched: READY at once, nothing counted, rung', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();

    await run.execute(engine, 'A', { kind: 'handed-back' });

    const row = await run.task('A');
    expect(row).toMatchObject({ status: 'READY', failures: 0, lapses: 0, leaseOwner: null, waitReason: null });
    expect(await run.attempts('A')).toMatchObject([{ number: 1, outcome: 'handed-back' }]);
    expect(world.rings).toContainEqual(expect.objectContaining({ kind: 'task', id: row.id, fence: row.fence }));
  });
});
