import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGooglePlayFake, type GooglePlayFake } from '../fakes/google-play/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let play: GooglePlayFake;
let hook: { path: string; secret: string };

beforeAll(async () => {
  [api, play] = await Promise.all([startApi(), createGooglePlayFake()]);
  const { tenantId, token } = await api.tenant();
  const created = await api.request('POST', `/api/v1/tenants/${tenantId}/integrations/store`, {
    token,
    body: {
      provider: 'google-play',
      displayName: 'Play',
      baseUrl: play.origin,
      credentials: { serviceAccount: play.addAccount('releases@acme.iam.gserviceaccount.com').keyFile },
      settings: {},
    },
  });
  hook = { path: `/api/v1/webhooks/google-play/${created.body.id}`, secret: created.body.webhookSecret };
});
afterAll(() => Promise.all([api.close(), play.close()]));

const push = (query: string, messageId: string) => {
  const data = Buffer.from(JSON.stringify({ packageName: 'com.example.app', subscriptionNotification: {} })).toString('base64');
  const body = JSON.stringify({ message: { data, messageId }, subscription: 's' });
  return api.request('POST', `${hook.path}${query}`, { body, headers: { 'content-type': 'application/json' } });
};

it('takes a webhook whose secret is a parameter of the address, and keeps the secret nowhere', async () => {
  const answer = await push(`?token=${encodeURIComponent(hook.secret)}`, 'm-1');

  const rows = await api.db.rows<{ deliveryId: string }>(
    'SELECT *, delivery_id AS deliveryId, CONVERT(body USING utf8mb4) AS text FROM webhook_events',
    [],
  );
  expect(answer.status).toBe(202);
  expect(hook.secret.length).toBeGreaterThan(10);
  expect(rows.map(({ deliveryId }) => deliveryId)).toEqual(['m-1']);
  expect(JSON.stringify(rows)).not.toContain(hook.secret);
  expect(api.logged()).not.toContain(hook.secret);
});

it('refuses one without the secret, or with another', async () => {
  const answers = [await push('', 'm-2'), await push('?token=', 'm-3'), await push('?token=whsec-wrong', 'm-4')];

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
});
