import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const countOf = async (table: string, tenantId = world.tenantId) => {
  const [row] = await api.db.rows<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table} WHERE tenant_id = ?`, [tenantId]);
  return row?.count;
};

describe('who may do what', () => {
  it('lets viewers, contributors and ci read, and change nothing', async () => {
    const release = await world.create({ platformTargets: version('11.0.0'), type: 'MAJOR' });
    const recorded = () => api.db.rows('SELECT id FROM state_history WHERE scope_id = ?', [release.id]);
    const before = await recorded();
    for (const role of ['viewer', 'contributor', 'ci'] as const) {
      const token = await api.token(world.tenantId, role);

      const read = await world.call('GET', `/${release.id}`, { token });
      const refused = await Promise.all([
        world.call('POST', '', { token, body: world.body() }),
        world.call('PATCH', `/${release.id}`, { token, body: { description: 'x' } }),
        world.call('DELETE', `/${release.id}`, { token }),
        world.call('POST', `/${release.id}/archive`, { token }),
        world.call('POST', `/${release.id}/pause`, { token }),
        world.call('POST', `/${release.id}/resume`, { token }),
        world.call('POST', `/${release.id}/trigger-regression`, { token }),
        world.call('POST', `/${release.id}/trigger-pre-release`, { token }),
        world.call('POST', `/${release.id}/trigger-distribution`, { token }),
        world.call('POST', `/${release.id}/approvals`, { token, body: { decision: 'APPROVED' } }),
        world.call('POST', `/${release.id}/regression-slots`, { token, body: { date: minutes(300) } }),
        world.call('PATCH', `/${release.id}/regression-slots/${release.slots[0].id}`, { token, body: { automation: false } }),
        world.call('DELETE', `/${release.id}/regression-slots/${release.slots[0].id}`, { token }),
        world.call('POST', `/${release.id}/rollouts/${release.id}/halt`, { token, body: { reason: 'x' } }),
        world.call('POST', `/${release.id}/rollouts/${release.id}/resume`, { token }),
        world.call('POST', `/${release.id}/rollouts/${release.id}/advance`, { token }),
        world.call('POST', `/${release.id}/rollouts/${release.id}/complete`, { token, body: { reason: 'x' } }),
        world.call('POST', `/${release.id}/submissions/${release.id}/withdraw`, { token, body: { reason: 'x' } }),
        world.call('PUT', `/${release.id}/store-notes/PLAY_STORE/en-US`, { token, body: { text: 'x' } }),
        world.call('DELETE', `/${release.id}/store-notes/PLAY_STORE/en-US`, { token }),
      ]);

      expect(read.status).toBe(200);
      expect(refused.map(({ status }) => status)).toEqual(Array(20).fill(403));
    }
    expect(await recorded()).toEqual(before);
  });

  it('refuses to read without release:read', async () => {
    const release = await world.create({ platformTargets: version('12.0.0'), type: 'MAJOR' });
    const token = await api.token(world.tenantId, 'owner', { scopes: ['config:read'] });
    const ofStores = ['/rollouts', '/submissions', '/store-notes', '/store-notes/PLAY_STORE/en-US'];

    const answers = await Promise.all(
      ['', '/tasks', '/history', '/why', '/notes', '/builds', '/approvals', '/regression-slots', ...ofStores].map((suffix) =>
        world.call('GET', `/${release.id}${suffix}`, { token }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(403));
    expect((await world.call('GET', '', { token })).status).toBe(403);
  });

  it("answers 404 for another tenant's release on every route, and changes nothing of it", async () => {
    const other = await releaseWorld(api, 'Other');
    const theirs = await other.create();
    const [task] = (await other.call('GET', `/${theirs.id}/tasks`)).body.items;
    const slot = theirs.slots[0].id;
    const before = await countOf('state_history', other.tenantId);
    const body = { reason: 'x' };
    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['PATCH', '', { description: 'x' }],
      ['DELETE', ''],
      ['GET', '/tasks'],
      ['GET', `/tasks/${task.id}`],
      ['PUT', `/tasks/${task.id}`, { note: 'x' }],
      ['POST', `/tasks/${task.id}/retry`],
      ['POST', `/tasks/${task.id}/skip`, body],
      ['POST', `/tasks/${task.id}/complete`, body],
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['POST', '/archive'],
      ['POST', '/trigger-regression'],
      ['POST', '/trigger-pre-release'],
      ['POST', '/trigger-distribution'],
      ['POST', '/approvals', { decision: 'APPROVED' }],
      ['GET', '/approvals'],
      ['GET', '/regression-slots'],
      ['POST', '/regression-slots', { date: minutes(300) }],
      ['PATCH', `/regression-slots/${slot}`, { automation: false }],
      ['DELETE', `/regression-slots/${slot}`],
      ['GET', '/history'],
      ['GET', '/why'],
      ['GET', '/notes'],
      ['GET', '/builds'],
      ['GET', '/rollouts'],
      ['POST', `/rollouts/${theirs.id}/halt`, body],
      ['POST', `/rollouts/${theirs.id}/resume`],
      ['POST', `/rollouts/${theirs.id}/advance`],
      ['POST', `/rollouts/${theirs.id}/complete`, body],
      ['GET', '/submissions'],
      ['POST', `/submissions/${theirs.id}/withdraw`, body],
      ['GET', '/store-notes'],
      ['GET', '/store-notes/PLAY_STORE/en-US'],
      ['PUT', '/store-notes/PLAY_STORE/en-US', { text: 'x' }],
      ['DELETE', '/store-notes/PLAY_STORE/en-US'],
    ];

    for (const [method, suffix, payload] of calls) {
      for (const id of [theirs.id, '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', 'nonsense', 'é']) {
        const answer = await world.call(method, `/${encodeURIComponent(id)}${suffix}`, payload === undefined ? {} : { body: payload });

        expect([method, suffix, answer.status]).toEqual([method, suffix, 404]);
      }
    }
    expect((await api.request('GET', other.path(`/${theirs.id}`), { token: world.owner })).status).toBe(404);
    expect(await countOf('state_history', other.tenantId)).toBe(before);
  });
});

function version(text: string) {
  return [{ platform: 'WEB', target: 'WEB', version: text }];
}
