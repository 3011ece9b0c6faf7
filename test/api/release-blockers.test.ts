import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listBlockers } from '../../src/services/blockers/list-blockers.ts';
import { whyRelease } from '../../src/services/releases/why/why.ts';
import { type BlockersWorld, openBlockersWorld } from './blockers-world.ts';
import { countingDatabase } from './counting-database.ts';

let of: BlockersWorld;
beforeAll(async () => {
  of = await openBlockersWorld();
});
beforeEach(() => of.jira.clearFaults());
afterAll(() => of?.close());

const view = async (releaseId: string) => (await of.world.call('GET', `/${releaseId}`)).body;
const statusOf = async (releaseId: string) => (await view(releaseId)).status;
const typesTold = async (releaseId: string) => (await of.told(releaseId)).map(({ type }) => type);
const tasksHeld = async (releaseId: string) =>
  of.api.db.rows<{ held: number }>(
    `SELECT t.held FROM tasks t JOIN runs r ON r.id = t.run_id WHERE r.subject_id = ? AND t.status IN ('PENDING', 'READY')`,
    [releaseId],
  );

describe('blocking on a ticket', () => {
  it('holds the release, writes who and what into the history, tells people once, and asks twice for one blocker', async () => {
    const release = await of.release();
    const key = of.ticket('Crash on start');

    const first = await of.block(release, key);
    const second = await of.block(release, key);

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toMatchObject({ id: first.body.id, status: 'OPEN', source: 'PERSON', title: 'Crash on start', ticket: { key } });
    expect(first.body.ticket).toMatchObject({ status: 'To Do', isDone: false, isStale: false, error: null });
    expect(first.body.ticket.checkedAt).not.toBeNull();
    expect(await view(release)).toMatchObject({
      status: 'PAUSED',
      pauseReasons: [`BLOCKER(${first.body.id})`],
      holds: [{ reason: 'BLOCKER', note: `${key}: Crash on start` }],
    });
    expect(await of.told(release)).toEqual([
      { type: 'BLOCKER_ADDED', data: { title: `${key}: Crash on start`, url: first.body.url, open: 1, by: expect.any(String) } },
    ]);
    const { items } = (await of.world.call('GET', `/${release}/history?limit=10`)).body;
    const added = items.filter(({ entityType }: { entityType: string }) => entityType === 'blocker');
    expect(added).toMatchObject([{ entityId: first.body.id, action: 'ADD', by: { accountId: first.body.addedBy.accountId } }]);
  });

  it('keeps a release that has not begun from its kickoff until it is closed, and its hold shows', async () => {
    const release = await of.planned();
    const { body } = await of.block(release, of.ticket());
    await of.api.db.run('UPDATE releases SET kick_off_date = UTC_TIMESTAMP(3) WHERE id = ?', [release]);

    await of.world.advance(release);
    const blocked = await view(release);
    await of.change(release, body.id, 'resolve');
    await of.world.advance(release);

    expect([blocked.status, blocked.pauseReasons]).toEqual(['PENDING', [`BLOCKER(${body.id})`]]);
    expect(await statusOf(release)).toBe('IN_PROGRESS');
  });

  it.each([
    ['a ticket the tracker does not have', 'APP-4711', 404, /APP-4711/],
    ['a key that is none', 'no such thing', 404, /does not exist/],
    ['a key with a control character', 'A\u0001B', 404, /nothing with this id/],
    ['a key of many letters', 'x'.repeat(129), 404, /nothing with this id/],
  ])('is refused for %s', async (_what, key, status, detail) => {
    const release = await of.release();

    const answer = await of.block(release, key);

    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)]);
    expect(await of.blockers(release)).toEqual([]);
  });

  it('is refused for a ticket that is done, by its category or by the config, and for a release without tracker', async () => {
    const [byCategory, byConfig, inNoTracker] = [of.ticket(), of.ticket(), of.ticket()];
    of.move(byCategory, 'Done');
    of.move(byConfig, 'Parked');
    const release = await of.release();
    const without = await of.release({ releaseConfigId: await of.world.config({ projectManagementConfigId: null }) });

    const answers = [await of.block(release, byCategory), await of.block(release, byConfig), await of.block(without, inNoTracker)];

    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409]);
    expect(answers[1]?.body.detail).toContain('"Parked", which is done');
    expect(answers[2]?.body.detail).toContain('no tracker');
    expect(await statusOf(release)).toBe('IN_PROGRESS');
  });

  it('says so when the tracker is down, and blocks nothing', async () => {
    const release = await of.release();
    const key = of.ticket();
    of.jira.failNext({ match: { method: 'GET' }, status: 503 });

    const { status } = await of.block(release, key);

    expect(status).toBe(503);
    expect(await of.blockers(release)).toEqual([]);
  });

  it('opens one that was closed, a waived one too, and says so again', async () => {
    const release = await of.release();
    const key = of.ticket();
    const { body } = await of.block(release, key);
    await of.change(release, body.id, 'waive', { reason: 'Rare' });

    const again = await of.block(release, key);

    expect([again.status, again.body.id, again.body.status]).toEqual([200, body.id, 'OPEN']);
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED', 'BLOCKERS_RESOLVED', 'BLOCKER_ADDED']);
    expect(await statusOf(release)).toBe('PAUSED');
  });

  it('repeats its answer for the same Idempotency-Key', async () => {
    const release = await of.release();
    const headers = { 'idempotency-key': `words-${release}` };
    const body = { title: 'Legal has not signed' };

    const first = await of.world.call('POST', `/${release}/blockers`, { body, headers });
    const second = await of.world.call('POST', `/${release}/blockers`, { body, headers });

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(await of.blockers(release)).toHaveLength(1);
  });
});

