import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetOld, forgetStatement } from '../../src/services/retention.ts';
import { testDatabases } from '../support/databases.ts';
import { completed, type EngineWorld, openEngineWorld, taskPlan } from './engine-world.ts';

const newId = monotonicFactory();
const days = 30;

describe.each(testDatabases())('retention on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  const insert = (rows: { status: string; ageDays: number }[]) =>
    world.db.run('INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, created_at) VALUES ?', [
      rows.map(({ status, ageDays }) => {
        const id = newId();
        return [id, id, id, `${status} ${ageDays}`, '{}', id, status, new Date(Date.now() - ageDays * 86_400_000)];
      }),
    ]);
  const left = async () => (await world.db.rows<{ type: string }>('SELECT type FROM deliveries ORDER BY id')).map(({ type }) => type);

  // First of all: rows deleted a moment ago still count in the server's estimates.
  it.each(['deliveries', 'webhook_events'])('looks at the old rows of %s only', async (outbox) => {
    const rows = Array.from({ length: 3_000 }, (_, index) => ({ id: newId(), ageDays: index < 20 ? days + 1 : 1 }));
    const created = (ageDays: number) => new Date(Date.now() - ageDays * 86_400_000);
    if (outbox === 'deliveries') await insert(rows.map(({ ageDays }) => ({ status: 'DONE', ageDays })));
    else {
      await world.db.run(
        'INSERT INTO webhook_events (id, tenant_id, integration_id, provider, delivery_id, event, headers, body, status, created_at) VALUES ?',
        [rows.map(({ id, ageDays }) => [id, id, id, 'github', id, 'push', '{}', '{}', 'DONE', created(ageDays)])],
      );
    }
    await world.db.rows(`ANALYZE TABLE ${outbox}`);

    const [plan] = await world.db.rows<{ key: string | null; rows: number | string }>(
      `EXPLAIN ${server.name === 'mysql' ? 'FORMAT=TRADITIONAL ' : ''}${forgetStatement(outbox)}`,
      [days],
    );

    await world.db.run(`DELETE FROM ${outbox}`);
    expect(plan?.key).toBe(`${outbox}_ended`);
    expect(Number(plan?.rows)).toBeLessThan(200);
  });

  it('forgets messages that ended long ago, and none that is young or still to be sent', async () => {
    await insert([
      ...['DONE', 'SKIPPED', 'FAILED', 'PENDING', 'IN_PROGRESS'].map((status) => ({ status, ageDays: days + 1 })),
      { status: 'DONE', ageDays: days - 1 },
    ]);

    await forgetOld(world.db, days);

    expect(await left()).toEqual(['PENDING 31', 'IN_PROGRESS 31', 'DONE 29']);
  });

  it('keeps the messages of a release that goes on, however old: one of them is still edited', async () => {
    await world.db.run('DELETE FROM deliveries');
    const [open, ended] = [await world.createRun([taskPlan('A')]), await world.createRun([taskPlan('A')])];
    await ended.execute(world.engine(), 'A', completed);
    await world.engine().advance(ended.runId);
    for (const [type, { runId, subjectId, tenantId }] of Object.entries({ open, ended })) {
      await world.db.run(`UPDATE runs SET kind = 'release' WHERE id = ?`, [runId]);
      await world.db.run('INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, created_at) VALUES (?)', [
        [newId(), tenantId, subjectId, type, '{}', type, 'DONE', new Date(0)],
      ]);
    }

    await forgetOld(world.db, days);

    expect(await left()).toEqual(['open']);
  });

  it('forgets all of them, however many', async () => {
    await world.db.run('DELETE FROM deliveries');
    await insert(Array.from({ length: 2_300 }, () => ({ status: 'DONE', ageDays: days + 1 })));

    await forgetOld(world.db, days);

    expect(await left()).toEqual([]);
  });

  it('keeps the record of what happened', async () => {
    const run = await world.createRun([taskPlan('A')]);
    await run.execute(world.engine(), 'A', completed);
    await world.db.run('UPDATE state_history SET occurred_at = occurred_at - INTERVAL 1000 DAY');
    const before = await run.history();

    await forgetOld(world.db, days);

    expect(await run.history()).toEqual(before);
    expect(await run.attempts('A')).toHaveLength(1);
  });
});
