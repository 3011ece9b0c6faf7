import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../src/integrations/kit/token-cache.ts';
import type { BitbucketCredentials } from '../../src/integrations/providers/bitbucket/identity.ts';
import { bitbucketSourceControl } from '../../src/integrations/providers/bitbucket/source-control.ts';
import { verifyBitbucket } from '../../src/integrations/providers/bitbucket/verify.ts';
import { Secret } from '../../src/platform/secret.ts';
import { type BitbucketSetup, bitbucketConnection, bitbucketSetup } from './bitbucket-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';

const NEWER = [
  'read:user:bitbucket',
  'read:repository:bitbucket',
  'write:repository:bitbucket',
  'read:pullrequest:bitbucket',
  'write:pullrequest:bitbucket',
];
const CLIENT_SECRET = 'consumer-secret-0123456789';

describe('verification of a Bitbucket connection', () => {
  let setup: BitbucketSetup;

  beforeEach(async () => {
    setup = await bitbucketSetup();
  });

  afterEach(() => setup.fake.close());

  const verify = (credentials: BitbucketCredentials, repo = 'app') =>
    verifyBitbucket({ ...bitbucketConnection(setup.fake.baseUrl, credentials), settings: { workspace: 'acme', repo } }, setup.deps());
  const apiToken = (secret: string): BitbucketCredentials => ({
    kind: 'api-token',
    email: 'emma@example.com',
    apiToken: new Secret(secret),
  });
  const accessToken = (secret: string): BitbucketCredentials => ({ kind: 'access-token', token: new Secret(secret) });
  const consumer = (secret = CLIENT_SECRET): BitbucketCredentials => ({
    kind: 'oauth-consumer',
    clientId: 'key',
    clientSecret: new Secret(secret),
  });

  it('names the account of an API token', async () => {
    setup.fake.world.addCredential({ kind: 'api-token', user: 'emma@example.com', secret: 'good-token', scopes: NEWER, nickname: 'emma' });

    expect(await verify(apiToken('good-token'))).toEqual({ ok: true, account: 'emma', expiresAt: null, rateLimit: null });
  });

  it('accepts an access token, which has no account, without asking for one', async () => {
    setup.fake.world.addCredential({ kind: 'access-token', secret: 'good-token', scopes: ['pullrequest:write', 'repository:write'] });

    const verified = await verify(accessToken('good-token'));

    expect(verified).toMatchObject({ ok: true, account: 'repository access token for acme/app' });
    expect(setup.fake.calls.map((call) => call.path)).toEqual(['/2.0/repositories/acme/app']);
  });

  it('names the account of an OAuth consumer', async () => {
    setup.fake.world.addCredential({
      kind: 'oauth-consumer',
      user: 'key',
      secret: CLIENT_SECRET,
      scopes: ['pullrequest:write', 'account'],
      nickname: 'acme',
    });

    expect(await verify(consumer())).toMatchObject({ ok: true, account: 'acme' });
  });

  it.each([
    ['an access token that only reads', ['pullrequest'], ['repository:write', 'pullrequest:write']],
    ['an access token without pull requests', ['repository:write'], ['pullrequest', 'pullrequest:write']],
  ])('names each scope that %s lacks', async (_case, scopes, missing) => {
    setup.fake.world.addCredential({ kind: 'access-token', secret: 'narrow-token', scopes });

    const verified = await verify(accessToken('narrow-token'));

    expect(verified).toEqual({ ok: false, problems: missing.map((scope) => expect.stringContaining(`scope ${scope}:`)) });
  });

  it('names each scope that an API token lacks in the words of API tokens, none of which implies another', async () => {
    const scopes = ['read:user:bitbucket', 'read:repository:bitbucket', 'write:pullrequest:bitbucket'];
    setup.fake.world.addCredential({ kind: 'api-token', user: 'emma@example.com', secret: 'narrow-token', scopes });

    const verified = await verify(apiToken('narrow-token'));

    const missing = ['write:repository:bitbucket', 'read:pullrequest:bitbucket'];
    expect(verified).toEqual({ ok: false, problems: missing.map((scope) => expect.stringContaining(scope)) });
  });

  it('says that the account of an API token cannot be read', async () => {
    setup.fake.world.addCredential({ kind: 'api-token', user: 'emma@example.com', secret: 'narrow-token', scopes: NEWER.slice(1) });

    expect(await verify(apiToken('narrow-token'))).toEqual({ ok: false, problems: [expect.stringContaining('read:user:bitbucket')] });
  });

  it('says that the scopes do not even let the repository be read', async () => {
    setup.fake.world.addCredential({ kind: 'access-token', secret: 'blind-token', scopes: ['webhook'] });

    expect(await verify(accessToken('blind-token'))).toEqual({
      ok: false,
      problems: [expect.stringMatching(/needs repository, has webhook/)],
    });
  });

  it('says that the account may not push', async () => {
    setup.fake.world.addCredential({ kind: 'api-token', user: 'emma@example.com', secret: 'reader', scopes: NEWER, role: 'read' });

    expect(await verify(apiToken('reader'))).toEqual({ ok: false, problems: [expect.stringContaining('may not push to acme/app')] });
  });

  it.each([
    ['api-token', apiToken('nobody'), /e-mail address and API token/],
    ['access-token', accessToken('nobody'), /access token is not valid/],
    ['oauth-consumer', consumer('nobody'), /OAuth consumer/],
  ])('says that a credential is not valid: %s', async (_kind, credentials, problem) => {
    expect(await verify(credentials)).toEqual({ ok: false, problems: [expect.stringMatching(problem)] });
  });

  it('says that the credential does not see the repository', async () => {
    setup.fake.world.addCredential({ kind: 'access-token', secret: 'good-token' });

    expect(await verify(accessToken('good-token'), 'other')).toEqual({ ok: false, problems: [expect.stringContaining('acme/other')] });
  });

  it.each([{ mode: 'html' as const }, { status: 200, body: { hello: 'world' } }, { status: 302, headers: { location: '/login' } }])(
    'says that the base URL is not the API when it answers %j',
    async (fault) => {
      setup.fake.failNext(fault);

      expect(await verify(accessToken('any-token'))).toEqual({ ok: false, problems: [expect.stringMatching(/base URL/)] });
    },
  );

  it.each([
    [{ status: 503 }, 'unavailable'],
    [{ status: 429 }, 'rate-limited'],
    [{ mode: 'drop-before' as const }, 'unavailable'],
  ])('throws when the question could not be asked: %j', async (fault, kind) => {
    setup.fake.failNext(fault);

    await expect(verify(accessToken('any-token'))).rejects.toMatchObject({ kind });
  });

  describe('an OAuth consumer', () => {
    const scm = (tokens = createTokenCache(() => new Date()), secret = CLIENT_SECRET) =>
      bitbucketSourceControl(bitbucketConnection(setup.fake.baseUrl, consumer(secret)), setup.deps({ tokens }));
    const issued = () => setup.fake.calls.filter((call) => call.path === '/site/oauth2/access_token').length;

    beforeEach(() => void setup.fake.world.addCredential({ kind: 'oauth-consumer', user: 'key', secret: CLIENT_SECRET }));

    it('obtains one token for many calls of many attempts', async () => {
      const tokens = createTokenCache(() => new Date());

      await Promise.all([scm(tokens).findBranch('main'), scm(tokens).findBranch('main'), scm(tokens).findTag('v1')]);

      expect(issued()).toBe(1);
    });

    it('fails with the refusal when its token is ended before its time, and the next attempt obtains another', async () => {
      const tokens = createTokenCache(() => new Date());
      await scm(tokens).findBranch('main');
      setup.fake.world.revokeTokens();

      await expect(scm(tokens).findBranch('main')).rejects.toMatchObject({ kind: 'unauthorized' });
      expect(await scm(tokens).findBranch('main')).toMatchObject({ name: 'main' });
      expect(issued()).toBe(2);
    });

    it('whose secret was changed does not go on with the token of the former one', async () => {
      const tokens = createTokenCache(() => new Date());
      await scm(tokens).findBranch('main');

      await expect(scm(tokens, 'another-secret').findBranch('main')).rejects.toMatchObject({ kind: 'unauthorized' });
    });

    it('shows its secret in no error', async () => {
      setup.fake.failNext({
        match: { path: '/site/oauth2/access_token' },
        status: 400,
        body: { error: 'invalid_client', error_description: `unknown secret ${CLIENT_SECRET}` },
      });

      const error = await providerError(scm().findBranch('main'));

      expect(error.kind).toBe('unauthorized');
      expectNoSecret(error, [CLIENT_SECRET, Buffer.from(`key:${CLIENT_SECRET}`).toString('base64')]);
    });

    it('that cannot be asked for a token passes the trouble on', async () => {
      setup.fake.failNext({ match: { path: '/site/oauth2/access_token' }, status: 503 });

      await expect(scm().findBranch('main')).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });
});