describe('closing', () => {
  it('the last one gives the release back the status from before, and sends one message however many there were', async () => {
    const release = await of.release();
    const ticket = (await of.block(release, of.ticket())).body;
    const words = (await of.world.call('POST', `/${release}/blockers`, { body: { title: 'Legal', url: 'https://example.com/l' } })).body;

    const first = await of.change(release, words.id, 'resolve', { reason: 'Signed' });
    const between = await view(release);
    of.api.rung.length = 0;
    await of.change(release, ticket.id, 'resolve');
    const twice = await of.change(release, ticket.id, 'resolve');

    expect(first.body).toMatchObject({
      status: 'RESOLVED',
      source: 'PERSON',
      reason: 'Signed',
      ticket: null,
      url: 'https://example.com/l',
    });
    expect([between.status, between.pauseReasons]).toEqual(['PAUSED', [`BLOCKER(${ticket.id})`]]);
    expect(twice.status).toBe(200);
    expect(await view(release)).toMatchObject({ status: 'IN_PROGRESS', holds: [] });
    expect((await of.told(release)).at(-1)).toEqual({ type: 'BLOCKERS_RESOLVED', data: { resolved: 2 } });
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED', 'BLOCKER_ADDED', 'BLOCKERS_RESOLVED']);
    expect(of.api.rung.map(({ kind }) => kind)).toContain('run');
  });

  it('leaves what else holds the release, and has its planner asked', async () => {
    const release = await of.release();
    await of.world.call('POST', `/${release}/pause`, { body: { reason: 'Holiday' } });
    const { body } = await of.block(release, of.ticket());
    await of.api.db.run('UPDATE runs SET run_at = NULL WHERE subject_id = ?', [release]);

    await of.change(release, body.id, 'resolve');

    expect((await view(release)).pauseReasons).toEqual(['USER_REQUESTED']);
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED', 'BLOCKERS_RESOLVED']);
    const [run] = await of.api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM runs WHERE subject_id = ?', [
      release,
    ]);
    expect(run?.due).toBe(1);
  });

  it('resuming lifts no blocker', async () => {
    const release = await of.release();
    await of.block(release, of.ticket());

    const { body } = await of.world.call('POST', `/${release}/resume`);

    expect(body).toMatchObject({ lifted: false, release: { status: 'PAUSED' } });
    expect((await tasksHeld(release)).every(({ held }) => held === 1)).toBe(true);
  });

  it('waiving needs a reason and the permission to override gates; a waived one is not resolved, nor a resolved one waived', async () => {
    const release = await of.release();
    const { body } = await of.block(release, of.ticket());
    const manager = (await of.world.person('release-manager')).token;

    const [bare, forbidden] = [
      await of.change(release, body.id, 'waive', {}),
      await of.change(release, body.id, 'waive', { reason: 'x' }, manager),
    ];
    const waived = await of.change(release, body.id, 'waive', { reason: 'One device in a million' });
    const resolved = await of.change(release, body.id, 'resolve');
    await of.change(release, body.id, 'reopen', undefined, manager);
    await of.change(release, body.id, 'resolve', undefined, manager);
    const late = await of.change(release, body.id, 'waive', { reason: 'x' });

    expect([bare.status, forbidden.status, waived.status, resolved.status, late.status]).toEqual([422, 403, 200, 409, 409]);
    expect(waived.body).toMatchObject({
      status: 'WAIVED',
      reason: 'One device in a million',
      statusBy: { displayName: expect.any(String) },
    });
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED', 'BLOCKERS_RESOLVED', 'BLOCKER_ADDED', 'BLOCKERS_RESOLVED']);
  });

  it('has a gate look at once, so that it asks people as soon as nothing blocks', async () => {
    const { id, gateId } = await of.atGate();
    const isDue = async () => {
      const [gate] = await of.api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM tasks WHERE id = ?', [gateId]);
      return gate?.due === 1;
    };
    const postpone = () => of.api.db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?', [gateId]);

    const before = await isDue();
    const { body } = await of.block(id, of.ticket());
    const blocked = await isDue();
    await postpone();
    of.api.rung.length = 0;
    await of.change(id, body.id, 'resolve');

    expect([before, blocked, await isDue()]).toEqual([false, true, true]);
    expect(of.api.rung.map((wake) => wake.id)).toContain(gateId);
  });

  it('is over when the release has ended: nothing is added, closed or opened any more', async () => {
    const release = await of.release();
    const { body } = await of.block(release, of.ticket());
    await of.world.call('POST', `/${release}/archive`);

    const answers = [
      await of.block(release, of.ticket()),
      await of.world.call('POST', `/${release}/blockers`, { body: { title: 'Late' } }),
      await of.change(release, body.id, 'resolve'),
      await of.change(release, body.id, 'waive', { reason: 'x' }),
      await of.change(release, body.id, 'reopen'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409]);
    expect(await of.blockers(release)).toMatchObject([{ id: body.id, status: 'OPEN' }]);
  });
});

