import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AsanaFake, createAsanaFake } from '../fakes/asana/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Asana makes the secret of a hook itself, and calls the address while the hook is being made. */

let api: ApiHarness;
let asana: AsanaFake;
let accounts = 0;

beforeAll(async () => {
  api = await startApi();
  asana = await createAsanaFake({
    async handshake(target, secret) {
      const answer = await post(new URL(target).pathname, '', { 'x-hook-secret': secret });
      return answer.status === 200 && answer.headers.get('x-hook-secret') === secret;
    },
  });
});
afterAll(() => Promise.all([api.close(), asana.close()]));

const post = (path: string, body: string, headers: Record<string, string>) => api.request('POST', path, { body, headers });

async function connected() {
  accounts += 1;
  const token = `2/1200000000000/${accounts}:secret-of-the-handshake-test`;
  const { world } = asana;
  const workspace = world.addWorkspace('Acme');
  world.addAccount({ token, name: 'Bot', workspaces: [workspace] });
  const project = world.addProject({ workspace, name: 'App' });
  const tenant = await api.tenant();
  const collection = `/api/v1/tenants/${tenant.tenantId}/integrations/project-management`;
  const { body } = await api.request('POST', `${collection}?verify=false`, {
    token: tenant.token,
    body: {
      ...{ provider: 'asana', displayName: 'Asana', baseUrl: asana.baseUrl },
      ...{ credentials: { kind: 'token', token }, settings: { project: project.gid } },
    },
  });
  const address = `/api/v1/webhooks/asana/${body.id}`;
  return {
    address,
    hook: `${collection}/${body.id}/webhook`,
    token: tenant.token,
    ours: body.webhookSecret as string,
    theirs: () => world.hooks.find(({ target }) => target.endsWith(address))?.secret ?? '',
    deliver(secret: string, gid: string) {
      const text = JSON.stringify({
        events: [{ action: 'changed', resource: { gid, resource_type: 'task' }, change: { field: 'completed' } }],
      });
      return post(address, text, { 'x-hook-signature': createHmac('sha256', secret).update(text).digest('hex') });
    },
  };
}

it('a hook that is set up answers its handshake, and from then on the secret of the provider is the one that counts', async () => {
  const one = await connected();

  const registered = await api.request('POST', one.hook, { token: one.token });

  expect(registered.body).toMatchObject({ registered: true });
  expect((await one.deliver(one.theirs(), '1')).status).toBe(202);
  expect((await one.deliver(one.ours, '2')).status).toBe(401);
  expect(registered.text).not.toContain(one.theirs());
  expect(api.logged()).not.toContain(one.theirs());
});

it('a hook that was taken down is set up again, with another secret', async () => {
  const one = await connected();
  await api.request('POST', one.hook, { token: one.token });
  const former = one.theirs();
  await api.request('DELETE', one.hook, { token: one.token });
  const whileDown = await one.deliver(former, '1');

  const again = await api.request('POST', one.hook, { token: one.token });

  expect(whileDown.status).toBe(404);
  expect(again.body).toMatchObject({ registered: true });
  expect((await one.deliver(one.theirs(), '2')).status).toBe(202);
  expect((await one.deliver(former, '3')).status).toBe(401);
});

it('a handshake of somebody else is answered and changes nothing', async () => {
  const one = await connected();
  await api.request('POST', one.hook, { token: one.token });

  const answer = await post(one.address, '', { 'x-hook-secret': 'planted-by-somebody' });

  expect([answer.status, answer.headers.get('x-hook-secret')]).toEqual([200, 'planted-by-somebody']);
  expect((await one.deliver('planted-by-somebody', '1')).status).toBe(401);
  expect((await one.deliver(one.theirs(), '2')).status).toBe(202);
});

it('a handshake at an address that is nobody’s is not answered', async () => {
  const answer = await post('/api/v1/webhooks/asana/01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', '', { 'x-hook-secret': 'planted-by-somebody' });

  expect(answer.status).toBe(404);
  expect(answer.headers.get('x-hook-secret')).toBeNull();
});
