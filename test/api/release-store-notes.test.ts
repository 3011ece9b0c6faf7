import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStores, type StoresRelease, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** What the stores are told is new. */

const taskIds = monotonicFactory();

let world: StoresWorld;
let tenant: StoresTenant;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
});
afterAll(() => world.close());

const call = (method: string, { path }: StoresRelease, rest: string, body?: unknown, token = tenant.owner) =>
  tenant.call(method, `${path}/store-notes${rest}`, { body, token });

/** As the task that composes notes leaves it. */
async function composed({ id }: StoresRelease, type: 'CREATE_RELEASE_NOTES' | 'CREATE_FINAL_RELEASE_NOTES', text: string): Promise<void> {
  const taskId = taskIds();
  await world.api.db.run(
    `INSERT INTO tasks (id, tenant_id, run_id, stage_id, stage_attempt, task_key, type, queue, status, max_attempts, deadline_ms, on_deadline, output)
     SELECT ?, r.tenant_id, r.id, s.id, s.attempt, ?, ?, 'kickoff', 'COMPLETED', 5, 1000, 'fail', ?
     FROM runs r JOIN stages s ON s.run_id = r.id AND s.stage_key = 'KICKOFF' WHERE r.subject_id = ?`,
    [taskId, `${type}/${taskId}`, type, JSON.stringify({ head: 'v1', text }), id],
  );
}

const historyOf = (releaseId: string) =>
  world.api.db.rows<{ action: string; field: string; before: string | null; after: string | null }>(
    `SELECT h.action, i.field, i.value_before AS \`before\`, i.value_after AS \`after\` FROM state_history h
     JOIN state_history_items i ON i.history_id = h.id WHERE h.scope_id = ? AND h.entity_type = 'store-notes' ORDER BY h.sequence`,
    [releaseId],
  );

