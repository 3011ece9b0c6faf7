import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LeaseLostError } from '../../src/engine/lease.ts';
import { sweepLapsedLeases } from '../../src/engine/sweep.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, leaseMs, openEngineWorld, queue, taskPlan } from './engine-world.ts';

describe.each(testDatabases())('leases on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  it('stand on as long as the heart beats: no sweep takes the task', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();
    const lease = engine.leases.hold(await run.claim(engine, 'A'));

    await run.passTime(leaseMs - 5_000);
    await engine.leases.beat();
    await run.passTime(10_000);
    await sweepLapsedLeases(world.db, [queue], world.ring, world.definitions);

    expect(await run.task('A')).toMatchObject({ status: 'IN_PROGRESS', fence: 1 });
    expect(lease.signal.aborted).toBe(false);
  });

  it('of handed-over tasks stand on too', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B', { dependsOn: ['A'] })]);
    const engine = world.engine();
    const result = await run.execute(engine, 'A', completed, true);
    if (!result.settled || result.next === null) throw new Error('nothing was handed over');
    const lease = engine.leases.hold(result.next);

    await run.passTime(leaseMs - 5_000);
    await engine.leases.beat();

    const row = await run.task('B');
    expect((row.runAt?.getTime() ?? 0) - row.now.getTime()).toBeGreaterThan(leaseMs - 5_000);
    expect(lease.signal.aborted).toBe(false);
  });

  it('that somebody else took abort the work at the next heartbeat, and no other work', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    const [a, b] = [engine.leases.hold(await run.claim(engine, 'A')), engine.leases.hold(await run.claim(engine, 'B'))];
    await world.db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE task_key = 'A' AND run_id = ?`, [run.runId]);
    await sweepLapsedLeases(world.db, [queue], world.ring, world.definitions);
    await run.claim(world.engine('another'), 'A');
    const before = await run.task('A');

    await engine.leases.beat();

    expect(a.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(b.signal.aborted).toBe(false);
    expect((await run.task('A')).runAt).toEqual(before.runAt);
  });

  it('that were given up are not renewed', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();
    const lease = engine.leases.hold(await run.claim(engine, 'A'));
    const before = await run.task('A');

    lease.release();
    await engine.leases.beat();

    expect((await run.task('A')).runAt).toEqual(before.runAt);
    expect(engine.leases.held()).toBe(0);
  });
});
