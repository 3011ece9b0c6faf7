import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeHold } from '../../src/engine/holds.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, leaseMs, openEngineWorld, person, taskPlan, transient, waitFor } from './engine-world.ts';

describe.each(testDatabases())('claiming on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  it('gives a due task to whoever asks with its fence, under a lease', async () => {
    const run = await world.createRun([taskPlan('A', { input: { colour: 'red' }, maxAttempts: 7 })]);

    const task = await run.claim(world.engine('me'), 'A');

    const row = await run.task('A');
    expect(task).toMatchObject({
      ...{ id: row.id, tenantId: run.tenantId, runId: run.runId, runKind: 'test', subjectId: run.subjectId, stageId: row.stageId },
      ...{ stageAttempt: 1, key: 'A', type: 'NOOP', queue: 'kickoff', fence: 1, attempt: 1, failures: 0, maxAttempts: 7 },
      ...{ input: { colour: 'red' }, output: null, externalId: null, waitedFor: null, intents: {} },
    });
    expect(row).toMatchObject({ status: 'IN_PROGRESS', fence: 1, attempt: 1 });
    expect(row.leaseOwner).toMatch(/^me\b/);
    expect((row.runAt?.getTime() ?? 0) - row.now.getTime()).toBeGreaterThan(leaseMs - 5_000);
    expect((row.deadlineAt?.getTime() ?? 0) - row.now.getTime()).toBeGreaterThan(3_600_000 - 5_000);
  });

  it('does not take a task before its time', async () => {
    const run = await world.createRun([taskPlan('A', { notBefore: new Date(Date.now() + 60_000) })]);

    const early = await world.engine().claim(await run.task('A'));
    await run.passTime(61_000);
    const due = await world.engine().claim(await run.task('A'));

    expect(early).toBeNull();
    expect(due).not.toBeNull();
  });

  it('does not take a task that has an unmet dependency', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] })]);

    expect(await world.engine().claim(await run.task('B'))).toBeNull();
  });

  it('does not take a held task', async () => {
    const run = await world.createRun([taskPlan('A')]);
    await world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason: 'USER_REQUESTED', subject: '' }, person, null));

    expect(await world.engine().claim(await run.task('A'))).toBeNull();
    expect(await run.task('A')).toMatchObject({ status: 'READY', fence: 0, attempt: 0 });
  });

  it.each([-1, 1])('does not take a task whose fence is off by %i', async (offset) => {
    const run = await world.createRun([taskPlan('A')]);
    await world.db.run('UPDATE tasks SET fence = 5 WHERE run_id = ?', [run.runId]);
    const { id } = await run.task('A');

    expect(await world.engine().claim({ id, fence: 5 + offset })).toBeNull();
    expect(await run.task('A')).toMatchObject({ status: 'READY', fence: 5 });
  });

  it('has one winner among ten processes that claim the same state', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const wake = await run.task('A');

    const claims = await Promise.all(Array.from({ length: 10 }, (_, n) => world.engine(`w${n}`).claim(wake)));

    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
    expect(await run.task('A')).toMatchObject({ fence: 1, attempt: 1 });
  });

  it('has one winner when the same wake-up reaches one process twice at once', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();
    const wake = await run.task('A');

    const claims = await Promise.all([engine.claim(wake), engine.claim(wake)]);

    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  it('gives a repeated wake-up nothing while the same process executes the task, whatever else it claims in the same statement', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    const wake = await run.task('A');
    const another = await run.task('B');
    const first = await engine.claim(wake);

    const [repeated, other] = await Promise.all([engine.claim(wake), engine.claim(another)]);

    expect(first).not.toBeNull();
    expect(other).not.toBeNull();
    expect(repeated).toBeNull();
  });

  it('answers each of many wake-ups in one batch with its own task', async () => {
    const run = await world.createRun(Array.from({ length: 50 }, (_, n) => taskPlan(`T${n}`)));
    const wakes = await run.tasks();
    const engine = world.engine();

    const claims = await Promise.all(wakes.map((wake, n) => engine.claim(n % 2 === 0 ? wake : { ...wake, fence: 9 })));

    expect(claims.map((claim) => claim?.key ?? null)).toEqual(wakes.map(({ key }, n) => (n % 2 === 0 ? key : null)));
  });

  it('begins an attempt for a start and for a retry, and continues it for a look at what is under way', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();

    await run.execute(engine, 'A', waitFor('CALLBACK', 0));
    const look = await run.claim(engine, 'A');
    await engine.settle({ task: look, outcome: transient, handOver: false });
    await run.passTime(10_000);
    const retry = await run.claim(engine, 'A');

    expect(look).toMatchObject({ attempt: 1, waitedFor: 'CALLBACK' });
    expect(retry).toMatchObject({ attempt: 2, waitedFor: 'RETRY', failures: 1 });
  });

  it('keeps the deadline of the first start', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();
    await run.execute(engine, 'A', waitFor('CALLBACK', 0));
    const before = await run.task('A');

    await run.claim(engine, 'A');

    expect((await run.task('A')).deadlineAt).toEqual(before.deadlineAt);
  });

  it('never takes a task that ended', async () => {
    const run = await world.createRun([taskPlan('A')]);
    await run.execute(world.engine(), 'A', completed);

    expect(await world.engine().claim(await run.task('A'))).toBeNull();
  });
});
