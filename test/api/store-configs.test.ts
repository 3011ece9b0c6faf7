import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rotateKeys } from '../../src/services/connections/rotate-keys.ts';
import { APPLE_APP, openStores, PLAY_APP, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** Connections to stores, what is configured of them, and the release configs that name them. */

let world: StoresWorld;
let tenant: StoresTenant;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
});
beforeEach(() => {
  world.play.clearFaults();
  world.apple.clearFaults();
});
afterAll(() => world.close());

const fieldsOf = ({ body }: { body: { errors?: { field: string }[] } }) => (body.errors ?? []).map(({ field }) => field);

describe('connections to stores', () => {
  it('have forms, and are made, verified, read, changed and deleted like all others, never telling a secret', async () => {
    const { at } = tenant;

    const forms = await at('GET', 'integrations/store/providers');
    const play = await at('POST', 'integrations/store', { ...world.forms.play, settings: { packageName: PLAY_APP } });
    const apple = await at('POST', 'integrations/store', world.forms.apple);

    expect(forms.body.items.map(({ id }: { id: string }) => id).sort()).toEqual(['app-store-connect', 'google-play']);
    expect([play.status, apple.status], play.text + apple.text).toEqual([201, 201]);
    expect([play.body.verificationStatus, apple.body.verificationStatus]).toEqual(['VALID', 'VALID']);
    for (const { body } of [play, apple]) {
      const path = `integrations/store/${body.id}`;
      const renamed = await at('PATCH', path, { displayName: 'Renamed' });
      const verified = await at('POST', `${path}/verify`);
      const read = await at('GET', path);
      expect(read.body).toMatchObject({
        category: 'store',
        displayName: 'Renamed',
        usedBy: { configs: { count: 0 }, releases: { count: 0 } },
      });
      for (const secret of world.secrets) expect(renamed.text + verified.text + read.text + play.text + apple.text).not.toContain(secret);
      expect((await at('DELETE', path)).status).toBe(204);
      expect((await at('GET', path)).status).toBe(404);
    }
    for (const secret of world.secrets) expect(world.api.logged()).not.toContain(secret);
  });

  it('are refused with credentials that the store refuses', async () => {
    const stranger = { ...world.forms.apple, credentials: { ...(world.forms.apple.credentials as object), keyId: 'ABCDEFGHIJ' } };

    const refused = await tenant.at('POST', 'integrations/store', stranger);

    expect(refused.status).toBe(422);
    for (const secret of world.secrets) expect(refused.text).not.toContain(secret);
  });

  it('tell how their webhooks are set up', async () => {
    const answer = await tenant.at('GET', `integrations/store/${tenant.stores.play}/webhook`);

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.webhookUrl).toContain('/webhooks/google-play/');
  });

  it('are sealed again when keys are rotated, and those of another tenant are hidden', async () => {
    const other = await world.tenant();

    const rotation = await rotateKeys(world.api.deps);

    // The connections of other categories are rows of the test, which nothing has sealed.
    expect(rotation.unopenable.map(({ table }) => table)).not.toContain('tenant_store_integrations');
    expect(rotation.current).toBeGreaterThanOrEqual(4);
    for (const method of ['GET', 'DELETE']) expect((await other.at(method, `integrations/store/${tenant.stores.play}`)).status).toBe(404);
  });

  it('are written by those who may write integrations, and read by all members', async () => {
    const [viewer, manager] = [await tenant.person('viewer'), await tenant.person('release-manager')];
    const path = `integrations/store/${tenant.stores.play}`;

    for (const { token } of [viewer, manager]) {
      expect((await tenant.at('GET', path, undefined, token)).status).toBe(200);
      expect((await tenant.at('POST', 'integrations/store', world.forms.play, token)).status).toBe(403);
      expect((await tenant.at('DELETE', path, undefined, token)).status).toBe(403);
    }
  });
});

