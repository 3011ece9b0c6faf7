import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyGitlab } from '../../src/integrations/providers/gitlab/verify.ts';
import { DEVELOPER, GUEST } from '../fakes/gitlab/index.ts';
import { GITLAB_BOT, type GitlabSetup, gitlabConnection, gitlabSetup } from './gitlab-harness.ts';

describe('verification of a GitLab connection', () => {
  let setup: GitlabSetup;

  beforeEach(async () => {
    setup = await gitlabSetup();
  });

  afterEach(() => setup.fake.close());

  const verify = (category: 'scm' | 'ci-cd' = 'scm', connection = setup.connection) => verifyGitlab(connection, setup.deps(), category);
  const withToken = (token: Parameters<typeof setup.fake.world.addToken>[0]) => {
    setup.fake.world.addToken(token);
    return gitlabConnection(setup.fake.baseUrl, token.value);
  };

  it('names the account, the expiry of the token and the head-room', async () => {
    const connection = withToken({ value: 'glpat-expiring', username: GITLAB_BOT, expiresAt: '2099-01-31' });

    const verified = await verify('scm', connection);

    expect(verified).toEqual({
      ok: true,
      account: GITLAB_BOT,
      expiresAt: '2099-01-31T00:00:00.000Z',
      rateLimit: { limit: 2000, remaining: expect.any(Number), resetsAt: expect.stringMatching(/Z$/) },
    });
  });

  it.each(['glpat-unknown', 'glpat-revoked', 'glpat-expired'])('says that a token is not valid: %s', async (value) => {
    setup.fake.world.addToken({ value: 'glpat-revoked', username: GITLAB_BOT }).revoked = true;
    setup.fake.world.addToken({ value: 'glpat-expired', username: GITLAB_BOT, expiresAt: '2020-01-31' });

    expect(await verify('scm', gitlabConnection(setup.fake.baseUrl, value))).toEqual({
      ok: false,
      problems: [expect.stringMatching(/not valid, was revoked or has expired/)],
    });
  });

  it.each([[['read_api']], [['write_repository']]])('says that a token with the scopes %j lacks the scope api', async (scopes) => {
    const connection = withToken({ value: 'glpat-narrow', username: GITLAB_BOT, scopes });

    expect(await verify('scm', connection)).toEqual({ ok: false, problems: [expect.stringMatching(/scope api/)] });
  });

  it('says that the token does not see the project', async () => {
    const connection = gitlabConnection(setup.fake.baseUrl, undefined, 'acme/other');

    expect(await verify('scm', connection)).toEqual({ ok: false, problems: [expect.stringMatching(/cannot see the project acme\/other/)] });
  });

  it('takes a project by its number too', async () => {
    const connection = gitlabConnection(setup.fake.baseUrl, undefined, String(setup.project.id));

    expect(await verify('scm', connection)).toMatchObject({ ok: true });
  });

  it('says which role is missing', async () => {
    setup.project.members.set(GITLAB_BOT, GUEST);

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/role Developer/)] });
    setup.project.members.set(GITLAB_BOT, DEVELOPER);
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('says that the project is archived', async () => {
    setup.project.archived = true;

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/archived/)] });
  });

  it('for CI says that CI/CD is switched off; source control does not mind', async () => {
    setup.project.buildsAccess = 'disabled';

    expect(await verify('ci-cd')).toEqual({ ok: false, problems: [expect.stringMatching(/CI\/CD is switched off/)] });
    expect(await verify('scm')).toMatchObject({ ok: true });
  });

  it('for CI says that the role may not pass variables; where nobody may, inputs are the way and all is well', async () => {
    setup.project.variablesRole = 'owner';

    expect(await verify('ci-cd')).toEqual({ ok: false, problems: [expect.stringMatching(/may not pass variables/)] });
    setup.project.variablesRole = 'no_one_allowed';
    expect(await verify('ci-cd')).toMatchObject({ ok: true });
  });

  it.each([{ mode: 'html' as const }, { status: 404 }])('says that the base URL is not GitLab when /user answers %j', async (fault) => {
    setup.fake.failNext({ match: { path: /\/user$/ }, ...fault });

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/base URL/)] });
  });

  it('accepts a token that the server tells nothing about', async () => {
    setup.fake.failNext({ match: { path: /\/self$/ }, status: 404 });

    expect(await verify()).toMatchObject({ ok: true, expiresAt: null });
  });

  it.each([
    [{ status: 503 }, 'unavailable'],
    [{ status: 429, headers: { 'retry-after': '3' } }, 'rate-limited'],
    [{ mode: 'drop-before' as const }, 'unavailable'],
  ])('throws when the question could not be asked: %j', async (fault, kind) => {
    setup.fake.failNext(fault);

    await expect(verify()).rejects.toMatchObject({ kind });
  });
});
