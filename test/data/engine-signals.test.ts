import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeHold } from '../../src/engine/holds.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import { LeaseLostError } from '../../src/engine/lease.ts';
import { hurry, signal } from '../../src/engine/signal.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, openEngineWorld, person, taskPlan, transient, type WorldRun, waitFor } from './engine-world.ts';

describe.each(testDatabases())('on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  describe('a signal', () => {
    const waitsFor = (key: string, integrationId = 'CI') => ({ ...waitFor('CALLBACK'), signals: [{ integrationId, key }] }) as never;
    const isDue = async (run: WorldRun, key: string) => (await world.engine().claim(await run.task(key))) !== null;

    it('makes the tasks that wait for its key of its connection due now, and rings for them alone', async () => {
      const run = await world.createRun([taskPlan('MINE'), taskPlan('OTHER_KEY'), taskPlan('OTHER_CONNECTION')]);
      const engine = world.engine();
      await run.execute(engine, 'MINE', waitsFor('build-1'));
      await run.execute(engine, 'OTHER_KEY', waitsFor('build-2'));
      await run.execute(engine, 'OTHER_CONNECTION', waitsFor('build-1', 'CI2'));

      const wakes = await signal(world.db, 'CI', ['build-1', 'nobody-waits-for-this']);

      const mine = await run.task('MINE');
      expect(wakes).toEqual([{ kind: 'task', queue: 'kickoff', id: mine.id, fence: mine.fence, tenantId: run.tenantId }]);
      expect([await isDue(run, 'MINE'), await isDue(run, 'OTHER_KEY'), await isDue(run, 'OTHER_CONNECTION')]).toEqual([true, false, false]);
    });

    it('that nobody waits for any more does nothing', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      await run.execute(engine, 'A', waitsFor('build-3'));
      await world.db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) WHERE run_id = ?', [run.runId]);
      await run.execute(engine, 'A', completed);
      const before = await run.task('A');

      expect(await signal(world.db, 'CI', ['build-3'])).toEqual([]);
      expect({ ...(await run.task('A')), now: 0 }).toEqual({ ...before, now: 0 });
    });

    it('hurries nothing for no keys', async () => {
      expect(await signal(world.db, 'CI', [])).toEqual([]);
    });
  });

  describe('hurry', () => {
    it('leaves alone whatever does not wait', async () => {
      const run = await world.createRun([
        taskPlan('READY'),
        taskPlan('BUSY'),
        taskPlan('DONE'),
        taskPlan('PENDING', { dependsOn: ['READY'] }),
      ]);
      const engine = world.engine();
      await run.claim(engine, 'BUSY');
      await run.execute(engine, 'DONE', completed);
      const before = await run.tasks();

      const wakes = await hurry(
        world.db,
        before.map(({ id }) => id),
      );

      expect(wakes).toEqual([]);
      expect((await run.tasks()).map((row) => ({ ...row, now: 0 }))).toEqual(before.map((row) => ({ ...row, now: 0 })));
    });

    it('makes a look that is under way be followed by another, once', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      const first = await run.claim(engine, 'A');

      await hurry(world.db, [first.id]);
      await engine.settle({ task: first, outcome: waitFor('CALLBACK'), handOver: false });
      const second = await run.claim(engine, 'A');
      await engine.settle({ task: second, outcome: waitFor('CALLBACK'), handOver: false });

      expect(await engine.claim(await run.task('A'))).toBeNull();
    });

    it('does not ring for what is held', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await run.execute(world.engine(), 'A', transient);
      await world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason: 'USER_REQUESTED', subject: '' }, person, null));
      const { id } = await run.task('A');

      expect(await hurry(world.db, [id])).toEqual([]);
      expect(await world.engine().claim(await run.task('A'))).toBeNull();
    });
  });

  describe('an intent', () => {
    it('is stored before the write and found by whoever executes the task next', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      const first = await run.claim(engine, 'A');

      const stored = await recordIntent(world.db, first, 'tag', 'v1');
      await engine.settle({ task: first, outcome: { kind: 'handed-back' }, handOver: false });
      const second = await run.claim(engine, 'A');
      const found = await recordIntent(world.db, second, 'tag', 'v2');

      expect(stored).toMatchObject({ repeated: false, value: 'v1' });
      expect(found).toMatchObject({ repeated: true, value: 'v1', since: stored.since });
    });

    it('says how long ago it was written last, and keeps what it said first', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const task = await run.claim(world.engine(), 'A');
      const first = await recordIntent(world.db, task, 'ticket', 'v1');
      const longAgo = { ticket: { at: new Date(first.since.getTime() - 90_000).toISOString(), value: 'v1' } };
      await world.db.run('UPDATE tasks SET intents = ? WHERE id = ?', [JSON.stringify(longAgo), task.id]);

      const old = await recordIntent(world.db, task, 'ticket', null);
      await renewIntent(world.db, task, 'ticket');
      const renewed = await recordIntent(world.db, task, 'ticket', null);

      expect(first.agoMs).toBe(0);
      expect(old.agoMs).toBeGreaterThanOrEqual(90_000);
      expect(renewed.agoMs).toBeLessThan(60_000);
      expect(renewed).toMatchObject({ repeated: true, since: old.since, value: 'v1' });
    });

    it('is not renewed once the task is no longer ours', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const task = await run.claim(world.engine(), 'A');
      await recordIntent(world.db, task, 'ticket', null);
      await world.db.run('UPDATE tasks SET fence = fence + 1 WHERE id = ?', [task.id]);

      await expect(renewIntent(world.db, task, 'ticket')).rejects.toBeInstanceOf(LeaseLostError);
    });

    it('of one effect does not replace that of another, even when both are stored at the same instant', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      const task = await run.claim(engine, 'A');

      await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((effect) => recordIntent(world.db, task, effect, effect)));

      await engine.settle({ task, outcome: { kind: 'handed-back' }, handOver: false });
      expect(Object.keys((await run.claim(engine, 'A')).intents).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    });

    it('of the same effect is stored once, whoever comes first', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const task = await run.claim(world.engine(), 'A');

      const intents = await Promise.all(['x', 'y', 'z'].map((value) => recordIntent(world.db, task, 'tag', value)));

      expect(intents.filter(({ repeated }) => !repeated)).toHaveLength(1);
      expect(new Set(intents.map(({ value }) => value)).size).toBe(1);
    });

    it.each(['first', 'repeated'])('that is %s is refused once the task is no longer ours', async (which) => {
      const run = await world.createRun([taskPlan('A')]);
      const task = await run.claim(world.engine(), 'A');
      if (which === 'repeated') await recordIntent(world.db, task, 'tag', 'v1');
      await world.db.run('UPDATE tasks SET fence = fence + 1 WHERE id = ?', [task.id]);

      await expect(recordIntent(world.db, task, 'tag', 'v1')).rejects.toBeInstanceOf(LeaseLostError);
    });
  });
});
