import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Tx } from '../../src/db/client.ts';
import { markChanged } from '../../src/engine/living.ts';
import { createOutbox, type OutboxEnd } from '../../src/engine/outbox.ts';
import { sweepLapsedLeases } from '../../src/engine/sweep.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, openEngineWorld, permanent, queue, taskPlan, type WorldRun, waitFor } from './engine-world.ts';

const newId = monotonicFactory();
const type = 'TEST_STATUS';

interface Row {
  status: string;
  fence: number;
  revision: number;
  failures: number;
  waitMs: number | null;
}

describe.each(testDatabases())('living messages on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
    world.definition.living = type;
  });
  afterAll(() => world?.close());
  beforeEach(() => world.noticesWith(() => []));

  /** The run's living message, as a sender left it. */
  const living = async ({ tenantId, subjectId }: Pick<WorldRun, 'tenantId' | 'subjectId'>, status = 'DONE') => {
    const id = newId();
    await world.db.run(
      `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, fence, failures, run_at) VALUES (?)`,
      [[id, tenantId, subjectId, type, '{}', `${type}/${subjectId}`, status, 4, 2, status === 'PENDING' ? new Date('2099-01-01') : null]],
    );
    return id;
  };
  const read = async (id: string): Promise<Row> => {
    const [row] = await world.db.rows<Row>(
      `SELECT status, fence, revision, failures, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), run_at) / 1000 AS waitMs FROM deliveries WHERE id = ?`,
      [id],
    );
    if (row === undefined) throw new Error(`no delivery ${id}`);
    return { ...row, waitMs: row.waitMs === null ? null : Number(row.waitMs) };
  };
  const dueSoon = { status: 'PENDING', fence: 5, revision: 1, failures: 0 };
  const expectDueSoon = async (id: string) => {
    const row = await read(id);
    expect(row).toMatchObject(dueSoon);
    expect(row.waitMs).toBeGreaterThan(0);
    expect(row.waitMs).toBeLessThanOrEqual(1_000);
  };
  const outbox = () =>
    createOutbox({ db: world.db, table: 'deliveries', owner: 'me', leaseMs: 60_000, backoff: { baseMs: 1, maxMs: 1 }, maxAttempts: 3 });

  it.each([
    ['completes', completed],
    ['fails', permanent],
    ['waits', waitFor('APPROVAL')],
  ] as const)('are due soon when a task %s', async (_what, outcome) => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const id = await living(run);

    await run.execute(world.engine(), 'A', outcome);

    await expectDueSoon(id);
  });

  it('of many runs are marked by the settlement that settles them together, in no round trip more', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => world.createRun([taskPlan('A'), taskPlan('B')])));
    const ids = await Promise.all(runs.map((run) => living(run)));
    const told: string[] = [];
    const count = <T>(what: string, value: T): T => {
      told.push(what);
      return value;
    };
    const counting = (tx: Tx): Tx => ({
      ...tx,
      batch: (statements) => count('trip', tx.batch(statements)),
      rows: (...given) => count('trip', tx.rows(...given)),
      run: (...given) => count('trip', tx.run(...given)),
      finish: (statements) => count('trip', tx.finish(statements)),
    });
    const db: Database = {
      ...world.db,
      transact: (work) =>
        count(
          'transaction',
          world.db.transact((tx) => work(counting(tx))),
        ),
    };
    const engine = world.engine('worker', { db });
    const claims = await Promise.all(runs.map((run) => run.claim(engine, 'A')));
    told.splice(0);

    await Promise.all(claims.map((task) => engine.settle({ task, outcome: completed, handOver: false })));

    const times = (what: string) => told.filter((one) => one === what).length;
    expect(times('trip')).toBe(2 * times('transaction'));
    expect(times('transaction')).toBeGreaterThan(0);
    for (const id of ids) await expectDueSoon(id);
  });

  it('stay as they are when a look finds the same wait again', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const engine = world.engine();
    await run.execute(engine, 'A', waitFor('CALLBACK'));
    const id = await living(run);
    await run.passTime(120_000);

    await run.execute(engine, 'A', waitFor('CALLBACK'));

    expect(await read(id)).toMatchObject({ status: 'DONE', revision: 0 });
  });

  it('of other subjects and tenants stay as they are', async () => {
    const run = await world.createRun([taskPlan('A'), taskPlan('B')]);
    const sameTenant = await living({ tenantId: run.tenantId, subjectId: newId() });
    const sameSubject = await living({ tenantId: newId(), subjectId: run.subjectId });

    await run.execute(world.engine(), 'A', completed);

    expect([await read(sameTenant), await read(sameSubject)]).toEqual([
      expect.objectContaining({ status: 'DONE', revision: 0 }),
      expect.objectContaining({ status: 'DONE', revision: 0 }),
    ]);
  });

  it('are due soon when the planner changes something, and not when it only looks', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const engine = world.engine();
    await run.execute(engine, 'A', completed);
    const id = await living(run);

    await engine.advance(run.runId);

    await expectDueSoon(id);
    const idle = await world.createRun([taskPlan('A')], { wakeAt: new Date(0) });
    const untouched = await living(idle);
    await engine.advance(idle.runId);
    expect(await read(untouched)).toMatchObject({ status: 'DONE', revision: 0 });
  });

  it('are due soon when a task that kills its workers is given up', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const id = await living(run);
    await run.claim(world.engine(), 'A');
    await world.db.run('UPDATE tasks SET lapses = 19, run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ?', [run.runId]);

    await sweepLapsedLeases(world.db, [queue], world.ring, world.definitions);

    await expectDueSoon(id);
  });

  it('that are still to be sent keep their time and their fence: many changes are one message, and a provider’s wait is kept', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const id = await living(run, 'PENDING');
    const mark = () => world.db.transact(async (tx) => markChanged(tx, [{ ...run, type }]));

    await Promise.all([mark(), mark(), mark()]);

    const row = await read(id);
    expect(row).toMatchObject({ status: 'PENDING', fence: 4, revision: 3, failures: 2 });
    expect(row.waitMs).toBeGreaterThan(1_000_000);
  });

  it.each([
    ['is done', { status: 'DONE' }],
    ['goes nowhere', { status: 'SKIPPED', why: 'x' }],
    ['failed for good', { status: 'FAILED', failure: { kind: 'forbidden', message: 'x' } }],
  ] as [string, OutboxEnd][])(
    'that change while they are being sent stay with their sender, and are due again when that one %s',
    async (_what, end) => {
      const run = await world.createRun([taskPlan('A')]);
      const id = await living(run, 'PENDING');
      await world.db.run('UPDATE deliveries SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]);
      const claim = await outbox().claim({ id, fence: 4 });
      await world.db.transact(async (tx) => markChanged(tx, [{ ...run, type }]));
      const during = await read(id);

      const result = claim === null ? null : await outbox().settle(claim, end, 0);

      expect(during).toMatchObject({ status: 'IN_PROGRESS', fence: 5, revision: 1 });
      expect(result).toBe('again');
      const after = await read(id);
      expect(after).toMatchObject({ status: 'PENDING', fence: 6, failures: 0 });
      expect(after.waitMs).toBeLessThanOrEqual(1_000);
    },
  );

  it('that did not change meanwhile are settled; nobody else’s are', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const id = await living(run, 'PENDING');
    await world.db.run('UPDATE deliveries SET run_at = UTC_TIMESTAMP(3), revision = 7 WHERE id = ?', [id]);
    const claim = await outbox().claim({ id, fence: 4 });
    if (claim === null) throw new Error('not claimed');

    const stranger = await outbox().settle({ ...claim, fence: 99 }, { status: 'DONE' }, 7);
    const mine = await outbox().settle(claim, { status: 'DONE' }, 7);

    expect([stranger, mine]).toEqual(['fenced-out', 'settled']);
    expect(await read(id)).toMatchObject({ status: 'DONE', waitMs: null });
  });

  describe('a transaction’s last statement', () => {
    const order = async (work: (tx: Tx) => Promise<unknown>) => {
      const run = await world.createRun([taskPlan('A')]);
      const id = await living(run);
      await world.db
        .transact(async (tx) => {
          markChanged(tx, [{ ...run, type }]);
          markChanged(tx, [{ ...run, type }]);
          await tx.run('UPDATE deliveries SET revision = 10 WHERE id = ?', [id]);
          await work(tx);
        })
        .catch(() => undefined);
      return (await read(id)).revision;
    };

    it('comes after all others and once, however the transaction is committed', async () => {
      expect(await order(async () => undefined)).toBe(11);
      expect(await order((tx) => tx.finish([]))).toBe(11);
    });

    it('does not come when the transaction is rolled back', async () => {
      expect(await order(() => Promise.reject(new Error('no')))).toBe(0);
    });

    it('is not among the results of the others', async () => {
      const run = await world.createRun([taskPlan('A')]);
      await living(run);

      const results = await world.db.transact(async (tx) => {
        markChanged(tx, [{ ...run, type }]);
        return tx.finish([['SELECT 1 AS one', []]]);
      });

      expect(results).toEqual([[{ one: 1 }]]);
    });
  });
});
