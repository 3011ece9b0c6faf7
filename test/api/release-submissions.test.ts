import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStores, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** What was handed to the stores, and taking it back. */

let world: StoresWorld;
let tenant: StoresTenant;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
});
beforeEach(() => world.apple.clearFaults());
afterAll(() => world.close());

const reason = { reason: 'Crashes' };
const post = (path: string, body?: unknown, token = tenant.owner) => tenant.call('POST', path, { body, token });

const isDue = async (taskId: string) =>
  (await world.api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM tasks WHERE id = ?', [taskId]))[0]?.due === 1;
const historyOf = (entityId: string) =>
  world.api.db.rows<{ why: string | null; by: string; field: string; before: string | null; after: string }>(
    `SELECT h.why, h.account_id AS \`by\`, i.field, i.value_before AS \`before\`, i.value_after AS \`after\`
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id WHERE h.entity_id = ? ORDER BY h.sequence`,
    [entityId],
  );

describe('a submission', () => {
  it('is listed with its build, its notes and what the store said, the latest first', async () => {
    const release = await tenant.toStores();
    const rejected = await release.submission({
      target: 'APP_STORE',
      status: 'REJECTED',
      reason: 'Guideline 2.1',
      notes: '{"en-US":"Fixes"}',
    });
    const next = await release.submission({ target: 'APP_STORE', ordinal: 2, build_number: '141', url: 'https://store.example/1' });

    const { status, body } = await tenant.call('GET', `${release.path}/submissions`);

    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      {
        id: next.id,
        platform: 'IOS',
        ordinal: 2,
        buildNumber: '141',
        status: 'IN_REVIEW',
        url: 'https://store.example/1',
        task: { id: next.taskId },
      },
      {
        id: rejected.id,
        status: 'REJECTED',
        reason: 'Guideline 2.1',
        notes: { 'en-US': 'Fixes' },
        submittedAt: '2026-11-21T11:00:00.000Z',
      },
    ]);
  });

  /** In review at the fake, too. */
  async function inReview() {
    const release = await tenant.toStores();
    const version = (await tenant.call('GET', release.path)).body.platforms[0].version as string;
    for (const open of world.apple.world.versionsOf(world.appleApp)) open.state = 'READY_FOR_DISTRIBUTION';
    const ofApple = world.apple.world.addVersion(world.appleApp, version, { state: 'WAITING_FOR_REVIEW' });
    ofApple.build = world.apple.world.addBuild(world.appleApp, { version, number: '140' });
    const review = world.apple.world.addSubmission(world.appleApp, 'WAITING_FOR_REVIEW');
    world.apple.world.addItem(review, ofApple);
    const submission = await release.submission({ target: 'APP_STORE' });
    return { release, ofApple, ...submission, path: `${release.path}/submissions/${submission.id}/withdraw` };
  }

  it('is withdrawn at the store, once, with who and why; its task looks at once', async () => {
    const { ofApple, id, taskId, path } = await inReview();

    const answer = await post(path, { reason: 'Found a bug' });
    const again = await post(path, { reason: 'Found a bug' });

    expect([answer.status, again.status], answer.text).toEqual([200, 200]);
    expect(ofApple.state).toBe('DEVELOPER_REJECTED');
    expect(answer.body).toMatchObject({ id, status: 'IN_REVIEW', task: { id: taskId } });
    expect(await historyOf(id)).toMatchObject([{ field: 'withdrawal', before: 'IN_REVIEW', after: 'REQUESTED', why: 'Found a bug' }]);
    expect(await isDue(taskId)).toBe(true);
  });

  it.each([
    ['APPROVED', 'halt its rollout'],
    ['REJECTED', 'nothing to take back'],
    ['PREPARING', 'not been sent'],
  ])('that is %s is not withdrawn: the store is not asked', async (status, words) => {
    const release = await tenant.toStores();
    const { id } = await release.submission({ target: 'APP_STORE', status });
    const calls = world.apple.calls.length;

    const answer = await post(`${release.path}/submissions/${id}/withdraw`, reason);

    expect([answer.status, world.apple.calls.length]).toEqual([409, calls]);
    expect(answer.body.detail).toContain(words);
    expect(await historyOf(id)).toEqual([]);
  });

  it('that is withdrawn stays as it is, and nothing is recorded', async () => {
    const release = await tenant.toStores();
    const { id } = await release.submission({ target: 'APP_STORE', status: 'WITHDRAWN' });

    const answer = await post(`${release.path}/submissions/${id}/withdraw`, reason);

    expect(answer.body).toMatchObject({ status: 'WITHDRAWN' });
    expect(await historyOf(id)).toEqual([]);
  });

  it('is not withdrawn where the store has no way to, which is said', async () => {
    const release = await tenant.toStores();
    const { id, taskId } = await release.submission();

    const answer = await post(`${release.path}/submissions/${id}/withdraw`, reason);

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('Google Play has no way to take a version back from review');
    expect([await historyOf(id), await isDue(taskId)]).toEqual([[], false]);
  });

  it('whose withdrawal got no answer may be withdrawn again: what was done is found', async () => {
    const { ofApple, id, path } = await inReview();
    world.apple.failNext({ mode: 'drop-after', match: { method: 'PATCH', path: /reviewSubmissions/ } });

    const lost = await post(path, reason);
    const again = await post(path, reason);

    expect([lost.status, again.status]).toEqual([503, 200]);
    expect(lost.body.detail).toContain('ask again');
    expect(ofApple.state).toBe('DEVELOPER_REJECTED');
    expect(await historyOf(id)).toHaveLength(1);
  });

  it('needs a reason, the permission to pause, the tenant and the release', async () => {
    const { id, path } = await inReview();
    const [contributor, other, own] = [await tenant.person('contributor'), await world.tenant(), await tenant.toStores()];

    expect((await post(path, {})).status).toBe(422);
    expect((await post(path, reason, contributor.token)).status).toBe(403);
    expect((await post(`${own.path}/submissions/${id}/withdraw`, reason)).status).toBe(404);
    expect((await other.call('POST', path, { body: reason })).status).toBe(404);
    expect((await other.call('GET', `${own.path}/submissions`)).status).toBe(404);
  });
});
