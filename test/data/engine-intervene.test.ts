import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskStatus } from '../../src/domain/run.ts';
import { cancelRun } from '../../src/engine/cancel.ts';
import { type Intervention, intervene } from '../../src/engine/intervene.ts';
import { next } from '../../src/engine/transitions.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, openEngineWorld, permanent, person, taskPlan, type WorldRun, waitFor } from './engine-world.ts';

const everyStatus = [
  'PENDING',
  'READY',
  'IN_PROGRESS',
  'WAITING',
  'FAILED',
  'COMPLETED',
  'SKIPPED',
  'CANCELLED',
] as const satisfies readonly TaskStatus[];
const interventions: Intervention[] = [
  { do: 'retry', why: 'again' },
  { do: 'skip', why: 'not needed' },
  { do: 'complete-outside', why: 'by hand', output: { by: 'hand' } },
];

describe.each(testDatabases())('a person on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  const say = async (run: WorldRun, key: string, intervention: Intervention) => {
    const { id } = await run.task(key);
    return world.db.transact((tx) => intervene(tx, id, intervention, person, world.ring));
  };
  const cancel = (run: WorldRun) => world.db.transact((tx) => cancelRun(tx, run.runId, person, 'archived', world.ring));

  /** A run whose task X is in this status, with Y waiting for it. */
  async function runWith(status: TaskStatus): Promise<WorldRun> {
    const run = await world.createRun([
      taskPlan('W'),
      taskPlan('X', status === 'PENDING' ? { dependsOn: ['W'] } : {}),
      taskPlan('Y', { dependsOn: ['X'] }),
    ]);
    const engine = world.engine();
    if (status === 'IN_PROGRESS') await run.claim(engine, 'X');
    if (status === 'WAITING')
      await run.execute(engine, 'X', { ...waitFor('CALLBACK'), signals: [{ integrationId: 'CI', key: 'k' }] } as never);
    if (status === 'FAILED') await run.execute(engine, 'X', permanent);
    if (status === 'COMPLETED') await run.execute(engine, 'X', completed);
    if (status === 'SKIPPED') await say(run, 'X', { do: 'skip', why: 'no' });
    if (status === 'CANCELLED') await cancel(run);
    return run;
  }

  describe.each(interventions)('who says $do', (intervention) => {
    it.each(everyStatus)('to a task that is %s', async (status) => {
      const run = await runWith(status);
      const before = await run.tasks();
      const expected = next(status, intervention.do);

      const result = await say(run, 'X', intervention);

      if (expected === null) {
        expect(result).toEqual({ ok: false, status });
        expect((await run.tasks()).map((row) => ({ ...row, now: 0 }))).toEqual(before.map((row) => ({ ...row, now: 0 })));
        return;
      }
      expect(result).toEqual({ ok: true, status: expected });
      const x = await run.task('X');
      expect(x).toMatchObject({ status: expected, waitReason: null, unmet: 0 });
      expect((await run.history('X')).at(-1)).toMatchObject({
        before: status,
        after: expected,
        why: intervention.why,
        accountId: person.accountId,
      });
      expect(await run.holds()).toEqual([]);
      expect(await world.db.rows('SELECT 1 FROM task_signals WHERE task_id = ?', [x.id])).toEqual([]);
      expect(await run.task('Y')).toMatchObject(expected === 'READY' ? { status: 'PENDING', unmet: 1 } : { status: 'READY', unmet: 0 });
      expect(await run.stage('S')).toMatchObject({ openTasks: expected === 'READY' ? 3 : 2 });
    });
  });

  it('who retries gives the task all its attempts and its time again, and keeps what it knows', async () => {
    const run = await world.createRun([taskPlan('A', { maxAttempts: 2 })]);
    const engine = world.engine();
    await run.execute(engine, 'A', { kind: 'waiting', reason: 'CALLBACK', forMs: 0, externalId: 'build-1' });
    await run.execute(engine, 'A', permanent);

    await say(run, 'A', { do: 'retry', why: null });

    const row = await run.task('A');
    expect(row).toMatchObject({ status: 'READY', failures: 0, deadlineAt: null, externalId: 'build-1', held: 0 });
    expect(world.rings).toContainEqual(expect.objectContaining({ kind: 'task', id: row.id, fence: row.fence }));
    expect(await run.claim(engine, 'A')).toMatchObject({ attempt: 2, externalId: 'build-1' });
  });

  it('who retries a gate starts it even while another task has failed', async () => {
    const run = await world.createRun([taskPlan('GATE'), taskPlan('B')]);
    const engine = world.engine();
    const failing = await run.claim(engine, 'B');
    await run.execute(engine, 'GATE', waitFor('APPROVAL'));
    await engine.settle({ task: failing, outcome: permanent, handOver: false });

    await say(run, 'GATE', { do: 'retry', why: null });

    expect(await run.holds()).toEqual(['TASK_FAILURE']);
    expect(await engine.claim(await run.task('GATE'))).not.toBeNull();
  });

  it.each([
    ['retry', 'cancelled'],
    ['skip', 'skipped'],
    ['complete-outside', 'completed'],
  ] as const)('who ends a wait by %s ends its attempt', async (what, outcome) => {
    const run = await runWith('WAITING');

    await say(run, 'X', interventions.find((intervention) => intervention.do === what) ?? { do: 'skip', why: '' });

    expect(await run.attempts('X')).toMatchObject([{ number: 1, outcome }]);
  });

  it('who completes a task outside leaves the output and their name', async () => {
    const run = await runWith('FAILED');

    await say(run, 'X', { do: 'complete-outside', why: 'by hand', output: { tag: 'v1' } });

    expect(await run.task('X')).toMatchObject({ output: { tag: 'v1' }, note: 'by hand', settledBy: person.accountId });
  });

  it('who ends a task releases its dependants with a history of their own, and rings for them and a drained run', async () => {
    const run = await world.createRun([taskPlan('X'), taskPlan('Y', { dependsOn: ['X'] })]);
    world.forgetRings();

    await say(run, 'X', { do: 'skip', why: 'no' });
    const y = await run.task('Y');
    const rung = [...world.rings];
    await say(run, 'Y', { do: 'skip', why: 'no' });

    expect((await run.history('Y')).filter(({ action }) => action === 'UPDATE')).toMatchObject([
      { before: 'PENDING', after: 'READY' },
      { before: 'READY', after: 'SKIPPED' },
    ]);
    expect(rung).toContainEqual({ kind: 'task', queue: 'kickoff', id: y.id, fence: y.fence, tenantId: run.tenantId });
    expect(await run.run()).toMatchObject({ due: 1 });
    expect(world.rings.filter(({ kind }) => kind === 'run')).not.toEqual([]);
  });

  it('who retries twice at once retries once', async () => {
    const run = await runWith('FAILED');

    const results = await Promise.all([1, 2].map(() => say(run, 'X', { do: 'retry', why: null })));

    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  });

  describe('who cancels the run', () => {
    it('ends every open task and stage, fences out whoever executes, and leaves nothing due or held', async () => {
      const run = await world.createRun([
        ...['DONE', 'BUSY', 'WAITS', 'FAILED', 'READY'].map((key) => taskPlan(key)),
        taskPlan('P', { dependsOn: ['BUSY'] }),
      ]);
      const engine = world.engine();
      await run.execute(engine, 'DONE', completed);
      const busy = await run.claim(engine, 'BUSY');
      const failing = await run.claim(engine, 'FAILED');
      await run.execute(engine, 'WAITS', waitFor('CALLBACK'));
      await engine.settle({ task: failing, outcome: permanent, handOver: false });

      expect(await cancel(run)).toBe(true);

      expect(Object.fromEntries((await run.tasks()).map(({ key, status }) => [key, status]))).toEqual({
        ...{ DONE: 'COMPLETED', BUSY: 'CANCELLED', WAITS: 'CANCELLED', FAILED: 'CANCELLED', READY: 'CANCELLED', P: 'CANCELLED' },
      });
      expect(await engine.settle({ task: busy, outcome: completed, handOver: true })).toEqual({ settled: false });
      expect(await run.stage('S')).toMatchObject({ status: 'CANCELLED', openTasks: 0 });
      expect(await run.run()).toMatchObject({ status: 'CANCELLED', held: 0, runAt: null });
      expect(await run.holds()).toEqual([]);
      expect((await run.history()).at(-1)).toMatchObject({
        entityType: 'run',
        after: 'CANCELLED',
        why: 'archived',
        accountId: person.accountId,
      });
    });

    it('makes its worker stop at the next heartbeat', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      const lease = engine.leases.hold(await run.claim(engine, 'A'));

      await cancel(run);
      await engine.leases.beat();

      expect(lease.signal.aborted).toBe(true);
    });

    it('does so once', async () => {
      const run = await world.createRun([taskPlan('A')]);

      const results = await Promise.all([cancel(run), cancel(run)]);

      expect(results.sort()).toEqual([false, true]);
    });
  });
});