describe('what hangs on a connection to a store', () => {
  it('is told: its store configs, release configs that name one for any target, and releases', async () => {
    const own = await world.tenant();
    const release = await own.toStores();

    for (const integration of [own.stores.play, own.stores.apple]) {
      const { body } = await own.at('GET', `integrations/store/${integration}`);

      expect(body.usedBy).toMatchObject({
        configs: { count: 1, items: [{ name: integration === own.stores.play ? 'Play' : 'Apple' }] },
        releaseConfigs: { count: 1, items: [{ name: 'Weekly' }] },
        releases: { count: 1, items: [{ id: release.id, name: release.displayId }] },
      });
    }
  });

  it('keeps it and its store configs from being deleted, until nothing names them', async () => {
    const own = await world.tenant();
    const release = await own.toStores();
    const config = `store-configs/${own.stores.appleConfig}`;
    const integration = `integrations/store/${own.stores.apple}`;

    const refused = [await own.at('DELETE', config), await own.at('DELETE', integration)];

    expect(refused.map(({ status }) => status)).toEqual([409, 409]);
    for (const { body } of refused) expect(body.detail).toContain('the release config "Weekly"');
    // What the release needs of the store config it has copied; the connection it cannot.
    expect(refused.map(({ body }) => body.detail.includes(release.displayId))).toEqual([false, true]);
    await own.call('POST', `${release.path}/archive`, { body: { reason: 'not wanted' } });
    await world.api.db.run('UPDATE release_configs SET is_active = 0 WHERE tenant_id = ?', [own.tenantId]);
    expect([(await own.at('DELETE', config)).status, (await own.at('DELETE', integration)).status]).toEqual([204, 204]);
  });

  it('stays a release under way whose store config was moved to another connection', async () => {
    const own = await world.tenant();
    const release = await own.toStores();
    const second = await own.at('POST', 'integrations/store?verify=false', { ...world.forms.play, displayName: 'Second' });
    const { id: _, createdAt: __, updatedAt: ___, ...body } = (await own.at('GET', `store-configs/${own.stores.playConfig}`)).body;

    await own.at('PUT', `store-configs/${own.stores.playConfig}`, { ...body, integrationId: second.body.id });

    const before = await own.at('GET', `integrations/store/${own.stores.play}`);
    const after = await own.at('GET', `integrations/store/${second.body.id}`);
    expect(before.body.usedBy).toMatchObject({
      configs: { count: 0 },
      releaseConfigs: { count: 0 },
      releases: { items: [{ id: release.id }] },
    });
    expect(after.body.usedBy).toMatchObject({ configs: { count: 1 }, releaseConfigs: { count: 1 }, releases: { count: 0 } });
  });
});

