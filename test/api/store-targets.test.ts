import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ascSetup, CREDENTIALS } from '../contracts/app-store-connect-harness.ts';
import { APP, playSetup } from '../contracts/google-play-harness.ts';
import { bundleFile } from '../fakes/google-play/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Services that reach their users through stores: where they may live, checked against what their stores declare. */

let api: ApiHarness;
let root: string;
let tenant: { tenantId: string; token: string };
let play: Awaited<ReturnType<typeof playSetup>>;
let apple: Awaited<ReturnType<typeof ascSetup>>;
const ids: Record<'app' | 'android' | 'ios' | 'backend' | 'track' | 'infra' | 'play' | 'apple' | 'runner', string> = {
  ...{ app: '', android: '', ios: '', backend: '', track: '', infra: '', play: '', apple: '', runner: '' },
};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'signalbox-store-targets-'));
  [api, play, apple] = await Promise.all([startApi({ localRoot: root }), playSetup(), ascSetup()]);
  tenant = await api.tenant();
  const make = async (path: string, body: object) => {
    const made = await call('POST', path, body);
    expect(made.status, made.text).toBe(201);
    return made.body.id as string;
  };
  ids.app = await make('apps', { name: 'shop' });
  for (const kind of ['android', 'ios', 'backend'] as const) ids[kind] = await make('services', { appId: ids.app, name: kind, kind });
  ids.track = await make('environments', { name: 'production', tier: 'staging', kind: 'store-track' });
  ids.infra = await make('environments', { name: 'servers', tier: 'staging' });
  const store = { provider: 'google-play', displayName: 'Play', baseUrl: play.fake.origin };
  ids.play = await make('integrations/store', { ...store, credentials: { serviceAccount: play.account.keyFile } });
  const connect = { provider: 'app-store-connect', displayName: 'Apple', baseUrl: apple.fake.origin };
  ids.apple = await make('integrations/store', { ...connect, credentials: CREDENTIALS });
  ids.runner = await make('integrations/deployment', { provider: 'local-runner', displayName: 'Here', credentials: {} });
});
afterAll(async () => {
  await Promise.all([api?.close(), play?.fake.close(), apple?.fake.close()]);
  await rm(root, { recursive: true, force: true });
});

const call = (method: string, path: string, body?: unknown) =>
  api.request(method, `/api/v1/tenants/${tenant.tenantId}/${path}`, { token: tenant.token, ...(body === undefined ? {} : { body }) });
const put = (service: 'android' | 'ios' | 'backend', body: unknown, environment: 'track' | 'infra' = 'track') =>
  call('PUT', `environments/${ids[environment]}/targets/${ids[service]}`, body);
const onPlay = (changes: object = {}) => ({ store: { integrationId: ids.play, appId: APP, rollout: 'play', ...changes } });
const onApple = (changes: object = {}) => ({ store: { integrationId: ids.apple, appId: APP, rollout: 'app-store', ...changes } });
const driven = () => ({ deploy: { integrationId: ids.runner, config: { command: ['node', 'server.mjs'] } }, strategy: 'rolling' });
const errors = (answer: { status: number; body: { errors: { field: string; message: string }[] } }) => {
  expect(answer.status).toBe(422);
  return answer.body.errors.map(({ field }) => field);
};

