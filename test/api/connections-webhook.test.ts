import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { LockBusyError, LockUnavailableError } from '../../src/platform/lock.ts';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Webhooks of a connection: set up and taken down through the provider's API, and told to people. */

const TOKEN = 'ghp_a-very-secret-token-of-the-hook-test';
let api: ApiHarness;
let github: GithubFake;
let repositories = 0;

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
});
beforeEach(() => github.clearFaults());
afterAll(() => Promise.all([api.close(), github.close()]));

async function connected(name = 'Acme') {
  repositories += 1;
  const repo = `app-${repositories}`;
  github.world.addRepository({ owner: 'acme', repo, tokens: [TOKEN] });
  const tenant = await api.tenant(name);
  const collection = `/api/v1/tenants/${tenant.tenantId}/integrations/scm`;
  const body = {
    ...{ provider: 'github', displayName: 'Acme app', baseUrl: github.origin },
    ...{ credentials: { token: TOKEN }, settings: { owner: 'acme', repo } },
  };
  const { body: created } = await api.request('POST', collection, { token: tenant.token, body });
  const path = `${collection}/${created.id}`;
  return {
    ...tenant,
    id: created.id as string,
    path,
    repo,
    hook: `${path}/webhook`,
    secret: created.webhookSecret as string,
    url: `http://localhost/api/v1/webhooks/github/${created.id}`,
    /** What the repository's hooks were told, oldest first. */
    told: (method: string) =>
      github.calls.filter((call) => call.method === method && call.path.startsWith(`/repos/acme/${repo}/hooks`) && call.status < 300),
  };
}

const secretOf = (call: { body: unknown } | undefined) => (call?.body as { config: { secret: string } } | undefined)?.config.secret;
const fields = async (id: string) =>
  (
    await api.db.rows<{ field: string; after: string | null }>(
      `SELECT i.field, i.value_after AS \`after\` FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND h.action = 'UPDATE' ORDER BY h.id, i.ordinal`,
      [id],
    )
  ).map(({ field, after }) => `${field}: ${after}`);

