import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connector } from '../../src/services/connections/connect.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { type DeploymentTenant, seedTenant } from '../data/deployment-tenant.ts';
import { MemoryDrivers } from '../fakes/deployment/memory-drivers.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let tenant: DeploymentTenant;
let token: string;
let service: string;
let environmentId: string;
let artifactId: string;

const path = (rest = '', tenantId = tenant.tenantId) => `/api/v1/tenants/${tenantId}/deployments${rest}`;
const ask = (method: string, rest: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.request(method, path(rest), { token, headers, ...(body === undefined ? {} : { body }) });

beforeAll(async () => {
  api = await startApi();
  tenant = await seedTenant(api.db);
  token = await api.token(tenant.tenantId, 'release-manager');
  environmentId = await tenant.environment('staging');
  service = await tenant.service('api', [environmentId]);
  artifactId = await tenant.artifact(service, '1.0.0');
});
afterAll(() => api?.close());

/** The drivers of the API's own process are real: there is none here, so it is made with those in memory. */
async function deployment(): Promise<string> {
  const { db, ring, keyring } = api.deps;
  const connector = new MemoryDrivers().connector as Connector;
  const { id } = await createDeployment({ db, ring, keyring, connector }, tenant.caller, {
    ...{ environmentId, appId: tenant.appId, artifacts: [{ serviceId: service, artifactId }], reason: 'the first' },
  });
  return id;
}

async function free(id: string): Promise<void> {
  await api.db.run('DELETE FROM deployment_locks WHERE deployment_id = ?', [id]);
}

it('shows a deployment, what it waits for, its tasks and its history, and lists it', async () => {
  const id = await deployment();

  const shown = await ask('GET', `/${id}`);
  const [why, tasks, history, list] = await Promise.all(
    ['/why', '/tasks', '/history']
      .map((rest) => ask('GET', `/${id}${rest}`))
      .concat(ask('GET', `?environmentId=${environmentId}&status=PENDING`)),
  );

  expect(shown).toMatchObject({
    status: 200,
    body: {
      id,
      kind: 'DEPLOY',
      status: 'PENDING',
      reason: 'the first',
      services: [{ name: 'api', to: { version: '1.0.0' }, from: null }],
      layers: [['api']],
    },
  });
  expect(why).toMatchObject({ status: 200, body: { status: 'PENDING', summary: 'CHECK_PREFLIGHT is under way' } });
  expect(tasks?.body.items).toMatchObject([{ key: 'CHECK_PREFLIGHT', stage: 'PREFLIGHT', status: 'READY' }]);
  expect(history?.body.items.at(-1)).toMatchObject({ entityType: 'deployment', action: 'CREATE', by: { displayName: 'Ada' } });
  expect(list?.body.items).toMatchObject([{ id }]);
  await free(id);
});

it('is paused, resumed and cancelled; a repeated request is answered again, and a cancellation is one wish', async () => {
  const id = await deployment();
  const key = { 'idempotency-key': 'cancel-once' };

  expect((await ask('POST', `/${id}/pause`, { reason: 'lunch' })).body).toMatchObject({
    status: 'PAUSED',
    holds: [{ reason: 'USER_REQUESTED', note: 'lunch' }],
  });
  expect((await ask('POST', `/${id}/resume`)).body).toMatchObject({ holds: [] });
  const cancelled = await ask('POST', `/${id}/cancel`, { reason: 'wrong version', withinMs: 60_000 }, key);
  const again = await ask('POST', `/${id}/cancel`, { reason: 'wrong version', withinMs: 60_000 }, key);

  expect(cancelled).toMatchObject({ status: 200, body: { status: 'ROLLING_BACK', cancellation: { reason: 'wrong version' } } });
  expect(again.body).toEqual(cancelled.body);
  await free(id);
});

it('says everything that is wrong with a request, each with its field', async () => {
  const body = { environmentId, appId: tenant.appId, artifacts: [{ serviceId: service, artifactId: service }] };

  const created = await ask('POST', '?dryRun=true', body);
  const malformed = await ask('POST', '', { ...body, scope: 'some', commit: 'main' });

  expect(created.status).toBe(422);
  expect(created.body.errors.map((problem: { field: string }) => problem.field)).toEqual(
    expect.arrayContaining(['/artifacts', '/environmentId']),
  );
  expect(malformed.status).toBe(422);
  expect(malformed.body.errors.map((problem: { field: string }) => problem.field).sort()).toEqual(['/commit', '/scope']);
});

it('refuses what does not fit how it stands', async () => {
  const id = await deployment();

  expect((await ask('POST', `/${id}/acknowledge`, { reason: 'seen to' })).status).toBe(409);
  expect((await ask('POST', `/${id}/approve`)).status).toBe(409);
  const [task] = (await ask('GET', `/${id}/tasks`)).body.items;
  expect((await ask('POST', `/${id}/tasks/${task.id}/retry`)).status).toBe(409);
  expect((await ask('POST', `/${id}/tasks/${task.id}/skip`, { reason: 'in a hurry' })).status).toBe(409);
  expect((await ask('POST', `/${id}/tasks/${service}/retry`)).status).toBe(404);
  await free(id);
});

it('lets those who only read see it and do nothing, and strangers not even that', async () => {
  const id = await deployment();
  const viewer = await api.token(tenant.tenantId, 'viewer');
  const stranger = await api.tenant();
  const commands: [string, unknown][] = [
    ['/cancel', { reason: 'because' }],
    ['/rollback', { reason: 'because' }],
    ['/pause', {}],
    ['/approve', {}],
    ['/acknowledge', { reason: 'because' }],
  ];

  expect((await api.request('GET', path(`/${id}`), { token: viewer })).status).toBe(200);
  for (const [command, body] of commands) {
    expect((await api.request('POST', path(`/${id}${command}`), { token: viewer, body })).status, command).toBe(403);
    const foreign = path(`/${id}${command}`, stranger.tenantId);
    expect((await api.request('POST', foreign, { token: stranger.token, body })).status, command).toBe(404);
  }
  expect((await api.request('POST', path(), { token: viewer, body: { environmentId, appId: tenant.appId } })).status).toBe(403);
  await free(id);
});
