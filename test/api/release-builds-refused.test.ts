import { ulid } from 'ulid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { actionPaths, type BuildsWorld, openBuilds, TOKEN } from './builds-world.ts';
import { historyOf, startedRelease } from './repository-world.ts';

/** Who may do something about the run of a build, and what is refused. */

let builds: BuildsWorld;
beforeAll(async () => {
  builds = await openBuilds();
});
afterEach(() => builds.mend());
afterAll(() => builds?.close());

describe.each(['cancel', 'rerun'] as const)('%s: the provider, people and input', (action) => {
  const ready = () => {
    const { runAtGithub, withBuild, withFailedBuild } = builds;
    if (action === 'rerun') return withFailedBuild();
    const run = runAtGithub();
    return withBuild({ status: 'RUNNING', handle: String(run.id) });
  };

  it.each([
    ['a server error', { status: 500 }, 503],
    ['a rate limit', { status: 429, headers: { 'retry-after': '9' } }, 429],
    ['a missing scope', { status: 403, body: { message: 'Resource not accessible' } }, 409],
    ['refused credentials', { status: 401, body: { message: 'Bad credentials' } }, 409],
    ['a web page in place of data', { mode: 'html' as const }, 502],
    ['a call that is never answered', { mode: 'hang' as const }, 503],
  ])(
    '%s is a problem that says so, and nothing here has changed',
    async (_what, fault, status) => {
      const { world, github } = builds;
      const { path, task, releaseId } = await ready();
      const before = (await task()).status;
      github.failNext({ ...fault, match: { method: 'POST', path: actionPaths[action] } });

      const answer = await world.call('POST', `${path}/${action}`);

      expect(answer.status).toBe(status);
      expect(answer.body.type).toMatch(/^urn:signalbox:problem:provider-/);
      expect(answer.text).not.toContain(TOKEN);
      expect((await task()).status).toBe(before);
      expect(await historyOf(world, releaseId, action === 'cancel' ? 'buildCancellation' : 'buildRerun')).toEqual([]);
    },
    20_000,
  );

  it('is 404 for another tenant, another release and a build that does not exist', async () => {
    const { api, world, ids } = builds;
    const { path, buildId } = await ready();
    const stranger = await api.tenant('Globex');
    const other = await startedRelease(world, ids.scm);
    const release = path.split('/')[1];

    const answers = await Promise.all([
      world.call('POST', `${path}/${action}`, { token: stranger.token }),
      world.call('POST', `/${other.id}/builds/${buildId}/${action}`),
      world.call('POST', `/${release}/builds/${ulid()}/${action}`),
      world.call('POST', `/${release}/builds/nonsense/${action}`),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  it('is for release managers; contributors may run again and not cancel', async () => {
    const { api, world } = builds;
    const { path } = await ready();
    const statuses: Record<string, number> = {};
    for (const role of ['viewer', 'ci', 'contributor', 'release-manager'] as const) {
      const token = await api.token(world.tenantId, role);
      statuses[role] = (await world.call('POST', `${path}/${action}`, { token })).status;
    }

    expect(statuses).toEqual({ viewer: 403, ci: 403, contributor: action === 'rerun' ? 200 : 403, 'release-manager': 200 });
  });

  it.each([[{ reason: '' }], [{ reason: 5 }], [{ force: true }], [[]]])('refuses the body %j', async (body) => {
    const { world } = builds;
    const { path, task } = await ready();
    const before = (await task()).status;

    const answer = await world.call('POST', `${path}/${action}`, { body });

    expect(answer.status).toBe(422);
    expect((await task()).status).toBe(before);
  });
});
