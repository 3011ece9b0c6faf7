import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPLE_APP, openStores, PLAY_APP, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** What forms about stores offer, and the release configs that name stores. */

let world: StoresWorld;
let tenant: StoresTenant;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
});
afterAll(() => world.close());

const fieldsOf = ({ body }: { body: { errors?: { field: string }[] } }) => (body.errors ?? []).map(({ field }) => field);

describe('what a store has', () => {
  const apps = (rest: string, integration = tenant.stores.apple) => tenant.at('GET', `integrations/store/${integration}/apps${rest}`);

  it('is its apps, by part of their name or id', async () => {
    const another = world.apple.world.addApp({ bundleId: 'com.acme.other', name: 'Another' });
    world.apple.world.addVersion(another, '1.0.0');

    expect((await apps('')).body.items).toEqual(expect.arrayContaining([{ appId: APPLE_APP, name: 'Acme for iOS' }]));
    expect((await apps('?q=acme FOR')).body).toEqual({ items: [{ appId: APPLE_APP, name: 'Acme for iOS' }], truncated: false });
    expect((await apps('?q=com.acme&limit=1')).body).toMatchObject({ items: [{}], truncated: true });
  });

  it('is not listed where the store does not tell, which is said', async () => {
    const answer = await apps('', tenant.stores.play);

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toBe('Google Play has no list of apps: name the app by its id.');
  });

  it('is the locales and tracks of an app, and what the store can do', async () => {
    const play = await apps(`/${PLAY_APP}`, tenant.stores.play);
    const apple = await apps(`/${APPLE_APP}`);

    expect(play.body).toMatchObject({
      ...{ appId: PLAY_APP, name: 'Acme', locales: expect.arrayContaining(['en-US']), tracks: expect.arrayContaining(['production']) },
      abilities: { rollout: { kind: 'staged' }, takesUploads: true, withdrawsSubmissions: false, maxNotesChars: 500 },
    });
    expect(apple.body).toMatchObject({
      ...{ appId: APPLE_APP, locales: expect.arrayContaining(['en-US', 'de-DE']) },
      abilities: { rollout: { kind: 'phased' }, haltsLive: false, takesUploads: false, withdrawsSubmissions: true, maxNotesChars: 4000 },
    });
    expect((await apps('/com.acme.nowhere')).status).toBe(404);
    expect((await apps('/com.acme%2Fapp')).status).toBe(404);
  });

  it('is told to those who may write configs, and never across tenants', async () => {
    const [viewer, manager, other] = [await tenant.person('viewer'), await tenant.person('release-manager'), await world.tenant()];

    for (const path of [`integrations/store/${tenant.stores.apple}/apps`, `integrations/store/${tenant.stores.apple}/apps/${APPLE_APP}`]) {
      expect((await tenant.at('GET', path, undefined, viewer.token)).status).toBe(403);
      expect((await tenant.at('GET', path, undefined, manager.token)).status).toBe(200);
      expect((await other.at('GET', path)).status).toBe(404);
    }
  });
});

