import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMondayFake, type MondayFake } from '../fakes/monday/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let monday: MondayFake;
let path: string;

beforeAll(async () => {
  [api, monday] = await Promise.all([startApi(), createMondayFake()]);
  monday.world.addUser({ name: 'Release Bot', token: 'token-of-the-challenge-test' });
  const { tenantId, token } = await api.tenant();
  const created = await api.request('POST', `/api/v1/tenants/${tenantId}/integrations/project-management`, {
    token,
    body: {
      provider: 'monday',
      displayName: 'boards',
      baseUrl: monday.origin,
      credentials: { apiToken: 'token-of-the-challenge-test' },
      settings: {},
    },
  });
  path = `/api/v1/webhooks/monday/${created.body.id}`;
});
afterAll(() => Promise.all([api.close(), monday.close()]));

const send = (to: string, body: unknown) =>
  api.request('POST', to, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

it('answers a provider that asks unsigned whether the address is ours with JSON, and stores nothing', async () => {
  const answer = await send(path, { challenge: 'YQIn0dCoBu2zspb4' });

  expect(answer).toMatchObject({ status: 200, body: { challenge: 'YQIn0dCoBu2zspb4' } });
  expect(await api.db.rows('SELECT id FROM webhook_events', [])).toEqual([]);
});

it('answers no question at an address that is nobody’s, and takes no unsigned event for a question', async () => {
  const nobody = await send('/api/v1/webhooks/monday/01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', { challenge: 'abc' });
  const event = await send(path, { challenge: 'abc', event: { type: 'update_column_value', pulseId: 1 } });

  expect([nobody.status, event.status]).toEqual([404, 401]);
});
