import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../src/integrations/kit/token-cache.ts';
import { githubCi } from '../../src/integrations/providers/github/ci.ts';
import { credentialsSchema } from '../../src/integrations/providers/github/identity.ts';
import { githubSourceControl } from '../../src/integrations/providers/github/source-control.ts';
import { verifyGithub } from '../../src/integrations/providers/github/verify.ts';
import { Secret } from '../../src/platform/secret.ts';
import { all } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { APP_KEY, type AppSetup, githubAppSetup } from './github-harness.ts';

describe('a GitHub App as credentials', () => {
  let setup: AppSetup;

  beforeEach(async () => {
    setup = await githubAppSetup();
  });

  afterEach(() => setup.fake.close());

  const tokensAsked = () => setup.fake.calls.filter((call) => call.path.endsWith('/access_tokens')).length;
  /** One process: attempts come and go, the cache of tokens stays. */
  const processOf = () => {
    const tokens = createTokenCache(() => new Date());
    return { scm: () => githubSourceControl(setup.connection, setup.deps({ tokens })) };
  };

  it('reads and writes with the token of its installation, obtained once for ten attempts at once', async () => {
    const { scm } = processOf();
    const at = setup.repository.git.branches.get('main') ?? '';

    await Promise.all(Array.from({ length: 10 }, () => scm().findBranch('main')));

    expect(await scm().ensureBranch('release/1', at)).toEqual({ name: 'release/1', head: at });
    expect(tokensAsked()).toBe(1);
  });

  it('obtains a new token after one was refused, and does not repeat the refused call', async () => {
    const { scm } = processOf();
    await scm().findBranch('main');
    setup.fake.failNext({ match: { path: /\/git\/ref\// }, status: 401, body: { message: 'Bad credentials' } });

    await expect(scm().findBranch('main')).rejects.toMatchObject({ kind: 'unauthorized' });

    expect(await scm().findBranch('main')).not.toBeNull();
    expect(tokensAsked()).toBe(2);
  });

  it('is found by its repository, or by the id of the installation where that is given', async () => {
    await processOf().scm().findBranch('main');
    const found = setup.fake.calls.map((call) => call.path);
    await setup.fake.close();
    setup = await githubAppSetup({ withId: true });

    await processOf().scm().findBranch('main');

    expect(found).toContain('/repos/acme/app/installation');
    expect(setup.fake.calls.map((call) => call.path)).not.toContain('/repos/acme/app/installation');
  });

  it('lists the repositories of the installation to the last of three pages', async () => {
    for (let index = 0; index < 230; index += 1) {
      setup.installation.repositories.push(setup.fake.world.addRepository({ owner: 'acme', repo: `app-${index}`, tokens: [] }));
    }

    const repositories = await all(processOf().scm().repositories());

    expect(repositories).toHaveLength(231);
  });

  it('downloads artifacts, and the store sees no token', async () => {
    const workflow = setup.repository.addWorkflow({ name: 'B', path: '.github/workflows/b.yml', content: 'on: workflow_dispatch' });
    const ci = githubCi(setup.connection, setup.deps());
    const { handle } = await ci.dispatch({ workflowId: String(workflow.id), ref: 'main', inputs: {}, correlationId: 'sb-1' });
    setup.fake.world.addArtifact(Number(handle), 'app.aab', 3, Buffer.from('zip'));
    const [artifact] = await all(ci.artifacts(handle ?? ''));

    const { body } = await ci.openArtifact(handle ?? '', artifact?.id ?? '');

    // The store refuses whoever brings an Authorization header.
    expect(Buffer.concat(await all(body)).toString()).toBe('zip');
  });

  it('that lacks a permission is forbidden to write', async () => {
    setup.installation.permissions = { metadata: 'read', contents: 'read' };
    const at = setup.repository.git.branches.get('main') ?? '';

    await expect(processOf().scm().ensureBranch('release/1', at)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it.each([
    ['a suspended installation', { suspendedAt: '2026-01-01T00:00:00Z' }, 'forbidden'],
    ['a repository it is not installed on', { repositories: [] }, 'forbidden'],
    ['a key that is not its own', { appId: 1 }, 'unauthorized'],
  ])('with %s gets no token: an error that is not taken for an absent branch and tells no secret', async (_what, change, kind) => {
    Object.assign(setup.installation, change);

    const error = await providerError(processOf().scm().findBranch('main'));

    expect(error.kind).toBe(kind);
    expectNoSecret(error, [APP_KEY, APP_KEY.split('\n')[1] ?? APP_KEY]);
  });

  it('never repeats its token, even when GitHub does', async () => {
    const { scm } = processOf();
    await scm().findBranch('main');
    const token = /^Bearer (.+)$/.exec(setup.fake.calls.at(-1)?.headers.authorization ?? '')?.[1] ?? '';
    setup.fake.failNext({ status: 403, body: { message: `odd token ${token}` } });

    const error = await providerError(scm().findBranch('main'));

    expect(token).toMatch(/^ghs_/);
    expectNoSecret(error, [token]);
  });
});

describe('verification of a GitHub App', () => {
  let setup: AppSetup;

  beforeEach(async () => {
    setup = await githubAppSetup();
  });

  afterEach(() => setup.fake.close());

  const verify = (category: 'scm' | 'ci-cd' = 'scm', connection = setup.connection) => verifyGithub(connection, setup.deps(), category);

  it('names the app and the head-room; the repository answer says nothing about an app', async () => {
    setup.repository.push = false;

    expect(await verify()).toEqual({
      ok: true,
      account: 'signalbox[bot]',
      expiresAt: null,
      rateLimit: { limit: 5000, remaining: expect.any(Number), resetsAt: expect.stringMatching(/Z$/) },
    });
  });

  it.each([
    ['scm', ['Contents: read and write', 'Pull requests: read and write', 'Webhooks: read and write']],
    ['ci-cd', ['Actions: read and write', 'Webhooks: read and write']],
  ] as const)('for %s names each permission that is missing', async (category, missing) => {
    setup.installation.permissions = { metadata: 'read', contents: 'read', pull_requests: 'read', actions: 'read' };

    const verified = await verify(category);

    expect(verified).toEqual({ ok: false, problems: missing.map((permission) => expect.stringContaining(permission)) });
  });

  it('says that the installation is suspended', async () => {
    setup.installation.suspendedAt = '2026-01-01T00:00:00Z';

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/suspended/)] });
  });

  it('says that the app is not installed on the repository', async () => {
    setup.installation.repositories.splice(0);

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/not installed on acme\/app/)] });
  });

  it('says that there is no such installation', async () => {
    const credentials = { kind: 'app' as const, appId: '4242', installationId: '1', privateKey: new Secret(APP_KEY) };

    const verified = await verify('scm', { ...setup.connection, credentials });

    expect(verified).toEqual({ ok: false, problems: [expect.stringMatching(/no installation 1/)] });
  });

  it('says that id and key do not belong together', async () => {
    setup.installation.appId = 1;

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/app ID with this private key/)] });
  });

  it('throws when the question could not be asked', async () => {
    setup.fake.failNext({ status: 503 });

    await expect(verify()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('the credential form of GitHub', () => {
  it('takes a token alone, as it always has', () => {
    const parsed = credentialsSchema.parse({ token: 'ghp_0123456789' });

    expect('token' in parsed && parsed.token.reveal()).toBe('ghp_0123456789');
  });

  it('takes an app, its key in lines or on one line with the breaks spelt out', async () => {
    const setup = await githubAppSetup();
    const credentials = credentialsSchema.parse({ kind: 'app', appId: '4242', privateKey: APP_KEY.replaceAll('\n', '\\n') });

    const verified = await verifyGithub({ ...setup.connection, credentials }, setup.deps(), 'scm');

    await setup.fake.close();
    expect(verified).toMatchObject({ ok: true });
  });

  it.each([
    ['a key that is none', { kind: 'app', appId: '1', privateKey: 'not-a-key-123456' }],
    ['half a key', { kind: 'app', appId: '1', privateKey: APP_KEY.slice(0, 200) }],
    ['an app without a key', { kind: 'app', appId: '1' }],
    ['an id that is no number', { kind: 'app', appId: 'my-app', privateKey: APP_KEY }],
    ['both forms at once', { token: 'ghp_0123456789', kind: 'app', appId: '1', privateKey: APP_KEY }],
    ['an unknown kind', { kind: 'oauth', token: 'ghp_0123456789' }],
  ])('refuses %s without repeating a secret', (_what, form) => {
    const result = credentialsSchema.safeParse(form);

    expect(result.success).toBe(false);
    const told = JSON.stringify(result.error?.issues);
    for (const secret of ['not-a-key-123456', 'ghp_0123456789', APP_KEY.split('\n')[1] ?? APP_KEY]) expect(told).not.toContain(secret);
  });
});
