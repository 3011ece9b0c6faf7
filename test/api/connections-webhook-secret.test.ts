import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClickupFake, createClickupFake } from '../fakes/clickup/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Webhooks of a provider that makes the secret itself. */

const TOKEN = 'pk_1_A-VERY-SECRET-TOKEN';
let api: ApiHarness;
let clickup: ClickupFake;

beforeAll(async () => {
  [api, clickup] = await Promise.all([startApi(), createClickupFake()]);
});
afterAll(() => Promise.all([api.close(), clickup.close()]));

async function connected() {
  const { world } = clickup;
  const bot = world.addUser({ username: 'Release Bot', token: `${TOKEN}-${world.users.size}` });
  const team = world.addTeam('Acme', [[bot, 3]]);
  world.addSpace(team, 'Mobile');
  const tenant = await api.tenant();
  const collection = `/api/v1/tenants/${tenant.tenantId}/integrations/project-management`;
  const body = {
    ...{ provider: 'clickup', displayName: 'Acme', baseUrl: `${clickup.origin}/api/v2` },
    ...{ credentials: { token: bot.token }, settings: {} },
  };
  const { body: created } = await api.request('POST', collection, { token: tenant.token, body });
  return {
    ...tenant,
    path: `${collection}/${created.id}`,
    madeByUs: created.webhookSecret as string,
    hooks: () => [...world.hooks.values()].filter((hook) => hook.team === team),
    deliver: (secret: string) => {
      const event = JSON.stringify({ event: 'taskUpdated', task_id: '86x', webhook_id: 'w', history_items: [{ id: secret.slice(-6) }] });
      const signature = createHmac('sha256', secret).update(event).digest('hex');
      const headers = { 'content-type': 'application/json', 'x-signature': signature };
      return api.request('POST', `/api/v1/webhooks/clickup/${created.id}`, { body: event, headers });
    },
  };
}

it('what ClickUp signs with is taken from then on, and told to nobody', async () => {
  const one = await connected();

  const answer = await api.request('POST', `${one.path}/webhook`, { token: one.token });
  const [hook] = one.hooks();
  const secret = hook?.secret ?? '';

  expect(answer.body).toEqual(expect.objectContaining({ registered: true, hook: { id: hook?.id, url: null } }));
  expect((await one.deliver(secret)).status).toBeLessThan(300);
  expect((await one.deliver(one.madeByUs)).status).toBeGreaterThanOrEqual(400);
  expect(answer.text).not.toContain(secret);
  expect(api.logged()).not.toContain(secret);
});

it('registering again, and two at once, keep webhook and secret', async () => {
  const one = await connected();
  await api.request('POST', `${one.path}/webhook`, { token: one.token });
  const before = one.hooks();

  await Promise.all([1, 2].map(() => api.request('POST', `${one.path}/webhook`, { token: one.token })));

  expect(one.hooks()).toEqual(before);
  expect((await one.deliver(before[0]?.secret ?? '')).status).toBeLessThan(300);
});

it('a rotated secret makes ClickUp sign with a new one, which is taken', async () => {
  const one = await connected();
  await api.request('POST', `${one.path}/webhook`, { token: one.token });
  const old = one.hooks()[0]?.secret ?? '';

  await api.request('PATCH', one.path, { token: one.token, body: { rotateWebhookSecret: true } });
  await api.request('POST', `${one.path}/webhook`, { token: one.token });

  const [hook, ...more] = one.hooks();
  expect(more).toEqual([]);
  expect(hook?.secret).not.toBe(old);
  expect((await one.deliver(hook?.secret ?? '')).status).toBeLessThan(300);
  expect((await one.deliver(old)).status).toBeGreaterThanOrEqual(400);
});
