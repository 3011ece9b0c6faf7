import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyGithub } from '../../src/integrations/providers/github/verify.ts';
import { type GithubSetup, githubConnection, githubSetup } from './github-harness.ts';

describe('verification of a GitHub connection', () => {
  let setup: GithubSetup;

  beforeEach(async () => {
    setup = await githubSetup();
  });

  afterEach(() => setup.fake.close());

  const verify = (category: 'scm' | 'ci-cd' = 'scm', connection = setup.connection) => verifyGithub(connection, setup.deps(), category);

  it('names the account, the expiry of the token and the head-room', async () => {
    setup.fake.world.tokenExpiration = '2027-01-31 12:00:00 UTC';

    const verified = await verify();

    expect(verified).toEqual({
      ok: true,
      account: 'signalbox-bot',
      expiresAt: '2027-01-31T12:00:00.000Z',
      rateLimit: { limit: 5000, remaining: expect.any(Number), resetsAt: expect.stringMatching(/Z$/) },
    });
  });

  it('says that a token is not valid', async () => {
    const verified = await verify('scm', githubConnection(setup.fake.origin, 'ghp_revoked'));

    expect(verified).toEqual({ ok: false, problems: [expect.stringMatching(/not valid or has expired/)] });
  });

  it('says that the token does not see the repository', async () => {
    const connection = githubConnection(setup.fake.origin);

    const verified = await verify('scm', { ...connection, settings: { owner: 'acme', repo: 'other' } });

    expect(verified).toEqual({ ok: false, problems: [expect.stringMatching(/cannot see the repository acme\/other/)] });
  });

  it('says that the account may not push', async () => {
    setup.repository.push = false;

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/may not push/)] });
  });

  it('says that a classic token lacks the scope though the account may push', async () => {
    setup.fake.world.tokenScopes = 'read:org, workflow';

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/scope repo/)] });
  });

  it('says that the repository is archived', async () => {
    setup.repository.archived = true;

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/archived/)] });
  });

  it('for CI says that Actions cannot be reached; source control does not ask', async () => {
    const path = /\/actions\/workflows$/;
    setup.fake.failNext({ match: { path }, status: 403 });

    expect(await verify('ci-cd')).toEqual({ ok: false, problems: [expect.stringMatching(/Actions/)] });
    setup.fake.failNext({ match: { path }, status: 403 });
    expect(await verify('scm')).toMatchObject({ ok: true });
  });

  it.each([{ mode: 'html' as const }, { status: 404 }])('says that the base URL is not the API when /user answers %j', async (fault) => {
    setup.fake.failNext({ match: { path: '/user' }, ...fault });

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/base URL/)] });
  });

  it('accepts the token of a GitHub App, which has no account', async () => {
    setup.fake.failNext({ match: { path: '/user' }, status: 403 });

    expect(await verify()).toMatchObject({ ok: true, account: 'GitHub App on acme' });
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
