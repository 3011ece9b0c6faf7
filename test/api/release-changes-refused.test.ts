import { ulid } from 'ulid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChangesWorld, openChanges, TOKEN } from './changes-world.ts';
import { minutes, releaseWorld } from './release-world.ts';
import { historyOf } from './repository-world.ts';

/** Who may change what stands in the repository for a release, and what is refused. */

let changes: ChangesWorld;
beforeAll(async () => {
  changes = await openChanges();
});
afterEach(() => changes.mend());
afterAll(() => changes?.close());

describe('who may, and what is refused', () => {
  const sha = 'a'.repeat(40);
  const writes: [string, unknown][] = [
    ['cherry-picks', { commit: sha }],
    ['pull-requests', {}],
    ['pull-requests/1/merge', { expectedHead: sha }],
  ];

  it('lets everybody who reads the release look, and release managers change', async () => {
    const { api, world, forked } = changes;
    const { id } = await forked();
    for (const role of ['viewer', 'ci', 'contributor'] as const) {
      const token = await api.token(world.tenantId, role);

      const reads = await Promise.all(['commits', 'pull-requests'].map((rest) => world.call('GET', `/${id}/${rest}`, { token })));
      const refused = await Promise.all(writes.map(([rest, body]) => world.call('POST', `/${id}/${rest}`, { token, body })));

      expect([role, ...reads.map(({ status }) => status)]).toEqual([role, 200, 200]);
      expect([role, ...refused.map(({ status }) => status)]).toEqual([role, 403, 403, 403]);
    }
    const token = await api.token(world.tenantId, 'release-manager');
    const allowed = await Promise.all(writes.map(([rest, body]) => world.call('POST', `/${id}/${rest}`, { token, body })));
    expect(allowed.map(({ status }) => status)).toEqual([409, 409, 404]);
    const narrow = await api.token(world.tenantId, 'owner', { scopes: ['config:read'] });
    expect((await world.call('GET', `/${id}/commits`, { token: narrow })).status).toBe(403);
  });

  it("is 404 for another tenant's release and for one that does not exist, and asks no provider", async () => {
    const { api, world, github } = changes;
    const other = await releaseWorld(api, 'Other');
    const theirs = await other.create({ kickOffDate: minutes(-1) });
    const asked = github.calls.length;

    for (const id of [theirs.id, ulid(), 'nonsense']) {
      const answers = await Promise.all([
        world.call('GET', `/${id}/commits`),
        world.call('GET', `/${id}/pull-requests`),
        ...writes.map(([rest, body]) => world.call('POST', `/${id}/${rest}`, { body })),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    }
    expect(github.calls.length).toBe(asked);
  });

  it.each<[string, unknown]>([
    ['cherry-picks', {}],
    ['cherry-picks', { commit: 'abc1234' }],
    ['cherry-picks', { commit: `${sha}z` }],
    ['cherry-picks', { commit: 7 }],
    ['cherry-picks', { commit: sha, force: true }],
    ['cherry-picks', { commit: sha, reason: ' ' }],
    ['pull-requests', { head: '' }],
    ['pull-requests', { head: 'a..b' }],
    ['pull-requests', { base: '-x' }],
    ['pull-requests', { title: '  ' }],
    ['pull-requests', { body: 'x'.repeat(10_001) }],
    ['pull-requests', { draft: true }],
    ['pull-requests/1/merge', {}],
    ['pull-requests/1/merge', { expectedHead: 'main' }],
    ['pull-requests/1/merge', { expectedHead: sha, method: 'squash' }],
  ])('refuses %s with %j', async (rest, body) => {
    const { world, github, forked } = changes;
    const { id } = await forked();
    const asked = github.calls.length;

    const answer = await world.call('POST', `/${id}/${rest}`, { body });

    expect(answer.status).toBe(422);
    expect(answer.body.errors.length).toBeGreaterThan(0);
    expect(github.calls.length).toBe(asked);
  });

  it.each([
    ['a server error', { status: 500 }, 503],
    ['a rate limit', { status: 429, headers: { 'retry-after': '9' } }, 429],
    ['a web page in place of data', { mode: 'html' as const }, 502],
    ['a missing scope', { status: 403, body: { message: 'Resource not accessible' } }, 409],
    ['refused credentials', { status: 401, body: { message: 'Bad credentials' } }, 409],
    ['a call that is never answered', { mode: 'hang' as const }, 503],
  ])(
    'tells %s as a problem on every route, and never as ours',
    async (_what, fault, status) => {
      const { world, github, repository, push, forked } = changes;
      const { id, branch } = await forked();
      const fix = push('main', 'fix: trouble');
      const pull = repository.addPull({ title: 'topic', head: branch });
      const calls: [string, string, unknown?][] = [
        ['GET', 'commits'],
        ['GET', 'pull-requests'],
        ['POST', 'cherry-picks', { commit: fix }],
        ['POST', 'pull-requests', {}],
        ['POST', `pull-requests/${pull.number}/merge`, { expectedHead: fix }],
      ];
      for (const [method, rest, body] of calls) {
        github.failNext({ ...fault, match: { path: /^\/repos\/acme\/app\/(git|branches|pulls|compare)/ } });

        const answer = await world.call(method, `/${id}/${rest}`, body === undefined ? {} : { body });

        expect([rest, answer.status]).toEqual([rest, status]);
        expect(answer.body.type).toMatch(/^urn:signalbox:problem:provider-/);
        expect(answer.text).not.toContain(TOKEN);
        github.clearFaults();
      }
      expect(await historyOf(world, id, 'cherryPick')).toEqual([]);
    },
    60_000,
  );
});