describe('release configs that name stores', () => {
  const body = (over: object = {}) => ({
    ...{ name: 'App', releaseType: 'MINOR', baseBranch: 'main', scmIntegrationId: tenant.ids.scm, buildMode: 'MANUAL' },
    platformTargets: [
      { platform: 'ANDROID', target: 'PLAY_STORE' },
      { platform: 'IOS', target: 'APP_STORE' },
    ],
    stores: [
      { target: 'PLAY_STORE', storeConfigId: tenant.stores.playConfig, rolloutPlan: { preset: 'play-staged' } },
      { target: 'APP_STORE', storeConfigId: tenant.stores.appleConfig, rolloutPlan: { preset: 'phased' } },
    ],
    ...over,
  });
  const play = (over: object) => ({
    target: 'PLAY_STORE',
    storeConfigId: tenant.stores.playConfig,
    rolloutPlan: { kind: 'immediate' },
    ...over,
  });

  it('hold the plan that a preset stands for, and the gate before the stores', async () => {
    const created = await tenant.at('POST', 'release-configs', body());

    expect(created.status, created.text).toBe(201);
    const day = 24 * 60;
    expect(created.body.stores).toEqual([
      {
        ...{ target: 'PLAY_STORE', storeConfigId: tenant.stores.playConfig },
        rolloutPlan: { kind: 'staged', steps: [1, 5, 10, 25, 50, 100].map((percent) => ({ percent, waitMinutes: day })) },
      },
      { target: 'APP_STORE', storeConfigId: tenant.stores.appleConfig, rolloutPlan: { kind: 'phased' } },
    ]);
    expect(created.body.gates.distributionApproval).toBe('manual');
    // What is read can be written.
    const { id, isActive: _, createdByAccountId: __, createdAt: ___, updatedAt: ____, warnings: _____, ...again } = created.body;
    const replaced = await tenant.at('PUT', `release-configs/${id}`, { ...again, gates: { distributionApproval: 'automatic' } });
    expect(replaced.body).toMatchObject({ stores: created.body.stores, gates: { distributionApproval: 'automatic', quorum: 1 } });
  });

  it('need none, and say so', async () => {
    const created = await tenant.at('POST', 'release-configs', body({ stores: undefined }));

    expect(created.body.stores).toEqual([]);
  });

  it.each([
    ['a target the config does not have', () => ({ platformTargets: [{ platform: 'IOS', target: 'APP_STORE' }] }), ['/stores/0/target']],
    ['a target twice', () => ({ stores: [play({}), play({})] }), ['/stores/1/target']],
    [
      'a store config for another target',
      () => ({ stores: [play({ storeConfigId: tenant.stores.appleConfig })] }),
      ['/stores/0/storeConfigId'],
    ],
    [
      'a store config that is none',
      () => ({ stores: [play({ storeConfigId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z' })] }),
      ['/stores/0/storeConfigId'],
    ],
    ['days of a store that has none', () => ({ stores: [play({ rolloutPlan: { kind: 'phased' } })] }), ['/stores/0/rolloutPlan/kind']],
    [
      'steps that do not grow to 100',
      () => ({ stores: [play({ rolloutPlan: { kind: 'staged', steps: [50, 10].map((percent) => ({ percent, waitMinutes: 1 })) } })] }),
      ['/stores/0/rolloutPlan/steps/1/percent'],
    ],
    ['a preset nobody knows', () => ({ stores: [play({ rolloutPlan: { preset: 'yolo' } })] }), ['/stores/0/rolloutPlan']],
    ['no plan', () => ({ stores: [play({ rolloutPlan: undefined })] }), ['/stores/0/rolloutPlan']],
    ['three stores', () => ({ stores: [play({}), play({}), play({})] }), ['/stores']],
    ['the web', () => ({ stores: [play({ target: 'WEB' })] }), ['/stores/0/target']],
  ])('are refused with %s', async (_what, over, fields) => {
    const answer = await tenant.at('POST', 'release-configs', body(over()));

    expect(answer.status, answer.text).toBe(422);
    expect([...new Set(fieldsOf(answer))]).toEqual(fields);
  });

  it('refuse steps of ours at a store with days of its own', async () => {
    const stores = [{ target: 'APP_STORE', storeConfigId: tenant.stores.appleConfig, rolloutPlan: { preset: 'play-staged' } }];

    expect(fieldsOf(await tenant.at('POST', 'release-configs', body({ stores })))).toEqual(['/stores/0/rolloutPlan/kind']);
  });

  it("refuse another tenant's store config, and one whose connection is gone", async () => {
    const other = await world.tenant();
    const theirs = await tenant.at('POST', 'release-configs', body({ stores: [play({ storeConfigId: other.stores.playConfig })] }));
    await other.at('DELETE', `integrations/store/${other.stores.play}?force=true`);
    const gone = await other.at('POST', 'release-configs', {
      ...body({ scmIntegrationId: other.ids.scm }),
      stores: [play({ storeConfigId: other.stores.playConfig })],
    });

    expect([fieldsOf(theirs), fieldsOf(gone)]).toEqual([['/stores/0/storeConfigId'], ['/stores/0/storeConfigId']]);
  });

  describe('whose shares need evidence', () => {
    const metric = {
      ...{ name: 'crashes', query: 'crashes{version="{{version}}"}', intervalMs: 60_000, until: { kind: 'count', count: 3 } },
      successCondition: { op: '<', threshold: 0.01 },
    };
    const staged = (named: string | null, over: object = {}) => ({
      ...{ kind: 'staged', metrics: named === null ? null : { integrationId: named } },
      steps: [
        { percent: 5, waitMinutes: 60, analysis: { metrics: [{ ...metric, ...over }] } },
        { percent: 100, waitMinutes: null },
      ],
    });
    const monitoring = async (at = tenant): Promise<string> => {
      const form = { provider: 'prometheus', displayName: 'Prometheus', baseUrl: 'http://127.0.0.1:9', credentials: {} };
      const answer = await at.at('POST', 'integrations/monitoring?verify=false', { ...form, allowMultiple: true });
      expect(answer.status, answer.text).toBe(201);
      return answer.body.id;
    };
    const write = (rolloutPlan: object) => tenant.at('POST', 'release-configs', body({ stores: [play({ rolloutPlan })] }));

    it('hold their analyses with every default, and keep their connection from being deleted', async () => {
      const id = await monitoring();

      const created = await write(staged(id));

      expect(created.status, created.text).toBe(201);
      expect(created.body.stores[0].rolloutPlan).toMatchObject({
        metrics: { integrationId: id },
        steps: [{ analysis: { inconclusiveDeadlineMs: 3_600_000, metrics: [{ failureLimit: 0, minSamples: 1 }] } }, {}],
      });
      expect(created.body.warnings.map(({ field }: { field: string }) => field)).toContain('/stores/0/rolloutPlan/metrics/integrationId');
      const deleted = await tenant.at('DELETE', `integrations/monitoring/${id}`);
      expect(deleted.status).toBe(409);
      expect(deleted.body.detail).toContain('the release config "App"');
    });

    it('are refused where nothing measures them, with each field', async () => {
      const [theirs, gone] = [await monitoring(await world.tenant()), await monitoring()];
      await tenant.at('DELETE', `integrations/monitoring/${gone}`);
      const at = '/stores/0/rolloutPlan';

      expect(fieldsOf(await write(staged(null)))).toEqual([`${at}/metrics`]);
      for (const id of [theirs, gone, tenant.stores.play])
        expect(fieldsOf(await write(staged(id)))).toEqual([`${at}/metrics/integrationId`]);
      const wrong = await write(staged(await monitoring(), { query: 'crashes{side="{{side}}"}', failureLimit: 3 }));
      expect(fieldsOf(wrong)).toEqual([`${at}/steps/0/analysis/metrics/0/failureLimit`, `${at}/steps/0/analysis/metrics/0/query`]);
    });

    it('are copied into their releases, which keep them whatever the config says later', async () => {
      const id = await monitoring();
      const config = await write(staged(id));
      const release = await tenant.create({
        ...{ releaseConfigId: config.body.id, type: 'MINOR' },
        platformTargets: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: '77.0.0' }],
      });
      await tenant.at('PATCH', `release-configs/${config.body.id}`, { stores: [play({})] });

      const [row] = await world.api.db.rows<{ config: string }>('SELECT CAST(config AS CHAR) AS config FROM releases WHERE id = ?', [
        release.id,
      ]);
      expect(JSON.parse(row?.config ?? '{}').stores).toMatchObject([
        { rolloutPlan: { metrics: { integrationId: id }, steps: [{ analysis: {} }, {}] } },
      ]);
      const deleted = await tenant.at('DELETE', `integrations/monitoring/${id}`);
      expect([deleted.status, deleted.body.detail]).toEqual([409, expect.stringContaining(`the release ${release.displayId}`)]);
    });
  });

  it('are not created beside the deletion of their store config: one of the two fails', async () => {
    const own = await world.tenant();
    await world.api.db.run('UPDATE release_configs SET is_active = 0 WHERE tenant_id = ?', [own.tenantId]);
    const config = body({ scmIntegrationId: own.ids.scm, stores: [play({ storeConfigId: own.stores.playConfig })] });

    const [created, deleted] = await Promise.all([
      own.at('POST', 'release-configs', config),
      own.at('DELETE', `store-configs/${own.stores.playConfig}`),
    ]);

    expect([created.status === 201, deleted.status === 204].filter(Boolean)).toHaveLength(1);
  });

  it('write a store config out, replace it in place, and let go of it: then it is gone, but not for a release', async () => {
    const config = { integrationId: tenant.stores.play, appId: PLAY_APP, track: 'beta' };
    const choice = (over: object) => ({ target: 'PLAY_STORE', rolloutPlan: { kind: 'immediate' }, config: { ...config, ...over } });
    const made = await tenant.at('POST', 'release-configs', body({ stores: [choice({})] }));
    const change = (stores: unknown) => tenant.at('PATCH', `release-configs/${made.body.id}`, { stores });
    const id = made.body.stores[0]?.storeConfigId;

    const replaced = await change([choice({ track: 'production', name: 'Shop' })]);
    const stored = await tenant.at('GET', `store-configs/${id}`);
    const release = await tenant.create({
      ...{ releaseConfigId: made.body.id, type: 'MAJOR' },
      platformTargets: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: '90.0.0' }],
    });
    const wrong = await change([choice({ integrationId: tenant.stores.apple })]);
    const gone = await change(null);
    const kept = await tenant.call('GET', `/${release.id}/config`);

    expect(replaced.body.stores, replaced.text).toEqual([{ target: 'PLAY_STORE', storeConfigId: id, rolloutPlan: { kind: 'immediate' } }]);
    expect(stored.body).toMatchObject({ name: 'Shop', target: 'PLAY_STORE', track: 'production' });
    expect(fieldsOf(wrong)).toEqual(['/stores/0/config/target']);
    expect([gone.body.stores, (await tenant.at('GET', `store-configs/${id}`)).status]).toEqual([[], 404]);
    expect(kept.body.frozen.stores.PLAY_STORE).toMatchObject({ appId: PLAY_APP, track: 'production', rolloutPlan: { kind: 'immediate' } });
    expect(kept.body.differences.map(({ path }: { path: string }) => path)).toEqual(['/stores/PLAY_STORE']);
  });
});
