import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Plan, PlanCommand } from '../../src/domain/run.ts';
import { placeHold } from '../../src/engine/holds.ts';
import { testDatabases } from '../support/databases.ts';
import {
  completed,
  type EngineWorld,
  openEngineWorld,
  otherQueue,
  person,
  queue,
  taskPlan,
  type WorldRun,
  waitFor,
} from './engine-world.ts';

const past = () => new Date(Date.now() - 1_000);
const twoStages = [
  { key: 'ONE', queue },
  { key: 'TWO', queue: otherQueue },
];
const then = (...commands: PlanCommand[]): Plan => ({ commands, wakeAt: null });

describe.each(testDatabases())('advancing on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterEach(() => {
    world.asked.splice(0);
    world.noticesWith(() => []);
  });
  afterAll(() => world?.close());

  const advanceWith = async (run: WorldRun, plan: Plan) => {
    world.planWith(() => plan);
    return world.engine().advance(run.runId);
  };

  it('asks the planner about a run that is due, with its stages, tasks and holds', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')], { wakeAt: past(), stages: twoStages });
    await run.execute(world.engine(), 'A', completed);
    await world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason: 'FREEZE', subject: 'x' }, person, null));

    expect(await advanceWith(run, then())).toBe('advanced');

    expect(world.asked).toMatchObject([
      {
        ...{
          id: run.runId,
          tenantId: run.tenantId,
          subjectId: run.subjectId,
          status: 'PENDING',
          holds: [{ reason: 'FREEZE', subject: 'x' }],
        },
        stages: [
          { key: 'ONE', status: 'IN_PROGRESS', attempt: 1, openTasks: 1 },
          { key: 'TWO', status: 'PENDING', attempt: 0, openTasks: 0 },
        ],
        tasks: [
          { key: 'A', stageKey: 'ONE', stageAttempt: 1, status: 'COMPLETED' },
          { key: 'B', stageKey: 'ONE', stageAttempt: 1, status: 'READY' },
        ],
      },
    ]);
  });

  it('does not ask about a run that is not due, and asks again when its time has come', async () => {
    const run = await world.createRun([taskPlan('A')], { wakeAt: past() });

    await advanceWith(run, { commands: [], wakeAt: new Date(Date.now() + 60_000) });
    const early = await advanceWith(run, then());
    await run.passTime(61_000);
    const due = await advanceWith(run, then());

    expect([early, due]).toEqual(['not-due', 'advanced']);
    expect(await run.run()).toMatchObject({ runAt: null });
  });

  it('asks once when a stage is drained, however many processes are woken', async () => {
    const run = await world.createRun([taskPlan('A')]);
    await run.execute(world.engine(), 'A', completed);
    world.planWith(() => then({ do: 'close-stage', stage: 'S', status: 'COMPLETED' }, { do: 'complete' }));

    const results = await Promise.all(Array.from({ length: 8 }, (_, n) => world.engine(`w${n}`).advance(run.runId)));

    expect(results.filter((result) => result === 'advanced')).toHaveLength(1);
    expect(world.asked).toHaveLength(1);
    expect(await run.run()).toMatchObject({ status: 'COMPLETED', runAt: null, due: 0 });
    expect(await run.stage('S')).toMatchObject({ status: 'COMPLETED' });
    expect((await run.history()).filter(({ entityType, after }) => entityType === 'run' && after === 'COMPLETED')).toHaveLength(1);
  });

  it('puts one plan into effect when many processes plan at the same instant', async () => {
    const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
    world.planWith(() => then({ do: 'start' }, { do: 'add-tasks', stage: 'S', tasks: [taskPlan('B')] }));

    await Promise.all(Array.from({ length: 8 }, (_, n) => world.engine(`w${n}`).advance(run.runId)));

    expect((await run.tasks()).map(({ key }) => key)).toEqual(['A', 'B']);
    expect(await run.stage('S')).toMatchObject({ openTasks: 2 });
  });

  it('never asks about a run that ended', async () => {
    const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
    await advanceWith(run, then({ do: 'complete' }));
    await world.db.run('UPDATE runs SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [run.runId]);

    expect(await advanceWith(run, then())).toBe('not-due');
  });

  it('lets go on what waited for a task that the plan no longer wants', async () => {
    const run = await world.createRun(
      [taskPlan('A'), taskPlan('B'), taskPlan('C', { dependsOn: ['A'] }), taskPlan('D', { dependsOn: ['A', 'B'] })],
      {
        wakeAt: past(),
      },
    );
    const { id } = await run.task('A');

    await advanceWith(run, then({ do: 'cancel-tasks', taskIds: [id], why: 'not wanted' }));

    expect(await run.task('A')).toMatchObject({ status: 'CANCELLED' });
    expect(await run.task('C')).toMatchObject({ status: 'READY' });
    expect(await run.task('D')).toMatchObject({ status: 'PENDING' });
    await run.execute(world.engine(), 'B', completed);
    expect(await run.task('D')).toMatchObject({ status: 'READY' });
    expect(await run.history('C')).toContainEqual(expect.objectContaining({ before: 'PENDING', after: 'READY', why: 'not wanted' }));
  });

  it('leaves nothing open when a task and all that wait for it are cancelled together', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] })], { wakeAt: past() });
    const ids = (await run.tasks()).map(({ id }) => id);

    await advanceWith(run, then({ do: 'cancel-tasks', taskIds: ids, why: 'not wanted' }));

    expect((await run.tasks()).map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
    expect(await run.stage('S')).toMatchObject({ openTasks: 0 });
  });

  it('opens a stage that was put back as another attempt, and tells of both in the order they happened', async () => {
    const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
    await run.execute(world.engine(), 'A', completed);
    await advanceWith(run, then({ do: 'close-stage', stage: 'S', status: 'COMPLETED' }));
    await world.db.run('UPDATE runs SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [run.runId]);

    await advanceWith(run, then({ do: 'put-back-stage', stage: 'S' }, { do: 'open-stage', stage: 'S', tasks: [taskPlan('B')] }));

    expect(await run.stage('S')).toMatchObject({ status: 'IN_PROGRESS', attempt: 2, openTasks: 1 });
    const told = (await run.history()).filter(({ entityType, field }) => entityType === 'stage' && field === 'status');
    expect(told.map(({ before, after }) => [before, after])).toEqual([
      ['PENDING', 'IN_PROGRESS'],
      ['IN_PROGRESS', 'COMPLETED'],
      ['COMPLETED', 'PENDING'],
      ['PENDING', 'IN_PROGRESS'],
    ]);
  });

  describe('a planner that throws', () => {
    it('changes nothing; the run comes again, later each time, and says why', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
      world.planWith(() => {
        throw new Error('no such slot');
      });
      const delays: number[] = [];

      for (const _ of [1, 2, 3]) {
        await expect(world.engine().advance(run.runId)).rejects.toThrow('no such slot');
        const { now } = await run.task('A');
        delays.push(((await run.run()).runAt?.getTime() ?? 0) - now.getTime());
        await run.passTime(60_000);
      }

      expect(await run.run()).toMatchObject({
        status: 'PENDING',
        failures: 3,
        failure: { kind: 'internal', message: 'Planning failed: no such slot' },
      });
      expect(delays[2]).toBeGreaterThan((delays[0] ?? 0) + 1_000);
    });

    it('is forgotten once it plans', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
      world.planWith(() => {
        throw new Error('not yet');
      });
      await world
        .engine()
        .advance(run.runId)
        .catch(() => undefined);
      await run.passTime(60_000);

      await advanceWith(run, then());

      expect(await run.run()).toMatchObject({ failures: 0, failure: null });
    });

    it('leaves nothing of a plan whose later command is impossible', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
      const impossible = then(
        { do: 'start' },
        { do: 'add-tasks', stage: 'S', tasks: [taskPlan('B')] },
        { do: 'close-stage', stage: 'NONE', status: 'SKIPPED' },
      );

      await expect(advanceWith(run, impossible)).rejects.toThrow('NONE');

      expect(await run.run()).toMatchObject({ status: 'PENDING' });
      expect(await run.tasks()).toHaveLength(1);
      expect(await run.stage('S')).toMatchObject({ openTasks: 1 });
    });
  });

  describe('the command', () => {
    it('start begins the run once', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past() });

      await advanceWith(run, then({ do: 'start' }));

      expect(await run.run()).toMatchObject({ status: 'IN_PROGRESS' });
      expect(await run.history()).toContainEqual(expect.objectContaining({ entityType: 'run', before: 'PENDING', after: 'IN_PROGRESS' }));
    });

    it('open-stage opens the next attempt with its tasks, moves the run to its queue and rings for what may start', async () => {
      const run = await world.createRun([], { wakeAt: past(), stages: twoStages });
      world.forgetRings();

      await advanceWith(run, then({ do: 'open-stage', stage: 'TWO', tasks: [taskPlan('X'), taskPlan('Y', { dependsOn: ['X'] })] }));

      const [x, y] = [await run.task('X'), await run.task('Y')];
      expect(await run.stage('TWO')).toMatchObject({ status: 'IN_PROGRESS', attempt: 1, openTasks: 2 });
      expect(x).toMatchObject({ status: 'READY' });
      expect(y).toMatchObject({ status: 'PENDING', unmet: 1 });
      expect(world.rings).toEqual([{ kind: 'task', queue: otherQueue, id: x.id, fence: 0, tenantId: run.tenantId }]);
      const [row] = await world.db.rows<{ queue: string }>('SELECT queue FROM runs WHERE id = ?', [run.runId]);
      expect(row?.queue).toBe(otherQueue);
    });

    it('open-stage may open a stage again: the tasks of its attempts share keys and nothing else', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await run.execute(world.engine(), 'A', completed);

      await advanceWith(run, then({ do: 'open-stage', stage: 'S', tasks: [taskPlan('A')] }));

      expect((await run.tasks()).map(({ key, status }) => `${key} ${status}`)).toEqual(['A COMPLETED', 'A READY']);
      expect(await run.stage('S')).toMatchObject({ attempt: 2, openTasks: 1 });
    });

    it('open-stage without tasks makes the planner be asked again, for nothing else will', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past(), stages: twoStages });

      await advanceWith(run, then({ do: 'open-stage', stage: 'TWO', tasks: [] }));

      expect(await run.run()).toMatchObject({ due: 1 });
    });

    it('open-stage is refused while the attempt before has open tasks, whose ends would be counted for the new one', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past() });

      await expect(advanceWith(run, then({ do: 'open-stage', stage: 'S', tasks: [taskPlan('X')] }))).rejects.toThrow('open tasks');
    });

    it('open-stage while the run is held creates tasks that do not start', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past(), stages: twoStages });
      await world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason: 'FREEZE', subject: '' }, person, null));

      await advanceWith(run, then({ do: 'open-stage', stage: 'TWO', tasks: [taskPlan('X')] }));

      expect(await run.task('X')).toMatchObject({ status: 'READY', held: 1 });
      expect(await world.engine().claim(await run.task('X'))).toBeNull();
    });

    it('cancel-tasks ends open tasks, fences out who executes them, and lifts the holds about them', async () => {
      const run = await world.createRun([taskPlan('GATE'), taskPlan('B'), taskPlan('DONE')]);
      const engine = world.engine();
      await run.execute(engine, 'GATE', waitFor('APPROVAL', 0));
      await world.db.run('UPDATE tasks SET held = 0 WHERE run_id = ?', [run.runId]);
      await run.execute(engine, 'DONE', completed);
      const executing = await run.claim(engine, 'B');
      const [gate, b, done] = [await run.task('GATE'), await run.task('B'), await run.task('DONE')];
      await world.db.run('UPDATE runs SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [run.runId]);

      await advanceWith(run, then({ do: 'cancel-tasks', taskIds: [gate.id, b.id, done.id], why: 'superseded' }));

      expect(await run.task('GATE')).toMatchObject({ status: 'CANCELLED', note: 'superseded', waitReason: null, runAt: null });
      expect(await run.task('DONE')).toMatchObject({ status: 'COMPLETED' });
      expect(await engine.settle({ task: executing, outcome: completed, handOver: false })).toEqual({ settled: false });
      expect(await run.holds()).toEqual([]);
      expect(await run.stage('S')).toMatchObject({ openTasks: 0 });
      expect(await run.run()).toMatchObject({ due: 1 });
      expect(await run.attempts('B')).toMatchObject([{ number: 1, outcome: 'cancelled' }]);
      expect((await run.history('GATE')).at(-1)).toMatchObject({ before: 'WAITING', after: 'CANCELLED', why: 'superseded' });
    });

    it('complete ends the run and tells people once', async () => {
      const run = await world.createRun([taskPlan('A')], { wakeAt: past() });
      world.noticesWith((event) => (event.kind === 'run-completed' ? [{ type: 'DONE', data: {}, dedupeKey: event.runId }] : []));

      await advanceWith(run, then({ do: 'start' }, { do: 'complete' }));

      expect(await run.run()).toMatchObject({ status: 'COMPLETED', runAt: null });
      expect(await run.deliveries()).toMatchObject([{ type: 'DONE' }]);
      const statuses = (await run.history())
        .filter(({ entityType }) => entityType === 'run')
        .map(({ before, after }) => `${before}>${after}`);
      expect(statuses).toEqual(['>PENDING', 'PENDING>IN_PROGRESS', 'IN_PROGRESS>COMPLETED']);
    });
  });
});