describe('setting it up', () => {
  it('makes the hook with the stored secret, and says which; again, and two at once, leave one', async () => {
    const one = await connected();

    const first = await api.request('POST', one.hook, { token: one.token });
    const both = await Promise.all([1, 2].map(() => api.request('POST', one.hook, { token: one.token })));

    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ registered: true, hook: { id: expect.any(String) }, webhookUrl: one.url });
    expect(both.map(({ body }) => body)).toEqual([first.body, first.body]);
    expect(one.told('POST').map(secretOf)).toEqual([one.secret]);
    expect(one.told('PATCH').map(secretOf)).toEqual([one.secret, one.secret]);
    expect(await fields(one.id)).toContain(`webhook: registered (${first.body.hook.id})`);
    for (const answer of [first, ...both]) expect(answer.text).not.toContain(one.secret);
    expect(api.logged()).not.toContain(one.secret);
  });

  it('made twice at once where there was none, leaves one', async () => {
    const one = await connected();
    github.failNext({ match: { method: 'POST', path: /\/hooks/ }, mode: 'pass', delayMs: 500 });

    const answers = await Promise.all([1, 2].map(() => api.request('POST', one.hook, { token: one.token })));

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    // One after the other: the second sees what the first made.
    expect(github.calls.filter(({ path }) => path.includes(`${one.repo}/hooks`)).map(({ method }) => method)).toEqual([
      ...['GET', 'POST'],
      ...['GET', 'PATCH'],
    ]);
  });

  it('repeats the first answer to a repeated request and asks the provider nothing more', async () => {
    const one = await connected();
    const headers = { 'idempotency-key': 'hook-1' };

    const first = await api.request('POST', one.hook, { token: one.token, headers });
    const second = await api.request('POST', one.hook, { token: one.token, headers });

    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect([...one.told('POST'), ...one.told('PATCH')]).toHaveLength(1);
  });

  it('tells people how to do it themselves where the credentials may not', async () => {
    const one = await connected();
    github.failNext({
      match: { path: /\/hooks/ },
      status: 403,
      body: { message: 'Resource not accessible by personal access token' },
      times: 9,
    });

    const answer = await api.request('POST', one.hook, { token: one.token });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ registered: false, reason: expect.stringContaining('not accessible'), webhookUrl: one.url });
    expect(answer.body.instructions.join('\n')).toContain(one.url);
    expect(answer.text).not.toContain(one.secret);
    expect(await fields(one.id)).toEqual([]);
  });

  it('passes on that the provider is not available, and when to come again', async () => {
    const one = await connected();
    github.failNext({ match: { path: /\/hooks/ }, status: 503, times: 9 });
    const away = await api.request('POST', one.hook, { token: one.token });
    github.clearFaults();
    github.failNext({ match: { path: /\/hooks/ }, status: 429, headers: { 'retry-after': '7' }, times: 9 });
    const limited = await api.request('POST', one.hook, { token: one.token });

    expect(away.status).toBe(503);
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toBe('7');
    expect(limited.headers.get('content-type')).toBe('application/problem+json');
  });

  it('is not tried where the provider cannot reach this machine', async () => {
    const one = await connected();
    await api.db.run("UPDATE tenant_scm_integrations SET base_url = 'https://api.github.com' WHERE id = ?", [one.id]);

    const answer = await api.request('POST', one.hook, { token: one.token });
    const read = await api.request('GET', one.hook, { token: one.token });

    expect(answer.body).toMatchObject({ registered: false, reason: expect.stringContaining('PUBLIC_URL') });
    expect(read.body.unreachable).toBe(answer.body.reason);
  });

  it('has nothing to set up for a provider without webhooks, and none by API for one without such an API', async () => {
    const { tenantId, token, accountId } = await api.tenant();
    const insert = async (table: string, provider: string, id: string) =>
      api.db.run(
        `INSERT INTO ${table} (id, tenant_id, provider, display_name, base_url, settings, credentials, verification_status, created_by_account_id)
         VALUES (?)`,
        [[id, tenantId, provider, provider, 'http://127.0.0.1:9', '{}', 'sealed', 'VALID', accountId]],
      );
    await insert('test_management_integrations', 'checkmate', '01JD8Z2M6Y6Q6S7T8V9W0X1Y31');
    await insert('tenant_comm_integrations', 'slack', '01JD8Z2M6Y6Q6S7T8V9W0X1Y32');
    const base = `/api/v1/tenants/${tenantId}/integrations`;

    const none = await api.request('POST', `${base}/test-management/01JD8Z2M6Y6Q6S7T8V9W0X1Y31/webhook`, { token });
    const byHand = await api.request('POST', `${base}/communication/01JD8Z2M6Y6Q6S7T8V9W0X1Y32/webhook`, { token });
    const kept = await api.request('DELETE', `${base}/communication/01JD8Z2M6Y6Q6S7T8V9W0X1Y32/webhook`, { token });

    expect(none.body).toMatchObject({ registered: false, webhookUrl: null, reason: expect.stringContaining('no webhooks') });
    expect(byHand.body).toMatchObject({ registered: false, webhookUrl: expect.stringContaining('/api/v1/webhooks/slack/') });
    expect(kept.body).toMatchObject({ removed: false, reason: expect.stringContaining('cannot be set up through its API') });
  });
});

