import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liftHold, placeHold } from '../../src/engine/holds.ts';
import { sweepDue, sweepLapsedLeases } from '../../src/engine/sweep.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { testDatabases } from '../support/databases.ts';
import {
  completed,
  type EngineWorld,
  leaseMs,
  openEngineWorld,
  person,
  queue,
  taskPlan,
  transient,
  type WorldRun,
  waitFor,
} from './engine-world.ts';

describe.each(testDatabases())('sweeping on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterEach(async () => {
    world.noticesWith(() => []);
    await world.db.run('UPDATE tasks SET run_at = NULL');
    await world.db.run('UPDATE runs SET run_at = NULL');
  });
  afterAll(() => world?.close());

  const sweep = async (...queues: string[]) => {
    const rung: Wake[] = [];
    const found = await sweepDue(world.db, queues, (wakes) => void rung.push(...wakes));
    return { rung, found };
  };
  const sweepLapsed = () => sweepLapsedLeases(world.db, [queue], world.ring, world.definitions);
  /** As if the worker that executes it had died a lease ago. */
  const lapse = async (run: WorldRun) => {
    await run.passTime(leaseMs + 1_000);
    await sweepLapsed();
  };

  describe('for due rows', () => {
    it('rings for tasks that are due and startable, and for nothing else', async () => {
      const later = new Date(Date.now() + 60_000);
      const run = await world.createRun([
        ...['READY', 'HELD', 'BUSY', 'WAITING', 'DONE'].map((key) => taskPlan(key)),
        taskPlan('EARLY', { notBefore: later }),
        taskPlan('PENDING', { dependsOn: ['READY'] }),
      ]);
      const engine = world.engine();
      await run.claim(engine, 'BUSY');
      await run.execute(engine, 'DONE', completed);
      await run.execute(engine, 'WAITING', waitFor('CALLBACK', 0));
      await world.db.run(`UPDATE tasks SET held = 1 WHERE task_key = 'HELD' AND run_id = ?`, [run.runId]);

      const { rung, found } = await sweep(queue);

      const [ready, waiting] = [await run.task('READY'), await run.task('WAITING')];
      expect(rung.map(({ kind, id, fence }) => ({ kind, id, fence }))).toEqual([
        { kind: 'task', id: ready.id, fence: ready.fence },
        { kind: 'task', id: waiting.id, fence: waiting.fence },
      ]);
      expect(found.get(queue)).toMatchObject({ due: 2 });
    });

    it('rings in its instant for what falls due before the next sweep, and knows nothing of what comes later', async () => {
      const at = (ms: number) => new Date(Date.now() + ms);
      const run = await world.createRun([
        taskPlan('NOW'),
        taskPlan('SOON', { notBefore: at(800) }),
        taskPlan('SOON TOO', { notBefore: at(900) }),
        taskPlan('LATER', { notBefore: at(60_000) }),
      ]);
      const [now, soon, soonToo] = [await run.task('NOW'), await run.task('SOON'), await run.task('SOON TOO')];
      const rung: Wake[] = [];
      const planned: { ms: number; act: () => void }[] = [];

      const found = await sweepDue(world.db, [queue], (wakes) => void rung.push(...wakes), {
        ms: 5_000,
        later: (ms, act) => void planned.push({ ms, act }),
      });
      const atOnce = rung.splice(0).map(({ id }) => id);
      for (const { act } of planned.sort((a, b) => a.ms - b.ms)) act();

      expect(atOnce).toEqual([now.id]);
      expect(found.get(queue)).toMatchObject({ due: 1 });
      expect(rung.map(({ id, fence, rank }) => ({ id, fence, rank }))).toEqual([
        { id: soon.id, fence: soon.fence, rank: 2 },
        { id: soonToo.id, fence: soonToo.fence, rank: 3 },
      ]);
      expect(planned.every(({ ms }) => ms > 0 && ms <= 901)).toBe(true);
    });

    it('rings for runs that are due, on the queue of the stage they are in', async () => {
      const run = await world.createRun([taskPlan('A')], {
        wakeAt: new Date(Date.now() - 5_000),
        stages: [{ key: 'S', queue: 'regression' }],
      });
      await world.db.run('UPDATE tasks SET run_at = NULL WHERE run_id = ?', [run.runId]);

      const [here, elsewhere] = [await sweep('regression'), await sweep(queue)];

      expect(here.rung).toEqual([{ kind: 'run', queue: 'regression', id: run.runId, fence: 0, tenantId: run.tenantId, rank: 1 }]);
      expect(here.found.get('regression')?.lagMs).toBeGreaterThanOrEqual(4_000);
      expect(elsewhere.rung).toEqual([]);
    });

    it('changes nothing, so that any number of sweeps may run', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const before = await run.task('A');

      const rounds = await Promise.all([sweep(queue), sweep(queue)]);

      expect(rounds.map(({ rung }) => rung.length)).toEqual([1, 1]);
      expect({ ...(await run.task('A')), now: null }).toEqual({ ...before, now: null });
    });

    it('rings for every due row, however many pages they fill, even when all are due in the same millisecond', async () => {
      const count = 2_100;
      const run = await world.createRun(Array.from({ length: count }, (_, n) => taskPlan(`T${n}`)));
      await world.db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ?', [run.runId]);

      const { rung, found } = await sweep(queue);

      expect(new Set(rung.map(({ id }) => id)).size).toBe(count);
      expect(found.get(queue)?.due).toBe(count);
      expect(rung.map(({ rank }) => rank)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    });

    it('ranks each row among those of its own tenant', async () => {
      const many = await world.createRun(Array.from({ length: 30 }, (_, n) => taskPlan(`T${n}`)));
      const one = await world.createRun([taskPlan('A')]);

      const { rung } = await sweep(queue);

      expect(rung.filter(({ tenantId }) => tenantId === one.tenantId).map(({ rank }) => rank)).toEqual([1]);
      expect(rung.filter(({ tenantId }) => tenantId === many.tenantId).map(({ rank }) => rank)).toEqual(
        Array.from({ length: 30 }, (_, n) => n + 1),
      );
    });
  });

  describe('for lapsed leases', () => {
    it('takes back what it can while somebody stands still in a transaction over the rest', async () => {
      const [stuck, free] = [await world.createRun([taskPlan('A')]), await world.createRun([taskPlan('A')])];
      await stuck.claim(world.engine(), 'A');
      await free.claim(world.engine(), 'A');
      await stuck.passTime(leaseMs + 1_000);
      await free.passTime(leaseMs + 1_000);

      const taken = await world.db.transact(async (tx) => {
        await tx.rows('SELECT 1 FROM tasks WHERE run_id = ? FOR UPDATE', [stuck.runId]);
        return sweepLapsed();
      });
      const later = await sweepLapsed();

      expect([taken, later]).toEqual([1, 1]);
      expect([(await free.task('A')).status, (await stuck.task('A')).status]).toEqual(['READY', 'READY']);
    });

    it('leaves a task alone whose lease stands', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await run.claim(world.engine(), 'A');

      expect(await sweepLapsed()).toBe(0);
      expect(await run.task('A')).toMatchObject({ status: 'IN_PROGRESS', fence: 1 });
    });

    it('takes a task back: READY, its worker fenced out, the attempt kept as lost, rung', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine('the-dead');
      const task = await run.claim(engine, 'A');

      await lapse(run);

      const row = await run.task('A');
      expect(row).toMatchObject({ status: 'READY', lapses: 1, failures: 0, leaseOwner: null });
      expect(await engine.settle({ task, outcome: completed, handOver: false })).toEqual({ settled: false });
      expect(await run.attempts('A')).toMatchObject([{ number: 1, outcome: 'lost', worker: 'the-dead' }]);
      expect((await run.history('A')).at(-1)).toMatchObject({
        before: 'IN_PROGRESS',
        after: 'READY',
        why: expect.stringContaining('the-dead'),
      });
      expect(world.rings).toContainEqual(expect.objectContaining({ kind: 'task', id: row.id, fence: row.fence }));
      expect(await run.claim(world.engine(), 'A')).toMatchObject({ attempt: 2 });
    });

    it('does so once when several sweeps find it', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await run.claim(world.engine(), 'A');
      await run.passTime(leaseMs + 1_000);

      const counts = await Promise.all([sweepLapsed(), sweepLapsed(), sweepLapsed()]);

      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
      expect(await run.task('A')).toMatchObject({ lapses: 1, fence: 2 });
    });

    it('lets a task that kills its worker wait longer each time', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await world.db.run('UPDATE tasks SET lapses = 4 WHERE run_id = ?', [run.runId]);
      await run.claim(world.engine(), 'A');

      await lapse(run);

      const row = await run.task('A');
      expect((row.runAt?.getTime() ?? 0) - row.now.getTime()).toBeGreaterThan(20_000);
    });

    it('gives up after 20: the task fails, the run is held, and people are told', async () => {
      const run = await world.createRun([taskPlan('A')]);
      world.noticesWith((event) => (event.kind === 'task-failed' ? [{ type: 'TASK_FAILED', data: {}, dedupeKey: event.task.id }] : []));
      await world.db.run('UPDATE tasks SET lapses = 19 WHERE run_id = ?', [run.runId]);
      await run.claim(world.engine(), 'A');

      await lapse(run);

      expect(await run.task('A')).toMatchObject({ status: 'FAILED', runAt: null, failure: { kind: 'internal' } });
      expect(await run.holds()).toEqual(['TASK_FAILURE']);
      expect(await run.attempts('A')).toMatchObject([{ outcome: 'lost' }]);
      expect((await run.history('A')).at(-1)).toMatchObject({ before: 'IN_PROGRESS', after: 'FAILED' });
      expect(await run.deliveries()).toMatchObject([{ type: 'TASK_FAILED' }]);
      expect(world.rings.at(-1)).toMatchObject({ kind: 'delivery' });
    });

    it('does not start a held task anew that was only being looked at when its worker died', async () => {
      const run = await world.createRun([taskPlan('A')]);
      const engine = world.engine();
      await run.execute(engine, 'A', waitFor('CALLBACK', 0));
      await world.db.transact((tx) => placeHold(tx, { runId: run.runId, reason: 'USER_REQUESTED', subject: '' }, person, null));
      await run.claim(engine, 'A');

      await lapse(run);

      expect(await run.task('A')).toMatchObject({ status: 'READY', held: 1, waitReason: null });
    });

    it('starts a gate anew whose worker died while it looked, even if somebody paused and resumed meanwhile', async () => {
      const run = await world.createRun([taskPlan('GATE')]);
      const engine = world.engine();
      await run.execute(engine, 'GATE', waitFor('APPROVAL', 0));
      await run.claim(engine, 'GATE');
      const pause = { runId: run.runId, reason: 'USER_REQUESTED', subject: '' } as const;
      await world.db.transact((tx) => placeHold(tx, pause, person, null));
      await world.db.transact((tx) => liftHold(tx, pause, person, world.ring));

      await lapse(run);

      expect(await run.claim(engine, 'GATE')).toMatchObject({ waitedFor: null });
    });

    it('leaves no approval hold of a gate that failed for good', async () => {
      const run = await world.createRun([taskPlan('GATE')]);
      const engine = world.engine();
      await run.execute(engine, 'GATE', waitFor('APPROVAL', 0));
      await world.db.run('UPDATE tasks SET lapses = 19 WHERE run_id = ?', [run.runId]);
      await run.claim(engine, 'GATE');

      await lapse(run);

      expect(await run.holds()).toEqual(['TASK_FAILURE']);
    });

    it('forgets earlier lapses once an attempt came to an end', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await world.db.run('UPDATE tasks SET lapses = 19 WHERE run_id = ?', [run.runId]);
      const engine = world.engine();

      await run.execute(engine, 'A', transient);
      await run.passTime(10_000);
      await run.claim(engine, 'A');
      await lapse(run);

      expect(await run.task('A')).toMatchObject({ status: 'READY', lapses: 1 });
    });
  });
});
