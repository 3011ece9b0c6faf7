import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listMilestones, listReleaseMilestones, readMilestone } from '../../src/services/milestones/read-milestone.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, type RequestOptions, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let stranger: { tenantId: string; token: string };
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
  stranger = await api.tenant('Stranger');
});
afterAll(() => api?.close());

let count = 0;
const release = async (): Promise<string> => {
  count += 1;
  const platformTargets = [{ platform: 'WEB', target: 'WEB', version: `${count}.0.0` }];
  return (await world.create({ type: 'MAJOR', platformTargets, targetReleaseDate: minutes(600 + count) })).id;
};
const call = (method: string, suffix = '', options: RequestOptions = {}) =>
  api.request(method, `/api/v1/tenants/${world.tenantId}/milestones${suffix}`, { token: world.owner, ...options });
const link = (method: string, releaseId: string, milestoneId: string, options: RequestOptions = {}) =>
  api.request(method, world.path(`/${releaseId}/milestones/${milestoneId}`), { token: world.owner, ...options });
async function milestone(...releases: string[]): Promise<string> {
  count += 1;
  const { body } = await call('POST', '', { body: { name: `Milestone ${count}` } });
  for (const id of releases) await link('POST', id, body.id);
  return body.id;
}
const runIs = (releaseId: string, status: string) =>
  api.db.run('UPDATE runs SET status = ?, held = 0 WHERE subject_id = ?', [status, releaseId]);
const statusOf = async (id: string) => (await call('GET', `/${id}`)).body.status;
const caller = () => ({ tenantId: world.tenantId, accountId: '', permissions: new Set(['release:read'] as const) });

describe('a milestone', () => {
  it('is created, read, changed and deleted, and its history says so', async () => {
    const created = await call('POST', '', { body: { name: 'Brazil', description: 'Pix and Boleto', dueDate: '2035-01-01T00:00:00Z' } });
    const { id } = created.body;
    const changed = await call('PATCH', `/${id}`, { body: { name: 'Brazil and Chile', dueDate: null } });
    const same = await call('PATCH', `/${id}`, { body: { name: 'Brazil and Chile' } });
    const { items: history } = (await call('GET', `/${id}/history`)).body;
    const removed = await call('DELETE', `/${id}`);

    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      ...{ name: 'Brazil', description: 'Pix and Boleto', dueDate: '2035-01-01T00:00:00.000Z' },
      ...{ status: 'PLANNED', computedStatus: 'PLANNED', override: null, releases: [] },
    });
    expect(changed.body).toMatchObject({ name: 'Brazil and Chile', description: 'Pix and Boleto', dueDate: null });
    expect(same.body).toEqual(changed.body);
    expect(history.map(({ action }: { action: string }) => action)).toEqual(['UPDATE', 'CREATE']);
    expect(history[0].items).toEqual([
      { entityId: null, field: 'name', before: 'Brazil', after: 'Brazil and Chile' },
      { entityId: null, field: 'dueDate', before: '2035-01-01T00:00:00.000Z', after: null },
    ]);
    expect([removed.status, (await call('GET', `/${id}`)).status]).toEqual([204, 404]);
  });

  it('has a name of its own in its tenant', async () => {
    const body = { name: 'Only once' };
    const first = await call('POST', '', { body });
    const other = (await call('POST', '', { body: { name: 'Another' } })).body;

    const answers = [await call('POST', '', { body }), await call('PATCH', `/${other.id}`, { body })];
    const elsewhere = await api.request('POST', `/api/v1/tenants/${stranger.tenantId}/milestones`, { token: stranger.token, body });

    expect(first.status).toBe(201);
    expect(answers.map(({ status }) => status)).toEqual([422, 422]);
    expect(answers[0]?.body.errors).toEqual([{ field: '/name', message: 'is the name of another milestone' }]);
    expect(elsewhere.status).toBe(201);
  });

  it.each([
    [{}],
    [{ name: '' }],
    [{ name: 'x'.repeat(201) }],
    [{ name: 'a\u0000' }],
    [{ name: 'x', dueDate: 'tomorrow' }],
    [{ name: 'x', status: 'COMPLETED' }],
    ['text'],
  ])('refuses %j', async (body) => {
    expect((await call('POST', '', { body: typeof body === 'string' ? JSON.stringify(body) : body, headers: json })).status).toBe(422);
  });

  it('repeats its answer for the same Idempotency-Key', async () => {
    const options = { body: { name: 'Twice asked' }, headers: { 'idempotency-key': 'milestone-1' } };

    const [first, second] = [await call('POST', '', options), await call('POST', '', options)];

    expect(second.body).toEqual(first.body);
  });
});