describe('store configs', () => {
  it('are written out with their defaults, listed, read, replaced and deleted, with their history', async () => {
    const { at, stores } = tenant;
    const body = { name: 'Beta', integrationId: stores.play, target: 'PLAY_STORE', appId: PLAY_APP };

    const created = await at('POST', 'store-configs', body);

    expect(created.status, created.text).toBe(201);
    expect(created.body).toMatchObject({ ...body, track: 'production', uploadBy: 'CI', updatePriority: null });
    const one = `store-configs/${created.body.id}`;
    expect((await at('GET', one)).body).toEqual(created.body);
    expect((await at('GET', 'store-configs')).body.items[0]).toEqual(created.body);
    const replaced = await at('PUT', one, { ...body, track: 'beta', uploadBy: 'SIGNALBOX', updatePriority: 5 });
    expect(replaced.body).toMatchObject({ track: 'beta', uploadBy: 'SIGNALBOX', updatePriority: 5 });
    expect((await at('GET', one)).body).toEqual(replaced.body);
    expect((await at('DELETE', one)).status).toBe(204);
    const history = await world.api.db.rows<{ action: string }>('SELECT action FROM state_history WHERE scope_id = ? ORDER BY sequence', [
      created.body.id,
    ]);
    expect(history.map(({ action }) => action)).toEqual(['CREATE', 'UPDATE', 'REMOVE']);
  });

  it.each([
    ['the target of another store', { target: 'APP_STORE' }, '/target'],
    ['a target that is no store', { target: 'WEB' }, '/target'],
    ['an app that cannot be one', { appId: 'com.acme/app' }, '/appId'],
    ['a priority out of range', { updatePriority: 6 }, '/updatePriority'],
    ['an uploader nobody knows', { uploadBy: 'NOBODY' }, '/uploadBy'],
    ['an empty track', { track: '' }, '/track'],
    ['a field nobody knows', { secret: 'x' }, '/secret'],
  ])('are refused with %s', async (_what, over, field) => {
    const body = { name: 'x', integrationId: tenant.stores.play, target: 'PLAY_STORE', appId: PLAY_APP, ...over };

    const answer = await tenant.at('POST', 'store-configs', body);

    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toEqual([field]);
  });

  it('let Signalbox upload only where the store takes files, without asking it', async () => {
    const body = { name: 'x', integrationId: tenant.stores.apple, target: 'APP_STORE', appId: APPLE_APP, uploadBy: 'SIGNALBOX' };
    const calls = world.apple.calls.length;

    const answer = await tenant.at('POST', 'store-configs', body);

    expect(fieldsOf(answer)).toEqual(['/uploadBy']);
    expect(world.apple.calls.length).toBe(calls);
  });

  it('keep their target while release configs rely on it', async () => {
    const own = await world.tenant();
    await own.toStores();
    const path = `store-configs/${own.stores.playConfig}`;
    const apple = { name: 'Play', integrationId: own.stores.apple, target: 'APP_STORE', appId: APPLE_APP };

    const refused = await own.at('PUT', path, apple);
    const same = await own.at('PUT', path, { name: 'New', integrationId: own.stores.play, target: 'PLAY_STORE', appId: PLAY_APP });

    expect([refused.status, same.status], same.text).toEqual([409, 200]);
    expect(refused.body.detail).toContain('target');
  });

  it('are checked with the store when that is asked for: the app, the track, the priority', async () => {
    const play = { name: 'x', integrationId: tenant.stores.play, target: 'PLAY_STORE', appId: PLAY_APP };
    const apple = { name: 'x', integrationId: tenant.stores.apple, target: 'APP_STORE', appId: APPLE_APP };
    const check = (body: object) => tenant.at('POST', 'store-configs?verify=true', body);

    const answers = [
      await check({ ...play, appId: 'com.acme.nowhere' }),
      await check({ ...play, track: 'no-such-track' }),
      await check({ ...apple, updatePriority: 3 }),
      await check({ ...apple, appId: 'com.acme.nowhere' }),
    ];

    expect(answers.map(fieldsOf)).toEqual([['/appId'], ['/track'], ['/updatePriority'], ['/appId']]);
    expect(answers[1]?.text).toContain('production');
    expect([(await check({ ...play, track: 'beta', updatePriority: 3 })).status, (await check(apple)).status]).toEqual([201, 201]);
  });

  it('are not written when the store cannot be asked', async () => {
    const body = { name: 'never', integrationId: tenant.stores.play, target: 'PLAY_STORE', appId: PLAY_APP };
    world.play.failNext({ status: 503, times: 9 });

    const answer = await tenant.at('POST', 'store-configs?verify=true', body);

    expect(answer.status).toBe(503);
    expect((await tenant.at('GET', 'store-configs')).text).not.toContain('never');
  });

  it('are written by those who may write configs, and hidden from other tenants', async () => {
    const viewer = await tenant.person('viewer');
    const other = await world.tenant();
    const path = `store-configs/${tenant.stores.playConfig}`;
    const body = { name: 'x', integrationId: other.stores.play, target: 'PLAY_STORE', appId: PLAY_APP };

    expect((await tenant.at('GET', path, undefined, viewer.token)).status).toBe(200);
    expect((await tenant.at('PUT', path, body, viewer.token)).status).toBe(403);
    for (const [method, payload] of [['GET'], ['DELETE'], ['PUT', body]] as const) {
      expect((await other.at(method, path, payload)).status).toBe(404);
    }
    expect(fieldsOf(await tenant.at('POST', 'store-configs', body))).toEqual(['/integrationId']);
  });
});
