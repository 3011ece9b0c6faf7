import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { apps } from '../../src/services/catalogue/apps.ts';
import { listEntries } from '../../src/services/catalogue/entry.ts';
import { fingerprintKeyContext, fingerprintOf } from '../../src/services/catalogue/secret-fingerprint.ts';
import { services } from '../../src/services/catalogue/services.ts';
import { variableSealContext } from '../../src/services/catalogue/variables.ts';
import { rotateKeys } from '../../src/services/connections/rotate-keys.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, type RequestOptions, startApi } from './harness.ts';

let api: ApiHarness;
let tenant: { tenantId: string; token: string; accountId: string };
let stranger: { tenantId: string; token: string };
beforeAll(async () => {
  api = await startApi();
  tenant = await api.tenant();
  stranger = await api.tenant('Stranger');
});
afterAll(() => api?.close());

let count = 0;
const unique = (word: string) => {
  count += 1;
  return `${word}-${count}`;
};
const call = (method: string, path: string, body?: unknown, options: RequestOptions = {}) =>
  api.request(method, `/api/v1/tenants/${tenant.tenantId}/${path}`, {
    token: tenant.token,
    ...(body === undefined ? {} : { body }),
    ...options,
  });
const made = async (path: string, body: object): Promise<string> => {
  const answer = await call('POST', path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body.id;
};
const app = () => made('apps', { name: unique('shop') });
const service = (appId: string, name: string, dependsOn: object[] = []) => made('services', { appId, name, kind: 'backend', dependsOn });
const environment = (changes: object = {}) => made('environments', { name: unique('env'), tier: 'staging', ...changes });
const errors = (answer: { body: { errors: { field: string; message: string }[] } }) =>
  answer.body.errors.map(({ field, message }) => `${field} ${message}`);

describe('the catalogue', () => {
  it('takes no rule of paths by which a service would be left out of every partial deployment', async () => {
    const source = { integrationId: tenant.tenantId, paths: ['api/**', '/api/**', 'api/', '!docs/**'] };

    const answer = await call('POST', 'services', { appId: await app(), name: 'api', kind: 'backend', source });

    expect(answer.status).toBe(422);
    expect(errors(answer).filter((each) => each.startsWith('/source/paths'))).toEqual([
      expect.stringMatching(/^\/source\/paths\/1 must be a path as the repository shows it/),
      expect.stringMatching(/^\/source\/paths\/2 must be a path/),
      expect.stringMatching(/^\/source\/paths\/3 must say which files are its own/),
    ]);
  });

  it('keeps apps, services and environments, and tells their whole history apart by nobody else', async () => {
    const appId = await app();
    const id = await service(appId, 'api');
    const changed = await call('PUT', `services/${id}`, { appId, name: 'api', kind: 'web' });
    const again = await call('PUT', `services/${id}`, { appId, name: 'api', kind: 'web' });
    const foreign = await api.request('GET', `/api/v1/tenants/${stranger.tenantId}/services/${id}`, { token: stranger.token });

    expect(changed.body).toMatchObject({ id, appId, name: 'api', kind: 'web', source: null, recipe: null, dependsOn: [] });
    expect(again.body).toEqual(changed.body);
    expect(foreign.status).toBe(404);
    expect((await call('GET', `services/${id}`)).body).toEqual(changed.body);
    const events = await api.db.rows<{ action: string }>('SELECT action FROM state_history WHERE scope_id = ? ORDER BY id', [id]);
    expect(events.map(({ action }) => action)).toEqual(['CREATE', 'UPDATE']);
  });

  it('names every wrong field, also a name that is taken', async () => {
    const name = unique('taken');
    await made('apps', { name });

    expect(errors(await call('POST', 'apps', { name }))).toEqual(['/name is taken: the app of this name exists']);
    expect((await call('POST', 'services', { appId: tenant.tenantId, name: 'Not A Slug', kind: 'lambda' })).body.errors).toEqual([
      { field: '/name', message: expect.stringContaining('lower-case') },
      { field: '/kind', message: expect.any(String) },
    ]);
    expect(errors(await call('POST', 'services', { appId: tenant.tenantId, name: 'api', kind: 'web' }))).toEqual([
      '/appId is no app of the tenant',
    ]);
  });

  it('lists by app, page by page, in as many queries however many there are', async () => {
    const appId = await app();
    await app();
    for (const name of ['a', 'b', 'c']) await service(appId, name);
    const first = await call('GET', `services?appId=${appId}&limit=2`);
    const second = await call('GET', `services?appId=${appId}&limit=2&cursor=${first.body.nextCursor}`);
    const caller = { tenantId: tenant.tenantId, accountId: '', permissions: new Set(['config:read'] as const) };
    const counted = async (limit: number) => {
      const { db, statements } = countingDatabase(api.db);
      await listEntries({ db }, caller, services, { limit }, { app_id: appId });
      return statements();
    };

    expect([first, second].map(({ body }) => body.items.map((item: { name: string }) => item.name))).toEqual([['c', 'b'], ['a']]);
    expect(await counted(3)).toBe(await counted(1));
    expect(apps.filters).toBeUndefined();
  });

  it('keeps nobody who may only read from reading, and lets only who may write write', async () => {
    const viewer = await api.token(tenant.tenantId, 'viewer');
    const name = unique('shop');

    expect((await call('POST', 'apps', { name }, { token: viewer })).status).toBe(403);
    expect((await call('GET', 'apps', undefined, { token: viewer })).status).toBe(200);
  });
});

describe('dependencies of services', () => {
  it('never go in a circle, and the refusal names it', async () => {
    const appId = await app();
    const a = await service(appId, 'a');
    const b = await service(appId, 'b', [{ serviceId: a, kind: 'deploy' }]);
    const c = await service(appId, 'c', [{ serviceId: b, kind: 'runtime' }]);
    const circle = await call('PUT', `services/${a}`, { appId, name: 'a', kind: 'backend', dependsOn: [{ serviceId: c, kind: 'deploy' }] });
    const itself = await call('PUT', `services/${a}`, { appId, name: 'a', kind: 'backend', dependsOn: [{ serviceId: a, kind: 'deploy' }] });

    expect(circle.status).toBe(422);
    expect(errors(circle)[0]).toMatch(/^\/dependsOn would make a circle: (a → c → b → a|b → a → c → b|c → b → a → c)$/);
    expect(errors(itself)).toEqual(['/dependsOn would make a circle: a → a']);
  });

  it('stay within the app', async () => {
    const [one, other] = [await app(), await app()];
    const foreign = await service(other, 'api');
    const answer = await call('POST', 'services', {
      ...{ appId: one, name: 'web', kind: 'web' },
      dependsOn: [{ serviceId: foreign, kind: 'deploy' }],
    });

    expect(errors(answer)).toEqual(['/dependsOn/0/serviceId is no service of the app']);
  });

  it('keep what others need from being deleted', async () => {
    const appId = await app();
    const a = await service(appId, 'a');
    const b = await service(appId, 'b', [{ serviceId: a, kind: 'deploy' }]);
    const refused = await call('DELETE', `services/${a}`);

    expect([refused.status, refused.body.detail]).toEqual([409, 'The service cannot go: the service b depends on it.']);
    expect((await call('DELETE', `apps/${appId}`)).status).toBe(409);
    for (const id of [b, a]) expect((await call('DELETE', `services/${id}`)).status).toBe(204);
    expect((await call('DELETE', `apps/${appId}`)).status).toBe(204);
  });
});

describe('variables of an environment', () => {
  it('are shown, and a secret never is, anywhere', async () => {
    const id = await environment();
    const serviceId = await service(await app(), 'api');
    const path = `environments/${id}/variables`;
    await call('PUT', `${path}/GREETING`, { value: 'hello', isSecret: false });
    const secret = await call('PUT', `${path}/TOKEN?serviceId=${serviceId}`, {
      value: 'sesame-open',
      isSecret: true,
      expiresAt: '2040-01-01T00:00:00Z',
    });
    const { items } = (await call('GET', path)).body;

    expect(secret.body).toMatchObject({ name: 'TOKEN', serviceId, isSecret: true, value: null, expiresAt: '2040-01-01T00:00:00.000Z' });
    expect(items.map(({ name, value }: { name: string; value: string | null }) => [name, value])).toEqual([
      ['GREETING', 'hello'],
      ['TOKEN', null],
    ]);
    const rows = await api.db.rows('SELECT v.*, i.* FROM environment_variables v, state_history_items i WHERE v.tenant_id = ?', [
      tenant.tenantId,
    ]);
    expect(JSON.stringify(rows)).not.toContain('sesame-open');
    expect(api.logged()).not.toContain('sesame-open');
  });

  it('that are secret are sealed under the newest key after a rotation', async () => {
    const path = `environments/${await environment()}/variables`;
    await call('PUT', `${path}/TOKEN`, { value: 'sesame-open', isSecret: true });
    const newest = createKeyring(new Secret(`newer:${randomBytes(32).toString('base64')},${api.keys}`));
    await rotateKeys({ db: api.db, keyring: newest });
    const rows = await api.db.rows<{ id: string; value: string }>('SELECT id, value FROM environment_variables WHERE is_secret = 1');

    expect(rows.length).toBeGreaterThan(0);
    for (const { id, value } of rows) {
      expect(newest.isCurrent(value)).toBe(true);
      expect(newest.open(value, variableSealContext(id)).reveal()).toBe('sesame-open');
    }
  });

  it('have fingerprints that tell equal secrets of one environment, by a key of the tenant that stands sealed in its row', async () => {
    const environmentId = await environment();
    const path = `environments/${environmentId}/variables`;
    for (const [name, value] of [['A', 'sesame'] as const, ['B', 'sesame'] as const, ['C', 'another'] as const])
      await call('PUT', `${path}/${name}`, { value, isSecret: true });
    const rows = await api.db.rows<{ fingerprint: string }>(
      'SELECT fingerprint FROM environment_variables WHERE tenant_id = ? AND environment_id = ? ORDER BY name',
      [tenant.tenantId, environmentId],
    );
    const [a, b, c] = rows.map(({ fingerprint }) => fingerprint);
    const sealedKey = async () => {
      const [row] = await api.db.rows<{ sealed: string }>('SELECT fingerprint_key AS sealed FROM tenants WHERE id = ?', [tenant.tenantId]);
      return row?.sealed ?? '';
    };
    const keyring = createKeyring(new Secret(api.keys));
    const key = keyring.open(await sealedKey(), fingerprintKeyContext(tenant.tenantId));
    const newest = createKeyring(new Secret(`newest:${randomBytes(32).toString('base64')},${api.keys}`));
    await rotateKeys({ db: api.db, keyring: newest });
    const rotated = await sealedKey();

    expect(a).toBe(b);
    expect(c).not.toBe(a);
    expect(fingerprintOf(key, 'sesame')).toBe(a);
    expect(newest.isCurrent(rotated)).toBe(true);
    expect(newest.open(rotated, fingerprintKeyContext(tenant.tenantId)).reveal()).toBe(key.reveal());
  });

  it('are told apart by service, set anew and taken away', async () => {
    const id = await environment();
    const path = `environments/${id}/variables`;
    await call('PUT', `${path}/MODE`, { value: 'a', isSecret: true });
    await call('PUT', `${path}/MODE`, { value: 'b', isSecret: false });
    const { items } = (await call('GET', path)).body;
    const removed = await call('DELETE', `${path}/MODE`);

    expect(items).toMatchObject([{ name: 'MODE', value: 'b', isSecret: false }]);
    expect([removed.status, (await call('DELETE', `${path}/MODE`)).status]).toEqual([204, 404]);
    expect((await call('PUT', `${path}/1x`, { value: 'b', isSecret: false })).status).toBe(404);
    expect((await call('PUT', `${path}/MODE?serviceId=${id}`, { value: 'b', isSecret: false })).status).toBe(422);
  });
});

describe('windows', () => {
  const window = { name: 'Office hours', kind: 'allow', cron: '0 9 * * 1-5', durationMinutes: 480, zone: 'Europe/Berlin' };

  it('are kept with their scope', async () => {
    const id = await environment({ tier: 'production' });
    const created = await call('POST', 'windows', { ...window, scope: { environmentIds: [id] }, onClose: 'abort' });

    expect(created.body).toMatchObject({ ...window, scope: { environmentIds: [id] }, onClose: 'abort', isActive: true });
    expect((await call('DELETE', `windows/${created.body.id}`)).status).toBe(204);
  });

  it('with a zone nobody knows, or that never open, are refused', async () => {
    const answer = await call('POST', 'windows', { ...window, cron: '0 0 30 2 *', zone: 'Mars/Olympus', durationMinutes: 0 });

    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual(['/durationMinutes']);
    const rest = await call('POST', 'windows', { ...window, cron: '0 0 30 2 *', zone: 'Mars/Olympus' });
    expect(errors(rest)).toEqual([
      '/cron never comes: there is no such date',
      '/zone "Mars/Olympus" is no time zone (use an IANA name such as Europe/Berlin)',
    ]);
  });
});

describe('pipelines', () => {
  const task = (key: string, type: string, changes: object = {}) => ({ key, type, ...changes });
  const stages = [
    { key: 'PREFLIGHT', tasks: [task('check', 'CHECK_PREFLIGHT'), task('approve', 'APPROVE_DEPLOYMENT', { dependsOn: ['check'] })] },
    { key: 'SNAPSHOT', tasks: [task('snapshot', 'TAKE_SNAPSHOT')] },
    { key: 'DEPLOY', tasks: [task('deploy', 'DEPLOY_SERVICE')] },
    { key: 'VERIFY', tasks: [task('health', 'VERIFY_HEALTH')] },
  ];

  it('have versions that never change, with their graph', async () => {
    const appId = await app();
    const body = { tiers: ['staging'], stages };
    const first = await call('POST', 'pipelines', { appId, name: 'main', body });
    const { pipelineId } = first.body;
    const same = await call('POST', `pipelines/${pipelineId}/versions`, { body });
    const second = await call('POST', `pipelines/${pipelineId}/versions`, { body: { ...body, tiers: ['staging', 'production'] } });

    expect(first.status, first.text).toBe(201);
    expect(same.body).toEqual(first.body);
    expect(second.body).toMatchObject({ version: 2, body: { tiers: ['staging', 'production'] } });
    expect((await call('GET', `pipelines/${pipelineId}/versions/1`)).body).toEqual(first.body);
    expect((await call('GET', `pipelines/${pipelineId}`)).body.version).toBe(2);
    expect(first.body.graph.edges).toEqual([
      { from: 'PREFLIGHT.check', to: 'PREFLIGHT.approve' },
      { from: 'PREFLIGHT.approve', to: 'SNAPSHOT.snapshot' },
      { from: 'SNAPSHOT.snapshot', to: 'DEPLOY.deploy' },
      { from: 'DEPLOY.deploy', to: 'VERIFY.health' },
    ]);
    expect((await call('GET', `pipelines?appId=${appId}`)).body.items).toMatchObject([{ id: pipelineId, name: 'main', version: 2 }]);
  });

  it('are saved only when they could be run', async () => {
    const circle = [{ key: 'DEPLOY', tasks: [task('a', 'DEPLOY_SERVICE', { dependsOn: ['a'] }), task('b', 'TAKE_SNAPSHOT')] }];
    const answer = await call('POST', 'pipelines', { appId: await app(), name: 'main', body: { tiers: ['production'], stages: circle } });

    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toContain('/body/stages/0/tasks/1/type');
    expect(answer.body.errors.length).toBeGreaterThan(2);
  });
});