describe('notes for the stores', () => {
  it('are none while the release has none, and nobody wrote any', async () => {
    const release = await tenant.toStores();

    const list = await call('GET', release, '');
    const one = await call('GET', release, '/PLAY_STORE/en-US');

    expect(list.body).toEqual({
      items: [
        { target: 'PLAY_STORE', maxChars: 500, editable: true, generated: null, locales: [] },
        { target: 'APP_STORE', maxChars: 4000, editable: true, generated: null, locales: [] },
      ],
    });
    expect(one.body).toMatchObject({ target: 'PLAY_STORE', locale: 'en-US', text: null, sent: null, updatedBy: null, updatedAt: null });
  });

  it("are the latest candidate's, then the final ones, cut at a change for each store", async () => {
    const release = await tenant.toStores();
    await composed(release, 'CREATE_RELEASE_NOTES', 'Fixes\n• the first');
    await composed(release, 'CREATE_RELEASE_NOTES', 'Fixes\n• the second');
    const candidate = await call('GET', release, '/PLAY_STORE/en-US');
    const long = ['Features', ...Array.from({ length: 20 }, (_, index) => `• ${String(index).padStart(40, 'x')}`)].join('\n');
    await composed(release, 'CREATE_FINAL_RELEASE_NOTES', long);
    await composed(release, 'CREATE_RELEASE_NOTES', 'Fixes\n• a late one');

    const [play, apple] = (await call('GET', release, '')).body.items;

    expect(candidate.body.sent).toBe('Fixes\n• the second');
    expect(apple.generated).toBe(long);
    expect(play.generated).toMatch(/^Features\n(• x+\d+\n){10,}… and \d+ more$/);
    expect(play.generated.length).toBeLessThanOrEqual(500);
    expect((await call('GET', release, '/PLAY_STORE/de-DE')).body.sent).toBe(play.generated);
  });

  it('are what a person wrote for a locale, until it is taken back; with history', async () => {
    const release = await tenant.toStores();
    await composed(release, 'CREATE_FINAL_RELEASE_NOTES', 'Fixes\n• all');
    const manager = await tenant.person('release-manager');

    const first = await call('PUT', release, '/APP_STORE/de-DE', { text: 'Neu' });
    const second = await call('PUT', release, '/APP_STORE/de-DE', { text: ' Ganz neu ' }, manager.token);
    const list = await call('GET', release, '');
    const other = await call('GET', release, '/APP_STORE/en-US');
    const removed = [await call('DELETE', release, '/APP_STORE/de-DE'), await call('DELETE', release, '/APP_STORE/de-DE')];

    expect(first.body).toMatchObject({ text: 'Neu', sent: 'Neu', updatedBy: { displayName: 'owner of a test' } });
    expect(second.body).toMatchObject({ text: 'Ganz neu', sent: 'Ganz neu', updatedBy: { accountId: manager.accountId } });
    expect(list.body.items).toMatchObject([{ locales: [] }, { target: 'APP_STORE', generated: 'Fixes\n• all', locales: [second.body] }]);
    expect(other.body).toMatchObject({ text: null, sent: 'Fixes\n• all' });
    expect(removed.map(({ status }) => status)).toEqual([204, 204]);
    expect((await call('GET', release, '/APP_STORE/de-DE')).body).toMatchObject({ text: null, sent: 'Fixes\n• all' });
    expect(await historyOf(release.id)).toEqual([
      { action: 'ADD', field: 'APP_STORE/de-DE', before: null, after: 'Neu' },
      { action: 'UPDATE', field: 'APP_STORE/de-DE', before: 'Neu', after: 'Ganz neu' },
      { action: 'REMOVE', field: 'APP_STORE/de-DE', before: 'Ganz neu', after: null },
    ]);
  });

  it('are one for a locale, however its name is typed', async () => {
    const release = await tenant.toStores();

    await call('PUT', release, '/PLAY_STORE/EN-us', { text: 'New' });

    expect((await call('GET', release, '/PLAY_STORE/en-US')).body).toMatchObject({ locale: 'en-US', text: 'New' });
    expect((await call('GET', release, '')).body.items[0].locales).toHaveLength(1);
  });

  it('are as long as their store takes them, to the character', async () => {
    const release = await tenant.toStores();
    const put = (target: string, length: number) => call('PUT', release, `/${target}/en-US`, { text: 'x'.repeat(length) });

    const answers = [
      await put('PLAY_STORE', 500),
      await put('PLAY_STORE', 501),
      await put('APP_STORE', 4000),
      await put('APP_STORE', 4001),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 422, 200, 422]);
    expect(answers[1]?.body.errors).toEqual([{ field: '/text', message: expect.stringContaining('500') }]);
  });

  it('can be changed before the review and after a rejection, not while the store has them', async () => {
    const release = await tenant.toStores();
    const submission = await release.submission({ status: 'PREPARING' });
    const statuses = async () => [
      (await call('PUT', release, '/PLAY_STORE/en-US', { text: 'New' })).status,
      (await call('DELETE', release, '/PLAY_STORE/de-DE')).status,
      (await call('GET', release, '/PLAY_STORE/en-US')).body.editable,
      (await call('PUT', release, '/APP_STORE/en-US', { text: 'New' })).status,
    ];
    const become = (status: string) => world.api.db.run('UPDATE store_submissions SET status = ? WHERE id = ?', [status, submission.id]);

    for (const status of ['PREPARING', 'REJECTED', 'WITHDRAWN']) {
      await become(status);
      expect([status, ...(await statuses())]).toEqual([status, 200, 204, true, 200]);
    }
    for (const status of ['IN_REVIEW', 'APPROVED']) {
      await become(status);
      expect([status, ...(await statuses())]).toEqual([status, 409, 409, false, 200]);
    }
    await become('REJECTED');
    await release.submission({ ordinal: 2, status: 'IN_REVIEW' });
    expect((await call('PUT', release, '/PLAY_STORE/en-US', { text: 'New' })).status).toBe(409);
  });

  it('of a release that has ended stay as they are', async () => {
    const release = await tenant.toStores();
    await tenant.call('POST', `${release.path}/archive`, { body: { reason: 'x' } });

    expect((await call('PUT', release, '/PLAY_STORE/en-US', { text: 'New' })).status).toBe(409);
  });

  it('are for stores that the release goes to, and locales that can be one', async () => {
    const release = await tenant.toStores();
    const plain = await tenant.create();

    for (const rest of ['/WEB/en-US', '/PLAY_STORE/english', '/PLAY_STORE/en_US', '/NOWHERE/en']) {
      expect([rest, (await call('PUT', release, rest, { text: 'New' })).status]).toEqual([rest, 404]);
    }
    const ofPlain = { ...release, path: `/${plain.id}` };
    expect((await call('GET', ofPlain, '')).body).toEqual({ items: [] });
    for (const [method, body] of [['GET'], ['PUT', { text: 'New' }], ['DELETE']] as const) {
      expect((await call(method, ofPlain, '/PLAY_STORE/en-US', body)).status).toBe(404);
    }
  });

  it.each([{}, { text: '' }, { text: '  ' }, { text: 7 }, { text: 'x', more: 1 }])('refuse the body %j', async (body) => {
    const release = await tenant.toStores();

    expect((await call('PUT', release, '/PLAY_STORE/en-US', body)).status).toBe(422);
  });

  it('are read by members and written by those who may change releases, of this tenant', async () => {
    const release = await tenant.toStores();
    const [viewer, other] = [await tenant.person('viewer'), await world.tenant()];
    await call('PUT', release, '/PLAY_STORE/en-US', { text: 'New' });
    const item = `${release.path}/store-notes/PLAY_STORE/en-US`;

    expect((await call('GET', release, '', undefined, viewer.token)).status).toBe(200);
    expect((await call('PUT', release, '/PLAY_STORE/en-US', { text: 'x' }, viewer.token)).status).toBe(403);
    expect((await call('DELETE', release, '/PLAY_STORE/en-US', undefined, viewer.token)).status).toBe(403);
    for (const [method, body] of [['GET'], ['PUT', { text: 'x' }], ['DELETE']] as const) {
      expect((await other.call(method, item, body === undefined ? {} : { body })).status).toBe(404);
    }
    expect((await call('GET', release, '/PLAY_STORE/en-US')).body.text).toBe('New');
  });
});
