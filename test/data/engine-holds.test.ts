import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldReason } from '../../src/domain/run.ts';
import { liftHold, placeHold } from '../../src/engine/holds.ts';
import { intervene } from '../../src/engine/intervene.ts';
import { sweepDue } from '../../src/engine/sweep.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { testDatabases } from '../support/databases.ts';
import {
  completed,
  type EngineWorld,
  openEngineWorld,
  permanent,
  person,
  queue,
  taskPlan,
  transient,
  type WorldRun,
  waitFor,
} from './engine-world.ts';

describe.each(testDatabases())('holds on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  const place = (run: WorldRun, reason: HoldReason = 'USER_REQUESTED', subject = '') =>
    world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason, subject }, person, 'because'));
  const lift = (run: WorldRun, reason: HoldReason = 'USER_REQUESTED', subject = '') =>
    world.db.transact((tx) => liftHold(tx, { runId: run.runId, reason, subject }, person, world.ring));
  const retry = async (run: WorldRun, key: string) => {
    const { id } = await run.task(key);
    return world.db.transact((tx) => intervene(tx, id, { do: 'retry', why: null }, person, world.ring));
  };
  const startable = async (run: WorldRun, key: string) => (await world.engine().claim(await run.task(key))) !== null;

  it('are a set: the same one twice is one, different ones stand beside each other until each is lifted', async () => {
    const run = await world.createRun([taskPlan('A')]);

    const placed = [await place(run), await place(run), await place(run, 'FREEZE', 'a'), await place(run, 'FREEZE', 'b')];
    const standing = await run.holds();
    const lifted = [await lift(run), await lift(run), await lift(run, 'FREEZE', 'a')];
    const held = (await run.run()).held;
    lifted.push(await lift(run, 'FREEZE', 'b'));

    expect(placed).toEqual([true, false, true, true]);
    expect(standing).toEqual(['FREEZE', 'FREEZE', 'USER_REQUESTED']);
    expect(lifted).toEqual([true, false, true, true]);
    expect([held, (await run.run()).held]).toEqual([1, 0]);
  });

  it('let a task look that starts nothing, whether it was planned before them or under them', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('before', { startsNothing: true })], { wakeAt: new Date(0) });
    await place(run);
    const added = { do: 'add-tasks' as const, stage: 'S', tasks: [taskPlan('under', { startsNothing: true }), taskPlan('B')] };
    world.planWith(() => ({ commands: [added], wakeAt: null }));
    await world.engine().advance(run.runId);

    const startables = [];
    for (const key of ['before', 'under', 'A', 'B']) startables.push(await startable(run, key));

    expect(startables).toEqual([true, true, false, false]);
    expect((await run.history('under')).map(({ field, after }) => [field, after])).toEqual([
      ['type', expect.any(String)],
      ['status', 'WAITING'],
      ['waitReason', 'CALLBACK'],
    ]);
  });

  it('are placed once by many at the same instant, and each is in the history once', async () => {
    const run = await world.createRun([taskPlan('A')]);

    const placed = await Promise.all(Array.from({ length: 6 }, () => place(run)));

    expect(placed.filter(Boolean)).toHaveLength(1);
    expect((await run.history()).filter(({ field }) => field === 'hold')).toEqual([
      expect.objectContaining({ action: 'ADD', after: 'USER_REQUESTED', accountId: person.accountId }),
    ]);
  });

  it('keep everything from starting and ring for what is due when the last one goes', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B'), taskPlan('C', { dependsOn: ['A'] })]);
    const engine = world.engine();
    const task = await run.claim(engine, 'A');
    await place(run);

    await engine.settle({ task, outcome: completed, handOver: true });
    const whileHeld = [await startable(run, 'B'), await startable(run, 'C')];
    const swept: Wake[] = [];
    await sweepDue(world.db, [queue], (wakes) => void swept.push(...wakes));
    world.forgetRings();
    await lift(run);

    expect(whileHeld).toEqual([false, false]);
    expect(swept.filter(({ tenantId }) => tenantId === run.tenantId)).toEqual([]);
    expect(new Set(world.rings.map(({ id }) => id))).toEqual(new Set([(await run.task('B')).id, (await run.task('C')).id, run.runId]));
    expect([await startable(run, 'B'), await startable(run, 'C')]).toEqual([true, true]);
  });

  it('let what is being executed come to its end, but not to another start', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    const [a, b] = [await run.claim(engine, 'A'), await run.claim(engine, 'B')];
    await place(run);

    await engine.settle({ task: a, outcome: transient, handOver: false });
    await engine.settle({ task: b, outcome: { kind: 'handed-back' }, handOver: false });
    await run.passTime(10_000);

    expect(await run.task('A')).toMatchObject({ status: 'WAITING', waitReason: 'RETRY', held: 1 });
    expect(await run.task('B')).toMatchObject({ status: 'READY', held: 1 });
    expect([await startable(run, 'A'), await startable(run, 'B')]).toEqual([false, false]);
  });

  it('by a failure keep what is being executed from another start', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    const [a, b] = [await run.claim(engine, 'A'), await run.claim(engine, 'B')];

    await engine.settle({ task: b, outcome: permanent, handOver: false });
    await engine.settle({ task: a, outcome: transient, handOver: false });
    await run.passTime(10_000);

    expect(await startable(run, 'A')).toBe(false);
  });

  it('by a pause keep from another start even what was claimed while the pause was being written', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();
    const task = await run.claim(engine, 'A');
    await place(run);
    // The pause may have passed the task in the index before the claim moved it there.
    await world.db.run('UPDATE tasks SET held = 0 WHERE id = ?', [task.id]);

    await engine.settle({ task, outcome: { kind: 'handed-back' }, handOver: false });

    expect(await startable(run, 'A')).toBe(false);
  });

  it('do not keep the engine from looking at what is under way outside', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    await run.execute(engine, 'A', waitFor('CALLBACK', 0));
    const executing = await run.claim(engine, 'B');
    await place(run);

    await engine.settle({ task: executing, outcome: waitFor('CALLBACK', 0), handOver: false });
    const looks = [await startable(run, 'A'), await startable(run, 'B')];

    expect(looks).toEqual([true, true]);
  });

  it('stop a look at what is under way from becoming another start', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    await run.execute(engine, 'A', waitFor('CALLBACK', 0));
    await run.execute(engine, 'B', waitFor('CALLBACK', 0));
    await place(run);

    await run.execute(engine, 'A', transient);
    await run.execute(engine, 'B', { kind: 'handed-back' });
    await run.passTime(10_000);

    expect([await startable(run, 'A'), await startable(run, 'B')]).toEqual([false, false]);
  });

  it('move the deadlines of what they kept by as long as they stood, and no others', async () => {
    const run = await world.createRun([taskPlan('HELD'), taskPlan('WATCHED'), taskPlan('NEW')]);
    const engine = world.engine();
    await run.execute(engine, 'HELD', transient);
    await run.execute(engine, 'WATCHED', waitFor('CALLBACK'));
    await place(run);
    const before = await run.tasks();

    await world.db.run('UPDATE runs SET held_since = held_since - INTERVAL 100 SECOND WHERE id = ?', [run.runId]);
    await lift(run);

    const moved = (await run.tasks()).map((row, n) => (row.deadlineAt?.getTime() ?? 0) - (before[n]?.deadlineAt?.getTime() ?? 0));
    expect(moved[0]).toBeGreaterThanOrEqual(100_000);
    expect(moved[0]).toBeLessThan(110_000);
    expect(moved.slice(1)).toEqual([0, 0]);
  });

  it('by a pause and by a failure stand beside each other: neither resume nor retry alone lets the run go on', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    await run.execute(world.engine(), 'A', permanent);
    await place(run);

    await lift(run);
    const resumed = { holds: await run.holds(), b: await startable(run, 'B') };
    await place(run);
    await retry(run, 'A');
    const retried = { holds: await run.holds(), a: await startable(run, 'A'), b: await startable(run, 'B') };
    await lift(run);
    const both = { holds: await run.holds(), a: await startable(run, 'A'), b: await startable(run, 'B') };

    expect(resumed).toEqual({ holds: ['TASK_FAILURE'], b: false });
    expect(retried).toEqual({ holds: ['USER_REQUESTED'], a: false, b: false });
    expect(both).toEqual({ holds: [], a: true, b: true });
  });

  describe('of another failed task', () => {
    const twoFailed = async () => {
      const run = await world.createRun([taskPlan('A'), taskPlan('B'), taskPlan('C')]);
      const engine = world.engine();
      const [a, b] = [await run.claim(engine, 'A'), await run.claim(engine, 'B')];
      for (const task of [a, b]) await engine.settle({ task, outcome: permanent, handOver: false });
      return { run, engine };
    };

    it('do not keep a retry from running, but everything else', async () => {
      const { run } = await twoFailed();

      await retry(run, 'A');

      expect([await startable(run, 'A'), await startable(run, 'C')]).toEqual([true, false]);
    });

    it.each([
      ['handed back', { kind: 'handed-back' } as const],
      ['that fails for the moment', transient],
    ])('do not keep a retry %s from running again', async (_how, outcome) => {
      const { run, engine } = await twoFailed();
      await retry(run, 'A');

      await run.execute(engine, 'A', outcome);
      await run.passTime(10_000);

      expect(await startable(run, 'A')).toBe(true);
    });

    it('take no time from a retry that a pause kept back: its deadline moves by as long as that stood', async () => {
      const { run, engine } = await twoFailed();
      await retry(run, 'A');
      await run.execute(engine, 'A', { kind: 'handed-back' });
      await place(run);
      const before = (await run.task('A')).deadlineAt?.getTime() ?? 0;
      await world.db.run('UPDATE runs SET held_since = held_since - INTERVAL 1000 SECOND WHERE id = ?', [run.runId]);
      await world.db.run(`UPDATE run_holds SET since = since - INTERVAL 100 SECOND WHERE run_id = ? AND reason = 'USER_REQUESTED'`, [
        run.runId,
      ]);

      await lift(run);

      const after = await run.task('A');
      const movedMs = (after.deadlineAt?.getTime() ?? 0) - before;
      expect([after.held, await run.holds()]).toEqual([0, ['TASK_FAILURE']]);
      expect(before).toBeGreaterThan(0);
      expect(movedMs).toBeGreaterThanOrEqual(100_000);
      expect(movedMs).toBeLessThan(110_000);
    });

    it('let go of everything with the last of them', async () => {
      const { run } = await twoFailed();

      await retry(run, 'A');
      await retry(run, 'B');

      expect(await run.holds()).toEqual([]);
      expect([await startable(run, 'A'), await startable(run, 'B'), await startable(run, 'C')]).toEqual([true, true, true]);
    });
  });

  it('lifted from a run that ended do not make it due', async () => {
    const run = await world.createRun([taskPlan('A')]);
    await place(run, 'FREEZE');
    await world.db.run(`UPDATE runs SET status = 'COMPLETED' WHERE id = ?`, [run.runId]);

    await lift(run, 'FREEZE');

    expect(await run.run()).toMatchObject({ status: 'COMPLETED', held: 0, runAt: null });
  });
});
