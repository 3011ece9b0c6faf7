import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/db/schema/columns.ts';
import { placeHold } from '../../src/engine/holds.ts';
import { sweepLapsedLeases } from '../../src/engine/sweep.ts';
import { testDatabases } from '../support/databases.ts';
import {
  completed,
  type EngineWorld,
  leaseMs,
  openEngineWorld,
  permanent,
  person,
  queue,
  taskPlan,
  type WorldRun,
} from './engine-world.ts';

describe.each(testDatabases())('what a final failure means on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterEach(() => {
    world.noticesWith(() => []);
    world.planWith(() => ({ commands: [], wakeAt: null }));
  });
  afterAll(() => world?.close());

  /** As if the worker had died over it for the 20th time. */
  const giveUp = async (run: WorldRun) => {
    await world.db.run('UPDATE tasks SET lapses = 19 WHERE run_id = ?', [run.runId]);
    await run.claim(world.engine(), 'A');
    await run.passTime(leaseMs + 1);
    await sweepLapsedLeases(world.db, [queue], world.ring, world.definitions);
  };
  const fail = async (run: WorldRun) => {
    await run.execute(world.engine(), 'A', permanent);
  };

  it('is stored with what the last attempt found, also for one that the run goes on without', async () => {
    for (const onFailure of ['continue', 'plan'] as const) {
      const run = await world.createRun([taskPlan('A', { onFailure })]);

      await run.execute(world.engine(), 'A', {
        ...{ kind: 'failed', failure: { kind: 'forbidden', message: 'it may not' } },
        output: { failing: ['adds'] },
      });

      const [row] = await world.db.rows<{ output: unknown }>('SELECT output FROM tasks WHERE run_id = ?', [run.runId]);
      expect(parseJson(row?.output), onFailure).toEqual({ failing: ['adds'] });
    }
  });

  describe.each([
    ['of its attempt', fail],
    ['of its worker', giveUp],
  ])('%s', (_name, bring) => {
    it('for one that the run goes on without: it is skipped, keeps its failure, and releases what waits for it', async () => {
      const run = await world.createRun([taskPlan('A', { onFailure: 'continue' }), taskPlan('B', { dependsOn: ['A'] })]);

      await bring(run);

      const row = await run.task('A');
      expect(row).toMatchObject({ status: 'SKIPPED', runAt: null, leaseOwner: null });
      expect(row.failure).toMatchObject({ message: expect.stringMatching(/may not|died/) });
      expect(await run.task('B')).toMatchObject({ status: 'READY' });
      expect(await run.stage('S')).toMatchObject({ openTasks: 1 });
      expect(await run.holds()).toEqual([]);
      expect((await run.history('A')).at(-1)).toMatchObject({ before: 'IN_PROGRESS', after: 'SKIPPED' });
    });

    it('for one that the run goes on without and that was the last of its stage: the planner is asked', async () => {
      const run = await world.createRun([taskPlan('A', { onFailure: 'continue' })]);

      await bring(run);

      expect(await run.run()).toMatchObject({ due: 1 });
      expect(await run.stage('S')).toMatchObject({ openTasks: 0 });
    });

    it('for one whose run plans for it: it is failed, nothing holds the run, and the planner is asked at once while others are under way', async () => {
      const run = await world.createRun([taskPlan('A', { onFailure: 'plan' }), taskPlan('B'), taskPlan('C', { dependsOn: ['A'] })]);
      world.noticesWith((event) => (event.kind === 'task-failed' ? [{ type: 'TASK_FAILED', data: {}, dedupeKey: event.task.id }] : []));
      world.forgetRings();

      await bring(run);

      expect(await run.task('A')).toMatchObject({ status: 'FAILED' });
      expect(await run.task('C')).toMatchObject({ status: 'PENDING' });
      expect(await run.holds()).toEqual([]);
      const { due, fence } = await run.run();
      expect(due).toBe(1);
      expect(world.rings).toContainEqual({ kind: 'run', queue, id: run.runId, fence, tenantId: run.tenantId });
      expect(await run.deliveries()).toMatchObject([{ type: 'TASK_FAILED' }]);
    });
  });

  it('is what a plan finds: it may cancel what is open, lift what holds the run, close the stage as cancelled and open another', async () => {
    const run = await world.createRun([taskPlan('A', { onFailure: 'plan' }), taskPlan('B')], {
      stages: [
        { key: 'S', queue },
        { key: 'UNDO', queue },
      ],
    });
    await world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason: 'USER_REQUESTED', subject: '' }, person, null));
    await world.db.run(`UPDATE tasks SET held = 0 WHERE run_id = ?`, [run.runId]);
    world.planWith(({ tasks, stages }) => {
      const failed = tasks.some((task) => task.stageKey === 'S' && task.status === 'FAILED');
      if (!failed || stages.some((stage) => stage.key === 'UNDO' && stage.status !== 'PENDING')) return { commands: [], wakeAt: null };
      const open = tasks.filter((task) => task.key === 'B').map((task) => task.id);
      return {
        commands: [
          { do: 'cancel-tasks', taskIds: open, why: 'A failed' },
          { do: 'close-stage', stage: 'S', status: 'CANCELLED' },
          { do: 'lift-holds', reasons: ['USER_REQUESTED'], why: 'it must be undone' },
          { do: 'open-stage', stage: 'UNDO', tasks: [taskPlan('U')] },
        ],
        wakeAt: null,
      };
    });

    await fail(run);
    await world.engine().advance(run.runId);
    await world.engine().advance(run.runId);

    expect(await run.task('A')).toMatchObject({ status: 'FAILED' });
    expect(await run.task('B')).toMatchObject({ status: 'CANCELLED' });
    expect(await run.stage('S')).toMatchObject({ status: 'CANCELLED', openTasks: 1 });
    expect(await run.holds()).toEqual([]);
    expect(await run.task('U')).toMatchObject({ status: 'READY', held: 0 });
    await run.execute(world.engine(), 'U', completed);
    expect(await run.stage('UNDO')).toMatchObject({ openTasks: 0 });
  });
});