describe('a target in a store track', () => {
  it('names connection, app and track, and writes its preset out', async () => {
    const android = await put('android', onPlay());
    const ios = await put('ios', onApple());

    expect(android.status, android.text).toBe(200);
    expect(android.body).toMatchObject({
      ...{ environmentId: ids.track, serviceId: ids.android },
      store: { integrationId: ids.play, appId: APP, track: 'production', updatePriority: null, rollout: { kind: 'staged' } },
    });
    expect(android.body.store.rollout.steps.map(({ percent }: { percent: number }) => percent)).toEqual([1, 5, 10, 25, 50, 100]);
    expect(ios.body.store.rollout).toEqual({ kind: 'phased' });
    const listed = (await call('GET', `environments/${ids.track}/targets`)).body.items;
    expect(listed.map(({ serviceId }: { serviceId: string }) => serviceId).sort()).toEqual([ids.android, ids.ios].sort());
  });

  it('tells the names of rollouts when given another', async () => {
    const answer = await put('android', onPlay({ rollout: 'fast' }));

    expect(answer.body.errors).toEqual([{ field: '/store/rollout', message: expect.stringMatching(/^must be one of .*play.*app-store/) }]);
  });

  it('has the rollout that its store declares: days of its own there, shares of ours here', async () => {
    const steps = { kind: 'staged', steps: [{ percent: 10, waitMinutes: 5 }] };

    expect(errors(await put('ios', onApple({ rollout: 'play' })))).toEqual(['/store/rollout/kind']);
    expect(errors(await put('android', onPlay({ rollout: 'app-store' })))).toEqual(['/store/rollout/kind']);
    expect(errors(await put('android', onPlay({ rollout: steps })))).toEqual(['/store/rollout/steps/0/percent']);
    expect(errors(await put('ios', onApple({ updatePriority: 3 })))).toEqual(['/store/updatePriority']);
  });

  it('names a connection to the store of its kind of service', async () => {
    expect(errors(await put('android', onPlay({ integrationId: ids.runner })))).toEqual(['/store/integrationId']);
    expect(errors(await put('android', onApple()))).toEqual(['/store/integrationId']);
  });

  it('names the wrong field within its form, and a field too many beside it', async () => {
    expect(errors(await put('android', onPlay({ appId: '' })))).toEqual(['/store/appId']);
    expect(errors(await put('android', { ...onPlay(), health: [] }))).toEqual(['/health']);
    expect(errors(await put('backend', { ...driven(), stores: {} }, 'infra'))).toEqual(['/stores']);
  });

  it('belongs to services for phones alone, and they belong nowhere else', async () => {
    expect(errors(await put('android', driven()))).toEqual(['/deploy']);
    expect(errors(await put('backend', driven()))).toEqual(['/deploy']);
    expect(errors(await put('backend', onPlay(), 'infra'))).toEqual(['/store']);
    expect(errors(await put('android', onPlay(), 'infra'))).toEqual(['/store']);
    expect(errors(await put('android', driven(), 'infra'))).toEqual(['/deploy']);
    expect((await put('backend', driven(), 'infra')).status).toBe(200);
  });

  it('keeps its service and its environment of their kinds', async () => {
    await put('android', onPlay());
    const service = await call('PUT', `services/${ids.android}`, { appId: ids.app, name: 'android', kind: 'web' });
    const environment = await call('PUT', `environments/${ids.track}`, { name: 'production', tier: 'staging', kind: 'infra' });

    expect(errors(service)).toEqual(['/kind']);
    expect(errors(environment)).toEqual(['/kind']);
  });
});

describe('a connection to a store', () => {
  it('is kept while a target names it', async () => {
    await put('android', onPlay());

    const answer = await call('DELETE', `integrations/store/${ids.play}`);

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('android in production');
  });
});

describe('a deployment to a store track', () => {
  const send = (service: 'android' | 'backend', query: string, body: Buffer) =>
    api.request('POST', `/api/v1/tenants/${tenant.tenantId}/services/${ids[service]}/artifacts/files?${query}`, {
      ...{ token: tenant.token, body },
      headers: { 'content-type': 'application/octet-stream', 'x-checksum-sha256': createHash('sha256').update(body).digest('hex') },
    });

  it('is of a file with its build number, which nothing else has', async () => {
    const bundle = bundleFile(42);
    const without = await send('android', 'version=4.2.0', bundle);
    const sent = await send('android', 'version=4.2.0&buildNumber=42', bundle);
    const another = await send('android', 'version=4.2.0&buildNumber=43', bundle);
    const backend = await send('backend', 'version=1&buildNumber=42', bundle);

    expect([without.status, sent.status, another.status, backend.status]).toEqual([422, 201, 409, 422]);
    expect(without.body.errors).toMatchObject([{ field: '?buildNumber' }]);
    expect(sent.body).toMatchObject({ version: '4.2.0', buildNumber: '42', source: { kind: 'kept' }, migrations: [] });
    const image = { version: '1', reference: `registry.example/android@sha256:${'a'.repeat(64)}` };
    const registered = await call('POST', `services/${ids.android}/artifacts/images`, image);
    expect(errors(registered)).toEqual(['/reference']);
  });

  it('is planned with its store, and refused with a service that lives elsewhere or a build from a commit', async () => {
    await Promise.all([put('android', onPlay()), put('ios', onApple())]);
    const artifact = (await send('android', 'version=4.3.0&buildNumber=4300', bundleFile(4300))).body.id;
    const plan = (changes: object) =>
      call('POST', 'deployments?dryRun=true', { appId: ids.app, environmentId: ids.track, services: [ids.android], ...changes });

    const planned = await plan({ artifacts: [{ serviceId: ids.android, artifactId: artifact }], notes: 'Faster.' });
    const stranger = await plan({ services: [ids.backend] });
    const unbuilt = await plan({ commit: 'a'.repeat(40) });

    expect(planned.status, planned.text).toBe(200);
    expect(planned.body).toMatchObject({ layers: [['android']], services: [{ strategy: 'staged', to: { version: '4.3.0' } }] });
    expect(planned.body.minimumTime.deployMs).toBe(5 * 86_400_000);
    expect(errors(stranger)).toContain('/services/0');
    expect(errors(unbuilt)).toEqual(['/artifacts']);
  });
});
