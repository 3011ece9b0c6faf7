import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { writeDelivery } from '../../src/engine/write-delivery.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { type DeploymentTenant, seedTenant } from '../data/deployment-tenant.ts';
import { MemoryDrivers } from '../fakes/deployment/memory-drivers.ts';
import { createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld } from './messages-world.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;
let tenant: DeploymentTenant;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await messagesWorld(api, slack);
  tenant = await seedTenant(api.db);
  for (const table of ['tenant_comm_channels', 'tenant_comm_integrations']) {
    await api.db.run(`UPDATE ${table} SET tenant_id = ? WHERE tenant_id = ?`, [tenant.tenantId, world.tenantId]);
  }
});
afterEach(() =>
  Promise.all(['DEPLOYMENT_STATUS', 'DEPLOYMENT_APPROVAL_REMINDER'].map((type) => call('DELETE', `notification-templates/${type}`))),
);
afterAll(async () => void (await Promise.all([api?.close(), slack?.close()])));

let made = 0;
async function created() {
  made += 1;
  const environmentId = await tenant.environment(`staging ${made}`, { commsConfigId: world.ids.comms });
  const service = await tenant.service(`api-${made}`, [environmentId]);
  const artifactId = await tenant.artifact(service, '1.0.0');
  const { db, ring, keyring } = api.deps;
  const deps = { db, ring, keyring, connector: new MemoryDrivers().connector as Connector };
  const { id } = await createDeployment(deps, tenant.caller, {
    ...{ environmentId, appId: tenant.appId, services: [service], artifacts: [{ serviceId: service, artifactId }] },
  });
  return { id, cancel: () => cancelDeployment(deps, tenant.caller, id, { reason: 'wrong version' }) };
}

async function send(deploymentId: string): Promise<void> {
  const rows = await api.db.rows<{ id: string }>("SELECT id FROM deliveries WHERE subject_id = ? AND status = 'PENDING' ORDER BY id", [
    deploymentId,
  ]);
  for (const row of rows) await world.send(row);
}

const call = async (method: string, path: string, body?: unknown) =>
  api.request(method, `/api/v1/tenants/${tenant.tenantId}/${path}`, { token: await api.token(tenant.tenantId, 'admin'), body });
const words = (type: string, body: object) => call('PUT', `notification-templates/${type}`, body);

/** As a gate does that has waited for some time. */
async function remind(deploymentId: string): Promise<void> {
  const data = { missing: '0 of 1 approval', since: '2025-06-02T09:30:00.000Z', number: 3 };
  const type = 'DEPLOYMENT_APPROVAL_REMINDER';
  await writeDelivery(api.db, { tenantId: tenant.tenantId, subjectId: deploymentId, type, data, dedupeKey: null });
}

it('shows in the chat how a deployment stands, in one message that is changed in place', async () => {
  const { id, cancel } = await created();
  await send(id);
  const before = world.shown().map(readable);
  await cancel();
  await send(id);
  const after = world.shown();

  expect(before).toEqual([expect.stringContaining('deployment of shop to staging 1: PENDING')]);
  expect(after.filter(({ text }) => text.includes('deployment of shop to staging 1:')).map(readable)).toEqual([
    expect.stringContaining('deployment of shop to staging 1: ROLLING_BACK'),
  ]);
});

it('tells of deployments in the words of the tenant', async () => {
  await words('DEPLOYMENT_STATUS', {
    headline: '{{deployment.app}} is {{deployment.status}} <!channel>',
    body: 'To {{deployment.environment}}',
  });
  await words('DEPLOYMENT_APPROVAL_REMINDER', {
    headline: 'Please look, for the {{number}}rd time',
    body: '{{missing}} since {{since}}{{#deployment.services}}; {{name}} {{to}}{{/deployment.services}}',
  });

  const { id, cancel } = await created();
  await remind(id);
  await send(id);
  const [status, reminder] = structuredClone(world.shown().slice(-2));
  await cancel();
  await send(id);
  const [changed] = world.shown().slice(-2);

  expect(status?.text).toBe('shop is PENDING &lt;!channel&gt;');
  expect(status === undefined ? '' : readable(status)).toMatch(/To staging \d+[\s\S]*DEP-\d+/);
  expect(JSON.stringify(status?.blocks)).not.toContain('<!channel>');
  expect(reminder?.text).toBe('Please look, for the 3rd time');
  expect(reminder === undefined ? '' : readable(reminder)).toMatch(/0 of 1 approval since 2025-06-02 09:30 UTC; api-\d+ 1\.0\.0/);
  expect(changed?.text).toContain('shop is ROLLING_BACK');
});

it('tells nobody of deployments what the tenant switched off, and says so', async () => {
  for (const type of ['DEPLOYMENT_STATUS', 'DEPLOYMENT_APPROVAL_REMINDER']) await words(type, { isEnabled: false });
  const shownBefore = world.shown().length;

  const { id } = await created();
  await remind(id);
  await send(id);
  const { body } = await call('GET', 'deliveries?type=DEPLOYMENT_APPROVAL_REMINDER');
  const rows = await api.db.rows<{ type: string; status: string; failure: unknown }>(
    'SELECT type, status, failure FROM deliveries WHERE subject_id = ? ORDER BY type',
    [id],
  );

  expect(world.shown()).toHaveLength(shownBefore);
  expect(rows).toMatchObject([
    { type: 'DEPLOYMENT_APPROVAL_REMINDER', status: 'SKIPPED' },
    { type: 'DEPLOYMENT_STATUS', status: 'SKIPPED' },
  ]);
  for (const { failure } of rows) expect(JSON.stringify(failure)).toContain('switched');
  expect(body.items[0]).toMatchObject({ type: 'DEPLOYMENT_APPROVAL_REMINDER', status: 'SKIPPED' });
});

it('tells what happens to a deployment as it happens, and nobody else of it', async () => {
  const { id } = await created();
  const [token, stranger] = [await api.token(tenant.tenantId, 'viewer'), await api.tenant()];
  const headers = { accept: 'application/json' };
  const events = `/deployments/${id}/events`;

  const told = await api.request('GET', `/api/v1/tenants/${tenant.tenantId}${events}`, { token, headers });
  const elsewhere = await api.request('GET', `/api/v1/tenants/${stranger.tenantId}${events}`, { token: stranger.token, headers });

  expect(told.status).toBe(200);
  expect(told.body.items[0]).toMatchObject({ type: 'deployment.create', data: { scopeId: id } });
  expect(elsewhere.status).toBe(404);
});