describe('reading it', () => {
  it('shows what a person needs and the last that came in, and never the secret', async () => {
    const one = await connected();
    const viewer = await api.token(one.tenantId, 'viewer');
    const before = await api.request('GET', one.hook, { token: viewer });
    const body = '{"ref":"refs/heads/main"}';
    const signature = createHmac('sha256', one.secret).update(body).digest('hex');
    const headers = {
      ...{ 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': 'seen-1' },
      'x-hub-signature-256': `sha256=${signature}`,
    };
    expect((await api.request('POST', `/api/v1/webhooks/github/${one.id}`, { body, headers })).status).toBe(202);

    const after = await api.request('GET', one.hook, { token: viewer });

    const standing = { webhookUrl: one.url, enabled: true, hasSecret: true, canRegister: true, unreachable: null };
    expect(before.body).toMatchObject({ ...standing, lastEvent: null });
    expect(before.body.instructions.length).toBeGreaterThan(1);
    expect(after.body).toMatchObject({ ...standing, lastEvent: { event: 'push', status: 'PENDING' } });
    expect(before.text + after.text).not.toContain(one.secret);
  });
});

describe('taking it down', () => {
  it('removes the hook, stops taking what comes, and is told in the history; again changes nothing', async () => {
    const one = await connected();
    await api.request('POST', one.hook, { token: one.token });

    const removed = await api.request('DELETE', one.hook, { token: one.token });
    const again = await api.request('DELETE', one.hook, { token: one.token });

    expect([removed.status, removed.body.removed, again.body.removed]).toEqual([200, true, true]);
    expect(one.told('DELETE')).toHaveLength(1);
    expect((await api.request('GET', one.hook, { token: one.token })).body.enabled).toBe(false);
    expect(await fields(one.id)).toEqual(expect.arrayContaining(['webhook: removed', 'webhookEnabled: false']));
  });

  it('happens with the connection, which goes even where the hook cannot', async () => {
    const [one, other] = [await connected(), await connected()];
    for (const each of [one, other]) await api.request('POST', each.hook, { token: each.token });

    const answer = await api.request('DELETE', one.path, { token: one.token });
    github.failNext({ match: { path: /\/hooks/ }, status: 500, times: 9 });
    const stubborn = await api.request('DELETE', other.path, { token: other.token });

    expect([answer.status, stubborn.status]).toEqual([204, 204]);
    expect(one.told('DELETE')).toHaveLength(1);
    expect(api.logged()).toContain('the webhook of a deleted connection could not be removed');
    expect(api.logged()).not.toContain(TOKEN);
  });
});

describe('a new secret', () => {
  it('says that the provider must be told, or tells it', async () => {
    const one = await connected();
    await api.request('POST', one.hook, { token: one.token });

    const said = await api.request('PATCH', one.path, { token: one.token, body: { rotateWebhookSecret: true } });
    const told = await api.request('PATCH', `${one.path}?register=true`, { token: one.token, body: { rotateWebhookSecret: true } });

    expect(said.body.warnings).toEqual([expect.stringContaining('set the webhook up again')]);
    expect(said.body.webhook).toBeUndefined();
    expect(told.body).toMatchObject({ warnings: [], webhook: { registered: true } });
    expect(secretOf(one.told('PATCH').at(-1))).toBe(told.body.webhookSecret);
  });

  it('is shown even when the provider could not be told', async () => {
    const one = await connected();
    github.failNext({ match: { path: /\/hooks/ }, status: 500, times: 9 });

    const answer = await api.request('PATCH', `${one.path}?register=true`, { token: one.token, body: { rotateWebhookSecret: true } });

    expect(answer.status).toBe(200);
    expect(answer.body.webhookSecret).toMatch(/^whsec_/);
    expect(answer.body).toMatchObject({ webhook: { registered: false }, warnings: [expect.stringContaining('set the webhook up again')] });
  });
});

it.each([
  ['Redis is away', new LockUnavailableError('no answer'), 503],
  ['somebody else is at it', new LockBusyError('webhook:x'), 409],
])('asks the provider nothing while %s, and says when to come again', async (_what, error, status) => {
  const one = await connected();
  const refuse = async () => {
    throw error;
  };
  const app = createApp({ ...api.deps, locks: { withLock: refuse, withLocks: refuse } });

  const answer = await app.request(one.hook, { method: 'POST', headers: { authorization: `Bearer ${one.token}` } });

  expect(answer.status).toBe(status);
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(one.told('POST')).toEqual([]);
});

it('no answer about a connection holds a secret of it', async () => {
  const one = await connected();
  const base = `/api/v1/tenants/${one.tenantId}`;
  const asked = [
    ...[`GET ${one.path}`, `GET ${base}/integrations/scm`, `POST ${one.path}/verify`, `POST ${one.hook}`, `GET ${one.hook}`],
    ...[`GET ${one.path}/repositories`, `GET ${one.path}/branches`, `GET ${one.path}/branches/protection?branch=main`],
    ...[`GET ${base}/webhook-events`, `GET ${base}/integrations/scm/providers`, `DELETE ${one.hook}`],
  ];

  for (const line of asked) {
    const [method = '', path = ''] = line.split(' ');
    const answer = await api.request(method, path, { token: one.token });
    expect(`${line}: ${answer.status}`).toBe(`${line}: 200`);
    expect(answer.text).not.toContain(TOKEN);
    expect(answer.text).not.toContain(one.secret);
  }
});

it("is an admin's business, and nobody's of another tenant", async () => {
  const one = await connected();
  const manager = await api.token(one.tenantId, 'release-manager');
  const stranger = await api.tenant('Other');
  const theirs = one.hook.replace(one.tenantId, stranger.tenantId);

  for (const method of ['POST', 'DELETE']) {
    expect((await api.request(method, one.hook, { token: manager })).status).toBe(403);
    expect((await api.request(method, theirs, { token: stranger.token })).status).toBe(404);
    expect((await api.request(method, one.hook, { token: stranger.token })).status).toBe(404);
  }
  expect((await api.request('GET', theirs, { token: stranger.token })).status).toBe(404);
  expect(one.told('POST')).toEqual([]);
});
