import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeStatus } from '../../src/services/releases/messages/compose-status.ts';
import { getCycle, listCycles } from '../../src/services/releases/slots/list-cycles.ts';
import { expectHistoryReplays } from '../support/history-replays.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';
import { addBuild, historyOf } from './repository-world.ts';

/** Regression cycles and their slots, as people see and change them. */

let api: ApiHarness;
let world: ReleaseWorld;
let major = 0;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const next = (over: Record<string, unknown> = {}) => {
  major += 1;
  return { type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }], ...over };
};
const read = async (id: string) => (await world.call('GET', `/${id}`)).body;
const tasksOf = async (
  id: string,
): Promise<{ id: string; key: string; type: string; status: string; stageAttempt: number; held: boolean }[]> =>
  (await world.call('GET', `/${id}/tasks`)).body.items;
const cyclesOf = async (id: string) => (await world.call('GET', `/${id}/cycles`)).body.items;

/** The next cycle, by a person's word, to its end. */
async function wholeCycle(id: string): Promise<void> {
  await world.call('POST', `/${id}/trigger-regression`);
  await world.advance(id);
  await world.work(id);
  await world.advance(id);
}

/** A release whose first cycle is under way, with a CI run of it. @param slots minutes from now */
async function inCycle(slots: number[] = [100, 200]) {
  const release = await world.kickedOff(next({ regressionSlots: slots.map((at) => ({ date: minutes(at) })) }));
  await world.call('POST', `/${release.id}/trigger-regression`);
  await world.advance(release.id);
  const { id } = release;
  const buildId = await runningBuild(id, 1);
  return { id, buildId };
}

async function runningBuild(releaseId: string, cycle: number, handle = '1'): Promise<string> {
  const builds = (await tasksOf(releaseId)).find((task) => task.type === 'TRIGGER_REGRESSION_BUILDS' && task.stageAttempt === cycle);
  const integrationId = ulid();
  const id = await addBuild(api, world, releaseId, builds?.id ?? '', { integrationId, handle, status: 'RUNNING' });
  await api.db.run(
    'UPDATE release_builds SET cycle_id = (SELECT c.id FROM regression_cycles c WHERE c.release_id = ? AND c.number = ?) WHERE build_id = ?',
    [releaseId, cycle, id],
  );
  return id;
}

const abandon = (id: string, number: number, options: { token?: string; body?: unknown } = {}) =>
  world.call('POST', `/${id}/cycles/${number}/abandon`, { body: { reason: 'Wrong commit' }, ...options });

