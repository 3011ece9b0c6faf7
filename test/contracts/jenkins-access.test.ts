import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../src/integrations/kit/token-cache.ts';
import { jenkinsCi } from '../../src/integrations/providers/jenkins/ci.ts';
import { credentialsSchema } from '../../src/integrations/providers/jenkins/identity.ts';
import { verifyJenkins } from '../../src/integrations/providers/jenkins/verify.ts';
import { JENKINS_USER, type JenkinsSetup, jenkinsConnection, jenkinsSetup, version } from './jenkins-harness.ts';

const header = { kind: 'header', name: 'X-Sso-Token', value: 'sso-0123456789abcdef' };
const order = { workflowId: 'mobile/app', ref: 'main', inputs: { version: '1' }, correlationId: 'sbx-1' };

let setup: JenkinsSetup;

beforeEach(async () => {
  setup = await jenkinsSetup();
  setup.fake.world.addJob('mobile/app', { parameters: [{ name: 'BRANCH', kind: 'String' }, version] });
});

afterEach(() => setup.fake.close());

describe('crumbs of Jenkins', () => {
  const crumbs = () => setup.fake.calls.filter((call) => call.path === '/crumbIssuer/api/json').length;

  it('go with every write in the session they were issued in, and are kept for the next one', async () => {
    setup.fake.security.crumbs = 'all';
    const tokens = createTokenCache(() => new Date());
    const first = jenkinsCi(setup.connection, setup.deps({ tokens }));
    const second = jenkinsCi(setup.connection, setup.deps({ tokens }));

    const { handle } = await first.dispatch(order);
    await second.cancel(handle ?? '');

    expect(await second.run(handle ?? '')).toMatchObject({ state: { kind: 'cancelled' } });
    expect(crumbs()).toBe(1);
  });

  it('that are no longer valid are renewed once, and the write happens once', async () => {
    setup.fake.security.crumbs = 'all';
    const ci = jenkinsCi(setup.connection, setup.deps());
    await ci.dispatch(order);
    setup.fake.state.gatekeeper.forgetCrumbs();

    await ci.dispatch({ ...order, inputs: { version: '2' } });

    expect(setup.fake.world.queue.length).toBe(2);
    expect(crumbs()).toBe(2);
  });

  it('that are refused again end as forbidden', async () => {
    const refusal = { status: 403, body: { message: 'No valid crumb was included in the request' } };
    setup.fake.failNext({ match: { method: 'POST' }, ...refusal, times: 2 });

    await expect(jenkinsCi(setup.connection, setup.deps()).dispatch(order)).rejects.toMatchObject({ kind: 'forbidden' });
    expect(setup.fake.calls.filter((call) => call.method === 'POST').length).toBe(2);
  });

  it('are not sent where the protection is switched off', async () => {
    setup.fake.security.crumbs = 'off';

    await jenkinsCi(setup.connection, setup.deps()).dispatch(order);

    expect(setup.fake.calls.at(-1)?.headers['jenkins-crumb']).toBeUndefined();
    expect(setup.fake.world.queue.length).toBe(1);
  });

  it('go with writes behind a proxy that knows us by a header', async () => {
    setup.fake.security.proxy = { header: header.name, value: header.value, user: 'ci-bot' };
    const ci = jenkinsCi(jenkinsConnection(setup.fake.origin, { credentials: header }), setup.deps());

    await ci.dispatch(order);

    expect(setup.fake.world.queue[0]?.causes[0]?.userId).toBe('ci-bot');
  });
});