describe('who and what', () => {
  it('lets viewers read and nobody below a release manager write', async () => {
    const release = await of.release();
    const { body } = await of.block(release, of.ticket());
    for (const role of ['viewer', 'contributor', 'ci'] as const) {
      const { token } = await of.world.person(role);
      const path = `/${release}/blockers`;

      expect((await of.world.call('GET', path, { token })).status).toBe(200);
      expect((await of.world.call('POST', path, { token, body: { title: 'x' } })).status).toBe(403);
      expect((await of.world.call('POST', `${path}/${of.ticket()}`, { token })).status).toBe(403);
      for (const how of ['resolve', 'reopen'] as const) expect((await of.change(release, body.id, how, undefined, token)).status).toBe(403);
    }
  });

  it("knows no blocker of another tenant's, and none by another release", async () => {
    const [release, other] = [await of.release(), await of.release()];
    const { body } = await of.block(release, of.ticket());
    const stranger = await of.api.tenant('Stranger');
    const foreign = `/api/v1/release-management/tenants/${stranger.tenantId}/releases/${release}/blockers`;
    const ask = (method: string, suffix = '', more = {}) =>
      of.api.request(method, `${foreign}${suffix}`, { token: stranger.token, ...more });

    const answers = [
      await ask('GET'),
      await ask('POST', '', { body: { title: 'x' } }),
      await ask('POST', `/${of.ticket()}`),
      await ask('POST', `/${body.id}/resolve`),
      await ask('POST', `/${body.id}/waive`, { body: { reason: 'x' } }),
      await ask('POST', `/${body.id}/reopen`),
      await of.change(other, body.id, 'resolve'),
      await of.change(other, body.id, 'reopen'),
    ];

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect(await of.blockers(release)).toMatchObject([{ status: 'OPEN' }]);
  });

  it.each([
    [{}],
    [{ title: '' }],
    [{ title: 'x'.repeat(501) }],
    [{ title: 'a\u0000b' }],
    [{ title: 'x', url: 'javascript:alert(1)' }],
    [{ title: 'x', url: 'no address' }],
    [{ title: 'x', nobodyKnows: 1 }],
    [[]],
  ])('refuses %j as words', async (body) => {
    const release = await of.planned();

    const { status } = await of.world.call('POST', `/${release}/blockers`, { body });

    expect(status).toBe(422);
  });

  it('has no more than a hundred', async () => {
    const release = await of.planned();
    const { body } = await of.block(release, of.ticket());
    // No id of ours has a U (Crockford's base 32), so these are never its own.
    await of.api.db.run(
      `INSERT INTO release_blockers (id, tenant_id, release_id, status, source, title, added_by_account_id)
       SELECT CONCAT(SUBSTRING(id, 1, 23), 'U', LPAD(seq.n, 2, '0')), tenant_id, release_id, 'RESOLVED', 'PERSON', 'x', added_by_account_id
       FROM release_blockers, (SELECT a.n + b.n * 10 AS n FROM (${digits}) a, (${digits}) b) seq WHERE id = ? AND seq.n < 99`,
      [body.id],
    );

    expect((await of.world.call('POST', `/${release}/blockers`, { body: { title: 'One more' } })).status).toBe(409);
  });

  it('lists open ones first, by status where asked, with what was seen of each ticket, in two queries', async () => {
    const release = await of.release();
    const [first, second] = [(await of.block(release, of.ticket('A'))).body, (await of.block(release, of.ticket('B'))).body];
    await of.change(release, first.id, 'resolve');
    const { db, statements } = countingDatabase(of.api.db);
    const caller = { tenantId: of.world.tenantId, accountId: '', permissions: new Set(['release:read'] as const) };

    const { items } = await listBlockers({ db }, caller, release, {});
    const open = await of.world.call('GET', `/${release}/blockers?status=OPEN`);
    const wrong = await of.world.call('GET', `/${release}/blockers?status=SHUT`);

    expect(statements()).toBe(2);
    expect(items.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(open.body.items.map(({ id }: { id: string }) => id)).toEqual([second.id]);
    expect(wrong.status).toBe(422);
  });

  it('why names each open one with its link, who added it and how its ticket stands, in one query', async () => {
    const release = await of.release();
    const key = of.ticket('Crash on start');
    const { body } = await of.block(release, key);
    const words = (await of.world.call('POST', `/${release}/blockers`, { body: { title: 'Legal' } })).body;
    const { db, statements } = countingDatabase(of.api.db);
    const caller = { tenantId: of.world.tenantId, accountId: '', permissions: new Set(['release:read'] as const) };

    const why = await whyRelease({ db }, caller, release);

    expect(statements()).toBe(1);
    const blocking = why.items.filter(({ what }) => what === 'BLOCKER');
    expect(blocking.map(({ id }) => id).sort()).toEqual([body.id, words.id].sort());
    const ofTicket = blocking.find(({ id }) => id === body.id);
    expect(ofTicket).toMatchObject({
      kind: 'hold',
      on: 'person',
      nextAction: 'the ticket is looked at again',
      remedy: `Close the ticket ${key}, or resolve or waive the blocker.`,
      sentence: `The release is blocked by ${key} "Crash on start" (${body.url}) since ${ofTicket?.since}, by ${body.addedBy.displayName}. The ticket is at "To Do".`,
    });
    expect(blocking.find(({ id }) => id === words.id)).toMatchObject({
      nextAction: null,
      sentence: expect.stringMatching(/^The release is blocked by "Legal" since .*, by .*\.$/),
    });
    expect(why.items[0]?.what).toBe('BLOCKER');
  });
});

const digits = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ');
