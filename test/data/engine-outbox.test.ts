import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutbox, type OutboxEnd } from '../../src/engine/outbox.ts';
import { sweepDue, sweepLapsedOutbox } from '../../src/engine/sweep.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { testDatabases } from '../support/databases.ts';
import { type EngineWorld, openEngineWorld } from './engine-world.ts';

const newId = monotonicFactory();
const leaseMs = 30_000;
const done: OutboxEnd = { status: 'DONE' };
const down = { status: 'FAILED', failure: { kind: 'unavailable', message: 'it is down' } } satisfies OutboxEnd;
const forbidden: OutboxEnd = { status: 'FAILED', failure: { kind: 'forbidden', message: 'it may not' } };
const limited: OutboxEnd = { status: 'FAILED', failure: { kind: 'rate-limited', message: 'slow down', retryAfterMs: 20_000 } };

interface Row {
  status: string;
  fence: number;
  failures: number;
  leaseOwner: string | null;
  settledAt: Date | null;
  waitMs: number | null;
}

describe.each(testDatabases())('the outbox on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  const outbox = (owner = 'me', maxAttempts = 3) =>
    createOutbox({ db: world.db, table: 'deliveries', owner, leaseMs, backoff: { baseMs: 1_000, maxMs: 8_000 }, maxAttempts });
  const insert = async (dueInSeconds = 0) => {
    const id = newId();
    await world.db.run(
      `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
       VALUES (?, ?, ?, 'T', '{}', ?, 'PENDING', UTC_TIMESTAMP(3) + INTERVAL ? SECOND)`,
      [id, newId(), newId(), id, dueInSeconds],
    );
    return { id, fence: 0 };
  };
  const read = async (id: string): Promise<Row> => {
    const [row] = await world.db.rows<Row>(
      `SELECT status, fence, failures, lease_owner AS leaseOwner, settled_at AS settledAt,
              TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), run_at) / 1000 AS waitMs FROM deliveries WHERE id = ?`,
      [id],
    );
    if (row === undefined) throw new Error(`no delivery ${id}`);
    return { ...row, waitMs: row.waitMs === null ? null : Number(row.waitMs) };
  };
  const passTime = (id: string) => world.db.run('UPDATE deliveries SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [id]);
  const attempt = async (wake: { id: string; fence: number }, end: OutboxEnd, maxAttempts = 3) => {
    const claim = await outbox('me', maxAttempts).claim(wake);
    if (claim === null) throw new Error('it could not be claimed');
    return outbox('me', maxAttempts).settle(claim, end);
  };

  it('keeps a row for whoever renews its lease, until somebody else has it', async () => {
    const wake = await insert();
    const claim = await outbox().claim(wake);
    if (claim === null) throw new Error('it could not be claimed');
    await passTime(wake.id);

    const renewed = await outbox().renew(claim);
    await sweepLapsedOutbox(world.db);
    const kept = await read(wake.id);
    await passTime(wake.id);
    await sweepLapsedOutbox(world.db);

    expect(renewed).toBe(true);
    expect(kept).toMatchObject({ status: 'IN_PROGRESS', fence: 1 });
    expect(kept.waitMs).toBeGreaterThan(0);
    expect(await outbox().renew(claim)).toBe(false);
    expect((await read(wake.id)).status).toBe('PENDING');
  });

  it('gives a due row to one of ten that ask', async () => {
    const wake = await insert();

    const claims = await Promise.all(Array.from({ length: 10 }, (_, n) => outbox(`w${n}`).claim(wake)));

    expect(claims.filter((claim) => claim !== null)).toEqual([{ id: wake.id, fence: 1, repeated: false }]);
    expect(await read(wake.id)).toMatchObject({ status: 'IN_PROGRESS', fence: 1 });
  });

  it('gives nobody a row before its time, with another fence, or after its end', async () => {
    const [early, due] = [await insert(60), await insert()];
    await attempt(due, done);

    expect(await outbox().claim(early)).toBeNull();
    expect(await outbox().claim({ ...early, fence: 1 })).toBeNull();
    expect(await outbox().claim({ id: due.id, fence: (await read(due.id)).fence })).toBeNull();
  });

  it.each([
    ['is done', done, 'DONE'],
    ['has nothing to do', { status: 'SKIPPED', why: 'no channel' } as const, 'SKIPPED'],
    ['will never succeed', forbidden, 'FAILED'],
  ] as const)('settles what %s for good', async (_what, end, status) => {
    const wake = await insert();

    expect(await attempt(wake, end)).toBe('settled');
    expect(await read(wake.id)).toMatchObject({ status, waitMs: null, leaseOwner: null, settledAt: expect.any(Date) });
  });

  it('tries again with back-off what may heal, and tells the next attempt that it is one', async () => {
    const wake = await insert();

    const result = await attempt(wake, down);
    const row = await read(wake.id);
    await passTime(wake.id);
    const again = await outbox().claim({ id: wake.id, fence: row.fence });

    expect(result).toBe('again');
    expect(row).toMatchObject({ status: 'PENDING', failures: 1, settledAt: null });
    expect(row.waitMs).toBeLessThanOrEqual(1_000);
    expect(again).toMatchObject({ repeated: true });
  });

  it('leaves what may still come to light alone for as long as it is told to', async () => {
    const wake = await insert();

    await attempt(wake, { ...down, notBeforeMs: 30_000 });

    const { waitMs } = await read(wake.id);
    expect(waitMs).toBeGreaterThan(25_000);
  });

  it('gives up after its attempts', async () => {
    const wake = await insert();
    const results: string[] = [];

    for (let n = 0; n < 3; n += 1) {
      await passTime(wake.id);
      results.push(await attempt({ id: wake.id, fence: (await read(wake.id)).fence }, down));
    }

    expect(results).toEqual(['again', 'again', 'settled']);
    expect(await read(wake.id)).toMatchObject({ status: 'FAILED', failures: 3 });
  });

  it('waits out a rate limit as long as told, which costs no attempt', async () => {
    const wake = await insert();

    for (let n = 0; n < 4; n += 1) {
      await passTime(wake.id);
      expect(await attempt({ id: wake.id, fence: (await read(wake.id)).fence }, limited)).toBe('again');
    }

    const row = await read(wake.id);
    expect(row).toMatchObject({ status: 'PENDING', failures: 0 });
    expect(row.waitMs).toBeGreaterThan(15_000);
  });

  it('lets nobody settle whose lease lapsed; the row is rung for again', async () => {
    const wake = await insert();
    const claim = await outbox('slow').claim(wake);
    await passTime(wake.id);

    const lapsed = await sweepLapsedOutbox(world.db);
    const rung: Wake[] = [];
    await sweepDue(world.db, ['deliveries'], (wakes) => void rung.push(...wakes));
    const late = claim === null ? null : await outbox('slow').settle(claim, done);

    expect(lapsed).toBe(1);
    expect(late).toBe('fenced-out');
    const row = await read(wake.id);
    expect(row).toMatchObject({ status: 'PENDING', leaseOwner: null });
    expect(rung).toContainEqual(expect.objectContaining({ kind: 'delivery', queue: 'deliveries', id: wake.id, fence: row.fence }));
    expect(await outbox().claim({ id: wake.id, fence: row.fence })).toMatchObject({ repeated: true });
  });
});