describe('a header in front of Jenkins', () => {
  it('may be a cookie, which stays beside that of the crumb', async () => {
    const cookie = { kind: 'header', name: 'Cookie', value: 'sso=0123456789abcdef' };
    setup.fake.security.crumbs = 'off';
    setup.fake.security.proxy = { header: cookie.name, value: cookie.value, user: 'ci-bot' };
    const ci = jenkinsCi(jenkinsConnection(setup.fake.origin, { credentials: cookie }), setup.deps());
    const crumb = { crumb: 'c', crumbRequestField: 'Jenkins-Crumb' };
    setup.fake.failNext({
      match: { path: '/crumbIssuer/api/json' },
      status: 200,
      body: crumb,
      headers: { 'set-cookie': 'JSESSIONID.1=s;Path=/' },
    });

    await ci.dispatch(order).catch(() => undefined);

    expect(setup.fake.calls.at(-1)?.headers.cookie).toBe('sso=0123456789abcdef; JSESSIONID.1=s');
  });

  it.each(['Host', 'content-length', 'Transfer-Encoding', 'a b', ''])('is never %j', (name) => {
    expect(credentialsSchema.safeParse({ kind: 'header', name, value: 'x' }).success).toBe(false);
  });
});

describe('verification of a Jenkins connection', () => {
  const verify = (connection = setup.connection) => verifyJenkins(connection, setup.deps());
  const problem = (words: RegExp) => ({ ok: false, problems: [expect.stringMatching(words)] });

  it('names the user', async () => {
    expect(await verify()).toEqual({ ok: true, account: JENKINS_USER, expiresAt: null, rateLimit: null });
  });

  it('works where a proxy drops the version header', async () => {
    setup.fake.state.version = null;

    expect(await verify()).toMatchObject({ ok: true });
  });

  it('says that the token is wrong', async () => {
    const connection = jenkinsConnection(setup.fake.origin, { credentials: { user: JENKINS_USER, apiToken: '11revoked0000' } });

    expect(await verify(connection)).toEqual(problem(/does not accept the credentials/));
  });

  it('says that a header makes us nobody, though nobody may read', async () => {
    setup.fake.security.anonymousRead = true;

    expect(await verify(jenkinsConnection(setup.fake.origin, { credentials: header }))).toEqual(problem(/nobody \(anonymous\)/));
  });

  it.each([
    ['a web page', { mode: 'html' as const }, /login page/],
    ['no such page', { status: 404 }, /base URL/],
    ['another API', { status: 200, body: { login: 'octocat' } }, /base URL/],
    ['a login elsewhere', { status: 302, headers: { location: 'https://sso.example/oauth2/authorize' } }, /login page/],
    ['https in place of http', { status: 301, headers: { location: 'https://jenkins.example/whoAmI/api/json' } }, /redirects elsewhere/],
    ['a proxy that refuses', { status: 403 }, /refuses these credentials/],
  ])('says what is wrong when the answer is %s', async (_what, fault, words) => {
    setup.fake.failNext({ match: { path: '/whoAmI/api/json' }, ...fault });

    expect(await verify()).toEqual(problem(words));
  });

  it('says that the folder does not exist or cannot be seen', async () => {
    expect(await verify(jenkinsConnection(setup.fake.origin, { settings: { folder: 'web/shop' } }))).toEqual(
      problem(/folder web\/shop does not exist/),
    );
  });

  it('says that no job can be seen', async () => {
    setup.fake.world.addFolder('empty');

    expect(await verify(jenkinsConnection(setup.fake.origin, { settings: { folder: 'empty' } }))).toEqual(problem(/No job is visible/));
  });

  it('says that the user may not read', async () => {
    setup.fake.security.rights.delete('read');
    setup.fake.failNext({ match: { path: '/whoAmI/api/json' }, status: 200, body: { name: 'x', anonymous: false, authenticated: true } });

    expect(await verify()).toEqual(problem(/Overall\/Read/));
  });

  it('says that the user may not start jobs, where Blue Ocean tells', async () => {
    setup.fake.security.rights.delete('build');

    expect(await verify()).toMatchObject({ ok: true });
    setup.fake.state.hasBlueOcean = true;
    expect(await verify()).toEqual(problem(/Job\/Build/));
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

describe('credentials that stopped counting', () => {
  it('are told as such when Jenkins shows its login page in place of an answer', async () => {
    const ci = jenkinsCi(jenkinsConnection(setup.fake.origin, { credentials: header }), setup.deps());

    await expect(ci.run('build:mobile/app#1')).rejects.toMatchObject({ kind: 'unauthorized' });
  });
});