const json = { 'content-type': 'application/json' };

describe('the status of a milestone', () => {
  it('follows its releases, takes a completion back, and does not count archived ones', async () => {
    const [one, other] = [await release(), await release()];
    const id = await milestone(one, other);
    const seen = [await statusOf(id)];

    for (const [releaseId, status] of [
      [one, 'IN_PROGRESS'],
      [one, 'COMPLETED'],
      [other, 'COMPLETED'],
      [other, 'IN_PROGRESS'],
      [other, 'CANCELLED'],
    ] as const) {
      await runIs(releaseId, status);
      seen.push(await statusOf(id));
    }

    expect(seen).toEqual(['PLANNED', 'IN_PROGRESS', 'IN_PROGRESS', 'COMPLETED', 'IN_PROGRESS', 'COMPLETED']);
    expect((await call('GET', `/${id}`)).body.releases).toMatchObject([
      { id: one, status: 'COMPLETED' },
      { id: other, status: 'ARCHIVED' },
    ]);
  });

  it('is what a person says until that is cleared, with who and why, and what the releases say beside it', async () => {
    const one = await release();
    const id = await milestone(one);

    const said = await call('PUT', `/${id}/override`, { body: { status: 'COMPLETED', reason: 'Done by hand' } });
    await call('PUT', `/${id}/override`, { body: { status: 'COMPLETED', reason: 'Done by hand' } });
    await runIs(one, 'IN_PROGRESS');
    const stuck = await call('GET', `/${id}`);
    const cleared = await call('DELETE', `/${id}/override`);
    const { items } = (await call('GET', `/${id}/history`)).body;

    expect(said.body.override).toMatchObject({ status: 'COMPLETED', reason: 'Done by hand', by: { displayName: expect.any(String) } });
    expect(stuck.body).toMatchObject({ status: 'COMPLETED', computedStatus: 'IN_PROGRESS', override: { reason: 'Done by hand' } });
    expect(cleared.body).toMatchObject({ status: 'IN_PROGRESS', override: null });
    expect(items.slice(0, 2)).toMatchObject([
      { items: [{ field: 'overrideStatus', before: 'COMPLETED', after: null }] },
      { why: 'Done by hand', items: [{ field: 'overrideStatus', before: null, after: 'COMPLETED' }] },
    ]);
  });

  it.each([[{ status: 'COMPLETED' }], [{ status: 'SHIPPED', reason: 'x' }], [{ reason: 'x' }], [{ status: 'PLANNED', reason: ' ' }]])(
    'cannot be said by %j',
    async (body) => {
      expect((await call('PUT', `/${await milestone()}/override`, { body })).status).toBe(422);
    },
  );
});