describe('abandoning a cycle', () => {
  it('ends it with its reason, cancels its tasks, tells people, and has its CI runs stopped by a task', async () => {
    const { id, buildId } = await inCycle();

    const { status, body } = await abandon(id, 1);
    await world.advance(id);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ number: 1, status: 'ABANDONED', reason: 'Wrong commit', abandonedBy: { accountId: expect.any(String) } },
      ...{ endedAt: expect.any(String), builds: [{ id: buildId, platform: 'WEB', status: 'RUNNING' }] },
    });
    const ofCycle = (await tasksOf(id)).filter(
      (task) => task.stageAttempt === 1 && task.key.startsWith('C') && task.type !== 'APPROVE_REGRESSION',
    );
    expect(ofCycle.filter(({ type }) => type === 'CREATE_RC_TAG').map((task) => task.status)).toEqual(['CANCELLED']);
    expect(ofCycle.filter(({ type }) => type === 'CANCEL_SUPERSEDED_BUILDS')).toMatchObject([{ status: 'WAITING', held: false }]);
    expect(await historyOf(world, id, 'status')).toContainEqual(
      expect.objectContaining({ why: 'Wrong commit', items: [expect.objectContaining({ before: 'IN_PROGRESS', after: 'ABANDONED' })] }),
    );
    const [delivery] = await api.db.rows<{ data: unknown }>(
      `SELECT data FROM deliveries WHERE subject_id = ? AND type = 'CYCLE_ABANDONED'`,
      [id],
    );
    expect(JSON.stringify(delivery?.data)).toContain('Wrong commit');
    await expectHistoryReplays(api.db, id);
  });

  it('gives the next slot the next number, and leaves the abandoned candidate out', async () => {
    const { id } = await inCycle();
    await api.db.run(`UPDATE regression_cycles SET rc_tag = 'v1-rc.1', rc_commit = 'c0ffee' WHERE release_id = ?`, [id]);
    await abandon(id, 1);
    await world.call('POST', `/${id}/trigger-regression`);

    await world.advance(id);

    expect((await cyclesOf(id)).map(({ number, status }: { number: number; status: string }) => [number, status])).toEqual([
      [2, 'IN_PROGRESS'],
      [1, 'ABANDONED'],
    ]);
    expect((await tasksOf(id)).filter(({ key }) => key === 'CANCEL_SUPERSEDED_BUILDS/1').map((task) => task.stageAttempt)).toContain(2);
    await world.work(id);
    await world.advance(id);
    const gate = (await tasksOf(id)).find(({ type }) => type === 'APPROVE_REGRESSION');
    expect((await world.call('GET', `/${id}/tasks/${gate?.id}`)).body.input).toEqual({ cycle: 2 });
    await expectHistoryReplays(api.db, id);
  });

  it('says what a person must do when no slot is left', async () => {
    const { id } = await inCycle([100]);

    await abandon(id, 1);
    await world.advance(id);

    expect((await read(id)).attention).toContain('Trigger a regression');
    const why = (await world.call('GET', `/${id}/why`)).body;
    expect(why.items.map(({ what }: { what: string }) => what)).toContain('ATTENTION');
  });

  it('stops its CI runs although the release is paused, and starts nothing else', async () => {
    const { id } = await inCycle();
    await world.call('POST', `/${id}/pause`, { body: { reason: 'Lunch' } });

    const { status } = await abandon(id, 1);
    await world.advance(id);

    expect(status).toBe(200);
    const open = (await tasksOf(id)).filter((task) => task.status === 'WAITING' || task.status === 'READY');
    expect(open.map(({ type, held }) => [type, held])).toEqual([['CANCEL_SUPERSEDED_BUILDS', false]]);
  });

  it('takes back a failure of the cycle that paused the release', async () => {
    const { id } = await inCycle();
    const [task] = (await tasksOf(id)).filter(({ type }) => type === 'CREATE_RC_TAG');
    await api.db.run(`UPDATE tasks SET status = 'FAILED', run_at = NULL, fence = fence + 1 WHERE id = ?`, [task?.id ?? '']);
    await api.db.run(
      `INSERT INTO run_holds (run_id, reason, subject, tenant_id) SELECT run_id, 'TASK_FAILURE', id, tenant_id FROM tasks WHERE id = ?`,
      [task?.id ?? ''],
    );
    await api.db.run('UPDATE runs SET held = 1, held_since = UTC_TIMESTAMP(3) WHERE subject_id = ?', [id]);

    await abandon(id, 1);

    expect((await read(id)).pauseReasons).toEqual([]);
  });

  it('is once, of the cycle under way, with a reason, by those who drive releases', async () => {
    const { id } = await inCycle();
    const other = await api.tenant('Other');
    const { token } = await world.person('contributor');
    const foreign = await api.request('POST', `/api/v1/release-management/tenants/${other.tenantId}/releases/${id}/cycles/1/abandon`, {
      token: other.token,
      body: { reason: 'x' },
    });
    const refused = [await abandon(id, 1, { token }), await abandon(id, 2), await abandon(id, 1, { body: {} }), foreign];

    const answers = await Promise.all([abandon(id, 1), abandon(id, 1)]);

    expect(refused.map(({ status }) => status)).toEqual([403, 404, 422, 404]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('lets a late report of its build change nothing but what it shows', async () => {
    const { id, buildId } = await inCycle();
    await abandon(id, 1);
    await world.advance(id);
    const before = JSON.stringify(await tasksOf(id));
    const [build] = await api.db.rows<{ correlationId: string }>('SELECT correlation_id AS correlationId FROM builds WHERE id = ?', [
      buildId,
    ]);
    const report = () =>
      api.request('POST', `/api/v1/tenants/${world.tenantId}/builds/${build?.correlationId}/report`, {
        token: world.owner,
        body: { status: 'SUCCEEDED', url: 'https://ci.example/1' },
      });

    const early = await report();
    await api.db.run(`UPDATE builds SET status = 'CANCELLED', ended_at = UTC_TIMESTAMP(3) WHERE id = ?`, [buildId]);
    const late = await report();

    expect([early.status, early.body.ignored, late.status, late.body.ignored]).toEqual([
      200,
      null,
      200,
      expect.stringContaining('CANCELLED'),
    ]);
    expect(JSON.stringify(await tasksOf(id))).toBe(before);
    expect((await cyclesOf(id))[0]).toMatchObject({ status: 'ABANDONED', builds: [{ status: 'CANCELLED' }] });
  });
});

describe('cycles of a release', () => {
  it('are told with slot, builds and notes, page by page, in as many queries however many there are', async () => {
    const { id } = await inCycle([100, 200, 300]);
    const queriesOf = async (ask: (db: ApiHarness['db']) => Promise<unknown>) => {
      const { db, statements } = countingDatabase(api.db);
      await ask(db);
      return statements();
    };
    const caller = { tenantId: world.tenantId, accountId: ulid(), permissions: new Set(['release:read']) } as never;
    const list = (db: ApiHarness['db']) => listCycles({ db }, caller, id, { limit: 100 });
    const one = await queriesOf(list);
    for (const number of [1, 2]) {
      await abandon(id, number);
      await world.call('POST', `/${id}/trigger-regression`);
      await world.advance(id);
      await runningBuild(id, number + 1);
    }
    await api.db.run('INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES (?)', [
      [ulid(), world.tenantId, id, 'cycle', 2, 'a', 'b', '# Notes'],
    ]);

    const first = (await world.call('GET', `/${id}/cycles?limit=2`)).body;
    const second = (await world.call('GET', `/${id}/cycles?limit=2&cursor=${first.nextCursor}`)).body;
    const single = await world.call('GET', `/${id}/cycles/2`);

    expect([...first.items, ...second.items].map(({ number }: { number: number }) => number)).toEqual([3, 2, 1]);
    expect(second.nextCursor).toBeNull();
    expect(first.items[0]).toMatchObject({ slot: { status: 'USED', automation: false }, builds: [{ status: 'RUNNING' }], notes: null });
    expect(single.body).toEqual(first.items[1]);
    expect((await api.request('GET', single.body.notes.url, { token: world.owner })).status).toBe(200);
    expect([await queriesOf(list), await queriesOf((db) => getCycle({ db }, caller, id, 2))]).toEqual([one, one]);
    const missing = [await world.call('GET', `/${id}/cycles/9`), await world.call('GET', `/${id}/cycles/x`)];
    expect(missing.map(({ status }) => status)).toEqual([404, 404]);
  });
});

describe('skipping a slot', () => {
  const skip = (id: string, slotId: string, options: { token?: string; body?: unknown } = {}) =>
    world.call('POST', `/${id}/regression-slots/${slotId}/skip`, { body: { reason: 'The testers are away' }, ...options });

  it('keeps it with its reason, in the history too, and leaves the release to a person when it was the last', async () => {
    const { id } = await world.kickedOff(next());
    const [first, second] = (await read(id)).slots;

    const answer = await skip(id, first.id);
    await skip(id, second.id);
    await world.advance(id);

    expect([answer.status, answer.body]).toEqual([200, { ...first, status: 'SKIPPED', reason: 'The testers are away' }]);
    expect((await read(id)).attention).toContain('Trigger a regression');
    expect(await historyOf(world, id, 'status')).toContainEqual(
      expect.objectContaining({
        entityId: second.id,
        why: 'The testers are away',
        by: expect.objectContaining({ accountId: expect.any(String) }),
      }),
    );
    await expectHistoryReplays(api.db, id);
  });

  it('is not of one that was used or is over, needs a reason and the permission', async () => {
    const { id } = await inCycle();
    const [used, planned] = (await read(id)).slots;
    const { token } = await world.person('contributor');
    const refused = [
      await skip(id, used.id),
      await skip(id, planned.id, { token }),
      await skip(id, planned.id, { body: {} }),
      await skip(id, ulid()),
    ];
    const done = await skip(id, planned.id);

    const again = await skip(id, planned.id);

    expect([...refused, done, again].map(({ status }) => status)).toEqual([409, 403, 422, 404, 200, 409]);
  });

  it('takes back the wish that it should begin now', async () => {
    const { id } = await inCycle();
    const { body: wished } = await world.call('POST', `/${id}/trigger-regression`);

    await skip(id, wished.id);

    expect((await read(id)).regressionRequestedAt).toBeNull();
  });
});

describe('catching up with late slots', () => {
  it('runs the newest alone where the release was created so, and says of the others by which they were caught up', async () => {
    const releaseConfigId = await world.config({ slotCatchUp: 'LATEST' });
    const { id } = await world.kickedOff(next({ releaseConfigId }));
    await api.db.run('UPDATE regression_slots SET date = UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE WHERE release_id = ? ORDER BY date LIMIT 1', [
      id,
    ]);
    await api.db.run('UPDATE regression_slots SET date = UTC_TIMESTAMP(3) WHERE release_id = ? ORDER BY date DESC LIMIT 1', [id]);

    await world.advance(id);

    const { slots } = await read(id);
    expect(slots).toMatchObject([
      { status: 'SKIPPED', reason: `caught up by the slot of ${slots[1].date}` },
      { status: 'USED', cycle: { number: 1 } },
    ]);
  });
});

describe('opening regression again', () => {
  /** Post-regression has opened, and its first task waits. */
  async function inPost() {
    const { id } = await world.kickedOff(next({ regressionSlots: [{ date: minutes(120) }] }));
    await wholeCycle(id);
    const gate = (await tasksOf(id)).find(({ type }) => type === 'APPROVE_REGRESSION');
    await world.call('POST', `/${id}/tasks/${gate?.id}/skip`, { body: { reason: 'x' } });
    await world.advance(id);
    return id;
  }
  const stages = async (id: string) =>
    Object.fromEntries(
      (await read(id)).stages.map(({ key, status, attempt }: { key: string; status: string; attempt: number }) => [key, [status, attempt]]),
    );

  /** Of post-regression, as the history tells them; each begins where the one before ended. */
  async function postStatuses(id: string): Promise<(string | null)[]> {
    const events = (await historyOf(world, id, 'status')).toReversed();
    const ofPost = events.filter(({ why }) => why?.startsWith('POST_REGRESSION ') === true);
    const items = ofPost.flatMap((event) => event.items.filter(({ field }) => field === 'status'));
    expect(items.slice(1).map(({ before }) => before)).toEqual(items.slice(0, -1).map(({ after }) => after));
    return [items[0]?.before ?? null, ...items.map(({ after }) => after)];
  }

  it('by a slot: what is open of post-regression is cancelled, the stages wait for the slot, and then follow again', async () => {
    const id = await inPost();
    const began = await stages(id);

    const added = await world.call('POST', `/${id}/regression-slots`, { body: { date: minutes(300) } });
    await world.advance(id);
    const waiting = await stages(id);
    const post = (await tasksOf(id)).filter(({ type }) => type === 'CREATE_RELEASE_TAG');
    const { notification } = await composeStatus(api.db, world.tenantId, id);
    await wholeCycle(id);

    expect([added.status, began.POST_REGRESSION]).toEqual([201, ['IN_PROGRESS', 1]]);
    expect(waiting).toMatchObject({ REGRESSION: ['PENDING', 1], POST_REGRESSION: ['PENDING', 1] });
    expect(post.map(({ status }) => status)).toEqual(['CANCELLED']);
    expect(notification.data).toMatchObject({ stage: 'REGRESSION' });
    expect(await stages(id)).toMatchObject({ REGRESSION: ['IN_PROGRESS', 2], POST_REGRESSION: ['PENDING', 1] });
    expect((await cyclesOf(id))[0]).toMatchObject({ number: 2, status: 'DONE' });
    const gate = (await tasksOf(id)).findLast(({ type }) => type === 'APPROVE_REGRESSION');
    expect(gate).toMatchObject({ stageAttempt: 2, status: 'READY' });
    await world.call('POST', `/${id}/tasks/${gate?.id}/skip`, { body: { reason: 'x' } });
    await world.advance(id);
    expect(await stages(id)).toMatchObject({ REGRESSION: ['COMPLETED', 2], POST_REGRESSION: ['IN_PROGRESS', 2] });
    expect(await postStatuses(id)).toEqual(['PENDING', 'IN_PROGRESS', 'PENDING', 'IN_PROGRESS']);
  });

  it('by trigger-regression: the cycle begins at once', async () => {
    const id = await inPost();

    const { status } = await world.call('POST', `/${id}/trigger-regression`, { body: { reason: 'A crash' } });
    await world.advance(id);

    expect(status).toBe(200);
    expect(await stages(id)).toMatchObject({ REGRESSION: ['IN_PROGRESS', 2], POST_REGRESSION: ['PENDING', 1] });
    const cancelled = (await historyOf(world, id, 'status')).filter(({ why }) => why?.includes('A crash'));
    expect(cancelled.length).toBeGreaterThan(0);
  });

  it('and going on where it was when the slot is taken away again', async () => {
    const id = await inPost();
    const { body: slot } = await world.call('POST', `/${id}/regression-slots`, { body: { date: minutes(300) } });
    await world.advance(id);

    await world.call('DELETE', `/${id}/regression-slots/${slot.id}`);
    await world.advance(id);

    expect(await stages(id)).toMatchObject({ REGRESSION: ['COMPLETED', 1], POST_REGRESSION: ['IN_PROGRESS', 2] });
    expect(await postStatuses(id)).toEqual(['PENDING', 'IN_PROGRESS', 'PENDING', 'IN_PROGRESS']);
  });

  it.each([
    ['exists', `UPDATE releases SET release_tag = 'v1' WHERE id = ?`, 'its final tag v1 exists'],
    [
      'may exist',
      `UPDATE tasks t JOIN runs r ON r.id = t.run_id SET t.intents = '{"tag":{"at":"2026-01-01T00:00:00.000Z","value":"c0ffee"}}'
       WHERE t.type = 'CREATE_RELEASE_TAG' AND r.subject_id = ?`,
      'may exist',
    ],
  ])('is refused once the final tag %s, and says what to do instead', async (_when, sql, words) => {
    const id = await inPost();
    await api.db.run(sql, [id]);

    const answers = [
      await world.call('POST', `/${id}/regression-slots`, { body: { date: minutes(300) } }),
      await world.call('POST', `/${id}/trigger-regression`),
    ];

    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    for (const { body } of answers) expect(body.detail).toEqual(expect.stringMatching(new RegExp(`${words}.*hotfix`)));
    expect((await tasksOf(id)).find(({ type }) => type === 'CREATE_RELEASE_TAG')?.status).not.toBe('CANCELLED');
  });

  it('is not possible once something has gone to a store', async () => {
    const id = await inPost();
    await api.db.run(
      `INSERT INTO stages (id, tenant_id, run_id, stage_key, ordinal, queue, status)
       SELECT REVERSE(id), tenant_id, id, 'DISTRIBUTION', 3, 'distribution', 'IN_PROGRESS' FROM runs WHERE subject_id = ?`,
      [id],
    );

    const answer = await world.call('POST', `/${id}/trigger-regression`);

    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('distribution has begun')]);
  });
});
