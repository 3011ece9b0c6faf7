import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';

/** Where and how services run, checked against what their drivers declare. */

let api: ApiHarness;
let root: string;
let tenant: { tenantId: string; token: string; accountId: string };
let environmentId: string;
let serviceId: string;
let runner: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'signalbox-targets-'));
  api = await startApi({ localRoot: root });
  tenant = await api.tenant();
  const appId = (await call('POST', 'apps', { name: 'shop' })).body.id;
  serviceId = (await call('POST', 'services', { appId, name: 'api', kind: 'backend' })).body.id;
  environmentId = (await call('POST', 'environments', { name: 'staging', tier: 'staging' })).body.id;
  const connected = await call('POST', 'integrations/deployment', { provider: 'local-runner', displayName: 'Here', credentials: {} });
  expect(connected.status, connected.text).toBe(201);
  runner = connected.body.id;
});
afterAll(async () => {
  await api?.close();
  await rm(root, { recursive: true, force: true });
});

const call = (method: string, path: string, body?: unknown) =>
  api.request(method, `/api/v1/tenants/${tenant.tenantId}/${path}`, { token: tenant.token, ...(body === undefined ? {} : { body }) });
const put = (changes: object = {}) =>
  call('PUT', `environments/${environmentId}/targets/${serviceId}`, {
    deploy: { integrationId: runner, config: { command: ['node', 'server.mjs'] } },
    strategy: 'rolling',
    ...changes,
  });
const errors = (answer: { body: { errors: { field: string; message: string }[] } }) => answer.body.errors.map(({ field }) => field);

describe('a target', () => {
  it('is kept whole, with what it leaves to the defaults, and found again', async () => {
    const written = await put({ health: [{ kind: 'tcp' }] });
    const same = await put({ health: [{ kind: 'tcp' }] });

    expect(written.status, written.text).toBe(200);
    expect(written.body).toMatchObject({
      ...{ environmentId, serviceId, strategy: { kind: 'rolling' }, traffic: null },
      deploy: { integrationId: runner, replicas: 1, readyWithinMs: 300_000 },
      health: [{ kind: 'tcp', successes: 3 }],
    });
    expect(same.body).toEqual(written.body);
    expect((await call('GET', `environments/${environmentId}/targets`)).body.items).toEqual([written.body]);
  });

  it('names everything wrong with it at once, as its drivers say', async () => {
    const answer = await put({ deploy: { integrationId: runner, config: { command: [], host: 'not a host' } }, strategy: 'canary10/5m' });

    expect(answer.status).toBe(422);
    expect(errors(answer)).toEqual(['/deploy/config/command', '/deploy/config/host', '/strategy/kind']);
  });

  it('is refused when a connection is not there, or cannot do what is asked of it', async () => {
    const unknown = await put({ deploy: { integrationId: environmentId, config: { command: ['a'] } } });
    const unable = await put({ traffic: { integrationId: runner, config: {} } });

    expect(errors(unknown)).toEqual(['/deploy/integrationId']);
    expect(unable.body.errors).toEqual([{ field: '/traffic/integrationId', message: 'Local runner does not share traffic' }]);
  });

  it('is refused when a pattern of a variable could not be held against any value', async () => {
    const answer = await put({
      requiredVariables: [
        { name: 'FINE', pattern: '(a+)+' },
        { name: 'URL', pattern: '(?=https).*' },
      ],
    });

    expect(answer.status).toBe(422);
    expect(errors(answer)).toEqual(['/requiredVariables/1/pattern']);
  });

  it('keeps its connection from being deleted', async () => {
    await put();
    const refused = await call('DELETE', `integrations/deployment/${runner}`);

    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('api in staging')]);
  });

  it('can be taken away', async () => {
    await put();

    expect((await call('DELETE', `environments/${environmentId}/targets/${serviceId}`)).status).toBe(204);
    expect((await call('DELETE', `environments/${environmentId}/targets/${serviceId}`)).status).toBe(404);
    expect(
      (
        await call('PUT', `environments/${serviceId}/targets/${serviceId}`, {
          deploy: { integrationId: runner, config: { command: ['a'] } },
          strategy: 'rolling',
        })
      ).status,
    ).toBe(404);
  });
});