describe('releases of milestones', () => {
  it('are linked n to m, once however often, in both histories, and shown from both sides', async () => {
    const [one, other] = [await release(), await release()];
    const [first, second] = [await milestone(one, other, one), await milestone(one)];
    await call('PATCH', `/${second}`, { body: { dueDate: '2030-01-01T00:00:00Z' } });

    const { items } = (await api.request('GET', world.path(`/${one}/milestones`), { token: world.owner })).body;
    const ofRelease = (await world.call('GET', `/${one}/history?limit=50`)).body.items;
    const ofMilestone = (await call('GET', `/${first}/history`)).body.items;

    expect(items.map(({ id }: { id: string }) => id)).toEqual([second, first]);
    expect(items[1].releases.map(({ id }: { id: string }) => id)).toEqual([one, other]);
    const linked = ofRelease.filter(({ entityType }: { entityType: string }) => entityType === 'milestone');
    expect(linked.map(({ entityId, action }: Record<string, string>) => [entityId, action])).toEqual([
      [second, 'ADD'],
      [first, 'ADD'],
    ]);
    expect(ofMilestone.filter(({ action }: { action: string }) => action === 'ADD')).toHaveLength(2);
  });

  it('are taken out again, which takes nothing else, and go when the milestone does', async () => {
    const [one, other] = [await release(), await release()];
    const id = await milestone(one, other);

    const answers = [await link('DELETE', one, id), await link('DELETE', one, id)];
    const left = (await call('GET', `/${id}`)).body.releases;
    await call('DELETE', `/${id}`);

    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect(left.map((linked: { id: string }) => linked.id)).toEqual([other]);
    const actions = async (releaseId: string) =>
      (await world.call('GET', `/${releaseId}/history?limit=50`)).body.items
        .filter(({ entityType }: { entityType: string }) => entityType === 'milestone')
        .map(({ action }: { action: string }) => action);
    expect([await actions(one), await actions(other)]).toEqual([
      ['REMOVE', 'ADD'],
      ['REMOVE', 'ADD'],
    ]);
    expect((await api.request('GET', world.path(`/${other}/milestones`), { token: world.owner })).body.items).toEqual([]);
  });

  it('linked to one milestone at once by many people are linked once', async () => {
    const one = await release();
    const id = await milestone();

    const answers = await Promise.all(Array.from({ length: 5 }, () => link('POST', one, id)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await call('GET', `/${id}`)).body.releases).toHaveLength(1);
  });

  it('cost the same queries however many there are', async () => {
    const releases = [await release(), await release(), await release()];
    const id = await milestone(...releases);
    await milestone(...releases);
    const { db, statements } = countingDatabase(api.db);

    const page = await listMilestones({ db }, caller(), { limit: 100 });
    const ofPage = statements();
    await readMilestone({ db }, caller(), id);
    const ofOne = statements() - ofPage;
    await listReleaseMilestones({ db }, caller(), releases[0] ?? '');

    expect(page.items.length).toBeGreaterThan(5);
    expect([ofPage, ofOne, statements() - ofPage - ofOne]).toEqual([2, 2, 3]);
  });

  it('pages by keyset, newest first, without gaps or doubles', async () => {
    const { items } = (await call('GET', '?limit=100')).body;

    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await call('GET', `?limit=3${cursor}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');

    expect(seen).toEqual(items.map(({ id }: { id: string }) => id));
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('who may', () => {
  it('viewers read, and nobody below a release manager writes', async () => {
    const one = await release();
    const id = await milestone(one);
    for (const role of ['viewer', 'contributor', 'ci'] as const) {
      const { token } = await world.person(role);
      const reads = [
        await call('GET', '', { token }),
        await call('GET', `/${id}`, { token }),
        await call('GET', `/${id}/history`, { token }),
      ];
      const writes = [
        await call('POST', '', { token, body: { name: `by ${role}` } }),
        await call('PATCH', `/${id}`, { token, body: { name: `by ${role}` } }),
        await call('PUT', `/${id}/override`, { token, body: { status: 'COMPLETED', reason: 'x' } }),
        await call('DELETE', `/${id}/override`, { token }),
        await call('DELETE', `/${id}`, { token }),
        await link('POST', one, id, { token }),
        await link('DELETE', one, id, { token }),
      ];

      expect(reads.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(writes.map(({ status }) => status)).toEqual(writes.map(() => 403));
    }
    const { token } = await world.person('release-manager');
    expect((await call('PATCH', `/${id}`, { token, body: { description: 'mine' } })).status).toBe(200);
  });

  it("nobody reaches another tenant's milestone or links across tenants", async () => {
    const one = await release();
    const id = await milestone(one);
    const { token } = stranger;
    const foreign = (method: string, suffix: string, body?: object) =>
      api.request(method, `/api/v1/tenants/${stranger.tenantId}/milestones/${id}${suffix}`, {
        token,
        ...(body === undefined ? {} : { body }),
      });
    const theirs = (await api.request('POST', `/api/v1/tenants/${stranger.tenantId}/milestones`, { token, body: { name: 'Theirs' } })).body;

    const answers = [
      await foreign('GET', ''),
      await foreign('GET', '/history'),
      await foreign('PATCH', '', { name: 'x' }),
      await foreign('PUT', '/override', { status: 'COMPLETED', reason: 'x' }),
      await foreign('DELETE', '/override'),
      await foreign('DELETE', ''),
      await link('POST', one, theirs.id),
      await link('DELETE', one, theirs.id),
      await link('POST', one, '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z'),
    ];

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await call('GET', `/${id}`)).body.releases).toHaveLength(1);
  });
});
