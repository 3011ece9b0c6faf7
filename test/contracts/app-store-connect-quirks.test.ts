import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ascAppStore } from '../../src/integrations/providers/app-store-connect/app-store.ts';
import { type AscSetup, ascSetup } from './app-store-connect-harness.ts';
import { providerError } from './contract-case.ts';

describe('app store connect', () => {
  let s: AscSetup;
  beforeEach(async () => {
    s = await ascSetup();
  });
  afterEach(() => s.fake.close());

  const store = () => ascAppStore(s.connection, s.deps());
  const app = () => ({ appId: s.app.bundleId, track: '' });
  const query = () => ({ app: app(), version: '4.2.0', buildNumber: null });
  const seed = (state: string, phased?: { state: string; day: number; pausedDays?: number }) => {
    const version = s.fake.world.addVersion(s.app, '4.2.0', { state, releaseType: 'MANUAL' });
    if (phased) version.phased = { id: s.fake.world.newId(), pausedDays: 0, startedAt: null, ...phased };
    return version;
  };
  const stateOf = async () => (await store().findRelease(query()))?.state;

  describe('states', () => {
    it.each([
      ['PREPARE_FOR_SUBMISSION', { kind: 'draft' }],
      ['READY_FOR_REVIEW', { kind: 'draft' }],
      ['WAITING_FOR_REVIEW', { kind: 'in-review' }],
      ['WAITING_FOR_EXPORT_COMPLIANCE', { kind: 'in-review' }],
      ['IN_REVIEW', { kind: 'in-review' }],
      ['ACCEPTED', { kind: 'in-review' }],
      ['REJECTED', { kind: 'rejected', reason: null }],
      ['METADATA_REJECTED', { kind: 'rejected', reason: expect.stringContaining('metadata') }],
      ['INVALID_BINARY', { kind: 'rejected', reason: expect.stringContaining('another build') }],
      ['DEVELOPER_REJECTED', { kind: 'withdrawn' }],
      ['PENDING_DEVELOPER_RELEASE', { kind: 'approved' }],
      ['PENDING_APPLE_RELEASE', { kind: 'processing' }],
      ['PROCESSING_FOR_DISTRIBUTION', { kind: 'processing' }],
      ['READY_FOR_DISTRIBUTION', { kind: 'live' }],
      ['REPLACED_WITH_NEW_VERSION', { kind: 'superseded' }],
      ['toString', { kind: 'unknown', raw: 'toString' }],
    ])('%s is %j', async (raw, state) => {
      seed(raw);

      expect(await stateOf()).toEqual(state);
    });

    it.each([
      ['READY_FOR_SALE', { kind: 'live' }],
      ['PROCESSING_FOR_APP_STORE', { kind: 'processing' }],
      ['IN_REVIEW', { kind: 'in-review' }],
      ['PENDING_CONTRACT', { kind: 'unknown', raw: 'PENDING_CONTRACT' }],
      [null, { kind: 'unknown', raw: 'none' }],
    ])('by the deprecated name %s alone is %j', async (appStoreState, state) => {
      const attributes = { versionString: '4.2.0', appStoreState, appVersionState: null };
      const body = { data: [{ type: 'appStoreVersions', id: '1', attributes }], links: {} };
      s.fake.failNext({ match: { path: /\/appStoreVersions$/ }, status: 200, body });

      expect(await stateOf()).toEqual(state);
    });

    it.each([
      ['ACTIVE', 0, { kind: 'rolling-out', fraction: 0.01 }],
      ['ACTIVE', 6, { kind: 'rolling-out', fraction: 0.5 }],
      ['ACTIVE', 7, { kind: 'live' }],
      ['ACTIVE', 8, { kind: 'live' }],
      ['PAUSED', 3, { kind: 'halted', fraction: 0.05 }],
      ['PAUSED', 7, { kind: 'halted', fraction: 1 }],
      ['COMPLETE', 2, { kind: 'live' }],
      ['INACTIVE', 0, { kind: 'processing' }],
      ['OF_TOMORROW', 1, { kind: 'unknown', raw: 'phased release OF_TOMORROW' }],
    ])('of a phased release %s on day %i is %j', async (state, day, expected) => {
      seed('READY_FOR_DISTRIBUTION', { state, day });

      expect(await stateOf()).toEqual(expected);
    });

    it('of a version go by the name that is not deprecated', async () => {
      const attributes = {
        versionString: '4.2.0',
        appStoreState: 'DEVELOPER_REMOVED_FROM_SALE',
        appVersionState: 'READY_FOR_DISTRIBUTION',
      };
      const body = { data: [{ type: 'appStoreVersions', id: '1', attributes }], links: {} };
      s.fake.failNext({ match: { path: /\/appStoreVersions$/ }, status: 200, body });

      expect(await stateOf()).toEqual({ kind: 'live' });
    });

    it('of a version are those of its exact number', async () => {
      const attributes = { versionString: '4.2.0.1', appVersionState: 'IN_REVIEW' };
      const body = { data: [{ type: 'appStoreVersions', id: '1', attributes }], links: {} };
      s.fake.failNext({ match: { path: /\/appStoreVersions$/ }, status: 200, body });

      expect(await stateOf()).toBeUndefined();
    });

    it('of a version whose phased release is left out of the answer is malformed, not live', async () => {
      const relationships = { appStoreVersionPhasedRelease: { data: { type: 'appStoreVersionPhasedReleases', id: '9' } } };
      const attributes = { versionString: '4.2.0', appVersionState: 'READY_FOR_DISTRIBUTION' };
      const stranger = { type: 'ofTomorrow', id: '9', attributes: { phasedReleaseState: 'COMPLETE' } };
      const body = { data: [{ type: 'appStoreVersions', id: '1', attributes, relationships }], included: [stranger], links: {} };
      s.fake.failNext({ match: { path: /\/appStoreVersions$/ }, status: 200, body });

      expect((await providerError(stateOf())).kind).toBe('malformed');
    });
  });

  describe('rollouts', () => {
    it('go by the days of Apple until everybody has the version', async () => {
      const version = seed('READY_FOR_DISTRIBUTION', { state: 'ACTIVE', day: 1 });
      const seen = [];
      for (let day = 1; day <= 8; day += 1) {
        seen.push(await stateOf());
        s.fake.world.nextDay(version);
      }

      expect(seen.map((state) => (state?.kind === 'rolling-out' ? state.fraction * 100 : state?.kind))).toEqual([
        ...(store().abilities.rollout.kind === 'phased' ? [1, 2, 5, 10, 20, 50] : []),
        'live',
        'live',
      ]);
    });

    it('that were paused for thirty days cannot be paused again, which is said without asking Apple', async () => {
      seed('READY_FOR_DISTRIBUTION', { state: 'ACTIVE', day: 3, pausedDays: 30 });

      const error = await providerError(store().halt(query()));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringMatching(/30 days already/) });
      expect(s.fake.calls.every(({ method }) => method === 'GET')).toBe(true);
    });

    it('of the twenty-ninth day can', async () => {
      seed('READY_FOR_DISTRIBUTION', { state: 'ACTIVE', day: 3, pausedDays: 29 });

      expect((await store().halt(query())).state).toEqual({ kind: 'halted', fraction: 0.05 });
    });

    it('have nothing to resume once everybody has the version', async () => {
      seed('READY_FOR_DISTRIBUTION', { state: 'COMPLETE', day: 7 });

      expect((await store().resume(query())).state).toEqual({ kind: 'live' });
    });

    it('that have not begun cannot be halted, resumed or completed', async () => {
      seed('READY_FOR_DISTRIBUTION', { state: 'INACTIVE', day: 0 });

      for (const step of ['halt', 'resume', 'complete'] as const) {
        expect(await providerError(store()[step](query()))).toMatchObject({
          kind: 'conflict',
          message: expect.stringContaining('no phased release'),
        });
      }
    });

    it.each([
      ['halt', 'ACTIVE', 'PAUSED', 'halted'],
      ['resume', 'PAUSED', 'ACTIVE', 'rolling-out'],
      ['complete', 'PAUSED', 'COMPLETE', 'live'],
    ] as const)('that somebody else took to the same end in the same moment are success: %s', async (step, before, after, kind) => {
      const version = seed('READY_FOR_DISTRIBUTION', { state: before, day: 2 });
      const match = (request: { method: string }) => {
        if (request.method !== 'PATCH' || !version.phased) return false;
        version.phased.state = after;
        return true;
      };
      s.fake.failNext({ match, status: 409 });

      expect((await store()[step](query())).state.kind).toBe(kind);
    });

    it('that somebody else took elsewhere in the same moment are a conflict', async () => {
      const version = seed('READY_FOR_DISTRIBUTION', { state: 'PAUSED', day: 2 });
      const match = (request: { method: string }) => {
        if (request.method !== 'PATCH') return false;
        version.state = 'REPLACED_WITH_NEW_VERSION';
        return true;
      };
      s.fake.failNext({ match, status: 409 });

      expect((await providerError(store().resume(query()))).kind).toBe('conflict');
    });
  });

  describe('apps', () => {
    it('are told from those whose bundle id begins alike, over all pages', async () => {
      for (let index = 0; index < 12; index += 1) s.fake.world.addApp({ bundleId: `com.example.app.n${index}` });

      expect((await store().listing(app()))?.name).toBe('Example');
      expect(await store().listing({ appId: 'com.example.ap', track: '' })).toBeNull();
    });

    it('are asked for once by an adapter, and again while they are not there', async () => {
      const one = store();
      for (let time = 0; time < 2; time += 1) {
        await one.findRelease(query());
        await one.findRelease({ ...query(), app: { appId: 'com.example.later', track: '' } });
      }

      expect(s.fake.calls.filter(({ path }) => path === '/v1/apps')).toHaveLength(3);
    });

    it('give the locales of the newest version, over all pages, or their own where there is no version', async () => {
      const locales = ['ar-SA', 'ca', 'cs', 'da', 'de-DE', 'el', 'en-US', 'fi'];
      s.fake.world.addVersion(s.app, '4.2.0', { locales });
      s.fake.world.addApp({ bundleId: 'com.example.new', primaryLocale: 'pt-BR' });

      expect((await store().listing(app()))?.locales).toEqual(['en-US', ...locales.filter((each) => each !== 'en-US')]);
      expect((await store().listing({ appId: 'com.example.new', track: '' }))?.locales).toEqual(['pt-BR']);
    });
  });

  it('builds without an upload date are not new enough for anybody who asks since when', async () => {
    const build = { type: 'builds', id: '1', attributes: { version: '42', uploadedDate: null, processingState: 'VALID', expired: null } };
    s.fake.failNext({ match: { path: '/v1/builds' }, status: 200, body: { data: [build], links: {} }, times: 2 });
    const search = { ...query(), sha256: null };

    expect(await store().findBuild({ ...search, uploadedSince: '2020-01-01T00:00:00Z' })).toBeNull();
    expect(await store().findBuild({ ...search, uploadedSince: null })).toMatchObject({ uploadedAt: null, state: { kind: 'ready' } });
  });

  describe('errors', () => {
    const answered = async (status: number, code: string, headers: Record<string, string> = {}) => {
      const body = { errors: [{ id: '1', status: String(status), code, title: 'Title', detail: 'Detail.' }] };
      s.fake.failNext({ status, body, headers });
      return providerError(store().listing(app()));
    };

    it.each([
      [401, 'NOT_AUTHORIZED', 'unauthorized'],
      [403, 'FORBIDDEN_ERROR', 'forbidden'],
      [403, 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED', 'forbidden'],
      [400, 'PARAMETER_ERROR.INVALID', 'invalid'],
      [409, 'ENTITY_ERROR', 'invalid'],
      [409, 'ENTITY_ERROR.ATTRIBUTE.INVALID', 'invalid'],
      [409, 'ENTITY_ERROR.ATTRIBUTE.INVALID.TOO_LONG', 'invalid'],
      [409, 'ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE', 'conflict'],
      [409, 'ENTITY_ERROR.ATTRIBUTE.INVALID.INVALID_STATE', 'conflict'],
      [409, 'ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE.DIFFERENT_ACCOUNT', 'conflict'],
      [409, 'ENTITY_ERROR.ATTRIBUTE.REQUIRED', 'invalid'],
      [409, 'ENTITY_ERROR.RELATIONSHIP.INVALID', 'conflict'],
      [409, 'ENTITY_ERRORS_OF_TOMORROW', 'conflict'],
      [409, 'STATE_ERROR', 'conflict'],
      [409, 'STATE_ERROR.ENTITY_STATE_INVALID', 'conflict'],
      [422, 'ENTITY_UNPROCESSABLE', 'invalid'],
      [429, 'RATE_LIMIT_EXCEEDED', 'rate-limited'],
      [500, 'UNEXPECTED_ERROR', 'unavailable'],
      [503, 'OF_TOMORROW', 'unavailable'],
    ])('%i %s is %s, in the words of Apple', async (status, code, kind) => {
      expect(await answered(status, code)).toMatchObject({ kind, status, message: expect.stringContaining(`Detail. (${code})`) });
    });

    it('404 with the code of Apple is not-found to writers', async () => {
      seed('PENDING_DEVELOPER_RELEASE');
      const body = { errors: [{ status: '404', code: 'NOT_FOUND', title: 'Gone' }] };
      s.fake.failNext({ match: { method: 'POST' }, status: 404, body });

      expect(await providerError(store().ensureReleased(query()))).toMatchObject({
        kind: 'not-found',
        message: expect.stringContaining('Gone (NOT_FOUND)'),
      });
    });

    it('beyond the rate limit wait five minutes where Apple does not say how long', async () => {
      expect((await answered(429, 'RATE_LIMIT_EXCEEDED')).retryAfterMs).toBe(300_000);
      expect((await answered(429, 'RATE_LIMIT_EXCEEDED', { 'retry-after': '9' })).retryAfterMs).toBe(9_000);
    });

    it('about agreements say who has to do what', async () => {
      const error = await answered(403, 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED');

      expect(error.message).toMatch(/Account Holder has to accept the agreement in App Store Connect, under Business/);
    });

    it('are told once each, and lists that go on without saying where are malformed', async () => {
      const same = { status: '409', code: 'STATE_ERROR', title: 'Same' };
      s.fake.failNext({ status: 409, body: { errors: [same, same] } });
      expect((await providerError(store().listing(app()))).message.match(/Same/g)).toHaveLength(1);

      s.fake.failNext({ status: 200, body: { data: [], links: { next: 'https://elsewhere.example.com/v1/apps?page=2' } } });
      expect((await providerError(store().listing(app()))).kind).toBe('malformed');
    });

    it('of a next page never lead to another address', async () => {
      s.fake.failNext({ status: 200, body: { data: [], links: { next: 'https://elsewhere.example.com/v1/apps?cursor=NQ' } } });

      await store().listing(app());

      expect(s.fake.calls.map(({ path, query: sent }) => [path, sent.get('cursor')])).toContainEqual(['/v1/apps', 'NQ']);
    });
  });
});
