import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../src/integrations/kit/token-cache.ts';
import { googlePlayAppStore } from '../../src/integrations/providers/google-play/app-store.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { APP, type PlaySetup, playSetup } from './google-play-harness.ts';

const query = { app: { appId: APP, track: 'production' }, version: '4.2.0', buildNumber: '4200' };

describe('Google Play', () => {
  let setup: PlaySetup;
  beforeEach(async () => {
    setup = await playSetup();
    setup.app.addBundle(4200);
  });
  afterEach(() => setup.fake.close());

  const store = () => googlePlayAppStore(setup.connection, setup.deps());
  const openEdits = () => [...setup.app.edits.values()].filter(({ state }) => state === 'open').length;

  describe('builds', () => {
    const find = (changes: { buildNumber?: string | null; sha256?: string | null; version?: string }) =>
      store().findBuild({ ...query, buildNumber: null, sha256: null, uploadedSince: null, ...changes });
    const sha256 = () => setup.app.bundles.find(({ versionCode }) => versionCode === 4200)?.sha256 ?? '';

    it('are found by their digest, in whatever case Google writes it', async () => {
      const bundle = setup.app.bundles.find(({ versionCode }) => versionCode === 4200);
      if (bundle) bundle.sha256 = bundle.sha256.toUpperCase();

      expect(await find({ sha256: sha256().toLowerCase() })).toMatchObject({ buildNumber: '4200', state: { kind: 'ready' } });
      expect(await find({ sha256: 'f'.repeat(64) })).toBeNull();
    });

    it('of our number with another file behind it are refused', async () => {
      expect(await find({ buildNumber: '4200', sha256: sha256() })).toMatchObject({ state: { kind: 'ready' } });
      expect(await find({ buildNumber: '4200', sha256: 'f'.repeat(64) })).toMatchObject({
        state: { kind: 'refused', reason: expect.stringContaining('4200') },
      });
    });

    it('that nobody named by our version are nobody’s', async () => {
      expect(await find({})).toBeNull();

      setup.app.publish({ name: '4200 (4.2.0)', versionCodes: ['4200'], status: 'completed' }, 'internal');

      expect(await find({})).toMatchObject({ buildNumber: '4200', version: null, uploadedAt: null });
      expect(await find({ version: '4.2' })).toBeNull();
    });
  });

  describe('access', () => {
    it('takes one token for all adapters of a process, and another one after a refusal', async () => {
      const tokens = createTokenCache(() => new Date());
      const connect = () => googlePlayAppStore(setup.connection, setup.deps({ tokens }));
      await connect().findRelease(query);
      await connect().findRelease(query);
      const before = setup.account.tokens.length;
      setup.account.tokens.splice(0);

      const error = await providerError(connect().findRelease(query));
      await connect().findRelease(query);

      expect(before).toBe(1);
      expect(error.kind).toBe('unauthorized');
      expect(setup.account.tokens).toHaveLength(1);
    });

    it('shows neither key nor token where Google repeats them', async () => {
      const { private_key } = JSON.parse(setup.account.keyFile) as { private_key: string };
      await store().findRelease(query);
      const token = 'ya29.1-of-releases@acme-mobile.iam.gserviceaccount.com';
      setup.fake.failNext({ match: { path: /\/edits$/ }, status: 400, body: { error: { message: `odd: ${token} ${private_key}` } } });

      const error = await providerError(store().findRelease(query));

      expect(setup.account.tokens).toContain(token);
      expect(error.message).toContain('odd');
      expectNoSecret(error, [token, setup.secret]);
    });

    it('to somebody else’s app is null as a listing and forbidden as all else', async () => {
      setup.fake.addForeignApp('com.somebody.else');
      const app = { appId: 'com.somebody.else', track: 'production' };

      expect(await store().listing(app)).toBeNull();
      expect((await providerError(store().findRelease({ ...query, app }))).kind).toBe('forbidden');
    });

    it.each(['..', 'a/../b', 'com.example.app/x', 'app', ''])('of "%s" is invalid, and asks Play nothing', async (appId) => {
      const error = await providerError(store().findRelease({ ...query, app: { appId, track: 'production' } }));

      expect(error.kind).toBe('invalid');
      expect(setup.fake.calls).toEqual([]);
    });

    it('of a track named like a way out of the path is invalid', async () => {
      expect((await providerError(store().findRelease({ ...query, app: { appId: APP, track: '..' } }))).kind).toBe('invalid');
      expect(openEdits()).toBe(0);
    });
  });
});
