import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let github: GithubFake;
let hook: { tenantId: string; token: string; id: string; secret: string };

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
  github.world.addRepository({ owner: 'acme', repo: 'app', tokens: ['ghp_token-of-the-webhook-test'] });
  const { tenantId, token } = await api.tenant();
  const created = await api.request('POST', `/api/v1/tenants/${tenantId}/integrations/scm`, {
    token,
    body: {
      provider: 'github',
      displayName: 'app',
      baseUrl: github.origin,
      credentials: { token: 'ghp_token-of-the-webhook-test' },
      settings: { owner: 'acme', repo: 'app' },
    },
  });
  hook = { tenantId, token, id: created.body.id, secret: created.body.webhookSecret };
});
afterAll(() => Promise.all([api.close(), github.close()]));

let deliveries = 0;

function send(body: string | Uint8Array, more: { id?: string; secret?: string; headers?: Record<string, string> } = {}) {
  deliveries += 1;
  const signature = createHmac('sha256', more.secret ?? hook.secret)
    .update(body)
    .digest('hex');
  return api.request('POST', `/api/v1/webhooks/github/${more.id ?? hook.id}`, {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': `delivery-${deliveries}`,
      'x-hub-signature-256': `sha256=${signature}`,
      ...more.headers,
    },
  });
}
const stored = (deliveryId: string) =>
  api.db.rows<{ id: string; body: Buffer; headers: unknown; status: string }>('SELECT * FROM webhook_events WHERE delivery_id = ?', [
    deliveryId,
  ]);

it('stores a signed webhook byte for byte before it answers 202, and rings', async () => {
  const body = '{"ref":"refs/heads/main",  "ünicode": "✓"}';
  api.rung.length = 0;

  const answer = await send(body);

  expect(answer.status).toBe(202);
  const [row] = await stored(`delivery-${deliveries}`);
  expect(row?.body.toString('utf8')).toBe(body);
  expect(row?.status).toBe('PENDING');
  expect(api.rung).toEqual([{ kind: 'webhook', queue: 'webhooks', id: answer.body.id, fence: 0, tenantId: hook.tenantId }]);
});

it('answers a repeated delivery 200 and stores nothing more', async () => {
  const headers = { 'x-github-delivery': 'again' };

  const [first, second] = [await send('{}', { headers }), await send('{}', { headers })];

  expect([first.status, second.status]).toEqual([202, 200]);
  expect(second.body).toEqual({ duplicate: true });
  expect(await stored('again')).toHaveLength(1);
});

it('refuses a wrong, an absent and an altered signature with 401 and stores nothing', async () => {
  const wrong = await send('{"a":1}', { secret: 'another secret', headers: { 'x-github-delivery': 'forged' } });
  const absent = await send('{"a":1}', { headers: { 'x-github-delivery': 'forged', 'x-hub-signature-256': '' } });
  const digest = createHmac('sha256', hook.secret).update('{"a":1}').digest('hex');
  const altered = await send('{"a":2}', { headers: { 'x-github-delivery': 'forged', 'x-hub-signature-256': `sha256=${digest}` } });

  expect([wrong.status, absent.status, altered.status]).toEqual([401, 401, 401]);
  expect(await stored('forged')).toEqual([]);
});

it('answers 404 for an unknown integration, an unknown provider, one of another provider, and one that takes no webhooks', async () => {
  expect((await send('{}', { id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z' })).status).toBe(404);
  expect((await send('{}', { id: 'not-an-id' })).status).toBe(404);
  expect((await api.request('POST', `/api/v1/webhooks/nonsense/${hook.id}`, { body: '{}' })).status).toBe(404);
  expect((await api.request('POST', `/api/v1/webhooks/jira/${hook.id}`, { body: '{}' })).status).toBe(404);
  const path = `/api/v1/tenants/${hook.tenantId}/integrations/scm/${hook.id}`;
  await api.request('PATCH', path, { token: hook.token, body: { webhookEnabled: false } });
  expect((await send('{}')).status).toBe(404);
  await api.request('PATCH', path, { token: hook.token, body: { webhookEnabled: true } });
});

it('stores events nobody waits for, bodies that are no JSON, and bodies up to 5 MiB; more is 413', async () => {
  expect((await send('{}', { headers: { 'x-github-event': 'star' } })).status).toBe(202);
  expect((await send('\u0000 not json', { headers: { 'x-github-event': 'x'.repeat(300) } })).status).toBe(202);
  expect((await send(Buffer.alloc(5 * 1024 * 1024, 'a'))).status).toBe(202);
  expect((await send(Buffer.alloc(5 * 1024 * 1024 + 1, 'a'))).status).toBe(413);
});

it('keeps no header that may hold a secret', async () => {
  await send('{}', {
    headers: { 'x-github-delivery': 'secretive', authorization: 'Bearer hidden-1', 'x-gitlab-token': 'hidden-2', cookie: 'hidden-3' },
  });

  expect(JSON.stringify((await stored('secretive'))[0]?.headers)).not.toContain('hidden');
});

it('lists webhooks to admins without their bodies, and replays one that was read', async () => {
  const sent = await send('{"secret":"of a user"}');
  const path = `/api/v1/tenants/${hook.tenantId}/webhook-events`;
  const replay = `${path}/${sent.body.id}/replay`;

  const listed = await api.request('GET', `${path}?integrationId=${hook.id}&limit=1`, { token: hook.token });

  expect(listed.body.items[0]).toMatchObject({ id: sent.body.id, event: 'push', status: 'PENDING' });
  expect(listed.text).not.toContain('of a user');
  expect((await api.request('POST', replay, { token: hook.token })).status).toBe(409);
  await api.db.run(`UPDATE webhook_events SET status = 'DONE', run_at = NULL, settled_at = UTC_TIMESTAMP(3), fence = 2 WHERE id = ?`, [
    sent.body.id,
  ]);
  api.rung.length = 0;
  expect((await api.request('POST', replay, { token: hook.token })).status).toBe(202);
  expect(api.rung).toEqual([{ kind: 'webhook', queue: 'webhooks', id: sent.body.id, fence: 3, tenantId: hook.tenantId }]);
  const viewer = await api.token(hook.tenantId, 'viewer');
  expect((await api.request('GET', path, { token: viewer })).status).toBe(403);
  const stranger = await api.tenant();
  const foreign = `/api/v1/tenants/${stranger.tenantId}/webhook-events/${sent.body.id}/replay`;
  expect((await api.request('POST', foreign, { token: stranger.token })).status).toBe(404);
});

it("answers a provider's question whether the address is ours, once the signature is right", async () => {
  const created = await api.request('POST', `/api/v1/tenants/${hook.tenantId}/integrations/communication?verify=false`, {
    token: hook.token,
    body: { provider: 'slack', displayName: 'chat', credentials: { botToken: 'xoxb-of-the-webhook-test' } },
  });
  const ask = (secret: string) => {
    const body = JSON.stringify({ type: 'url_verification', challenge: 'say-this' });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    const headers = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` };
    return api.request('POST', `/api/v1/webhooks/slack/${created.body.id}`, { body, headers });
  };

  const [answer, forged] = [await ask(created.body.webhookSecret), await ask('not the secret')];

  expect([answer.status, answer.text]).toEqual([200, 'say-this']);
  expect(forged.status).toBe(401);
});
