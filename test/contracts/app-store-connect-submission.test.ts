import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notesForStore } from '../../src/domain/release/store-notes.ts';
import { type Submitting, submitting } from './app-store-connect-submitting.ts';
import { providerError } from './contract-case.ts';

describe('submissions to App Store Connect', () => {
  let s: Submitting;
  beforeEach(async () => {
    s = await submitting();
  });
  afterEach(() => s.fake.close());

  it('of a new version take each step once, the sending last', async () => {
    s.build();

    await s.submit();

    const steps = s.fake.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, ':id')}`);
    expect(steps).toEqual([
      'POST /v1/appStoreVersions',
      'PATCH /v1/appStoreVersions/:id/relationships/build',
      'POST /v1/appStoreVersionPhasedReleases',
      ...Array(3).fill('PATCH /v1/appStoreVersionLocalizations/:id'),
      'POST /v1/reviewSubmissions',
      'POST /v1/reviewSubmissionItems',
      'PATCH /v1/reviewSubmissions/:id',
    ]);
    expect(s.version().releaseType).toBe('MANUAL');
  });

  describe('drafts', () => {
    it('of the version that people began are brought in line: build, manual release, phased release, notes', async () => {
      s.build();
      const draft = s.world.addVersion(s.app, '4.2.0');
      draft.build = s.build('41');
      draft.phased = { id: s.world.newId(), state: 'INACTIVE', day: 0, pausedDays: 0, startedAt: null };

      const release = await s.submit({ gradually: null });

      expect(release).toMatchObject({ id: draft.id, buildNumbers: ['42'], state: { kind: 'in-review' } });
      expect(draft).toMatchObject({ releaseType: 'MANUAL', phased: null, build: { number: '42' } });
    });

    it.each(['PREPARE_FOR_SUBMISSION', 'REJECTED', 'DEVELOPER_REJECTED', 'WAITING_FOR_REVIEW', 'PENDING_DEVELOPER_RELEASE'])(
      'of another version, or one in the works (%s), are named and left alone',
      async (state) => {
        s.build();
        s.world.addVersion(s.app, '4.1.1', { state });

        const error = await providerError(s.submit());

        expect(error).toMatchObject({ kind: 'conflict', message: expect.stringMatching(new RegExp(`4\\.1\\.1 of the app is ${state}`)) });
        expect(s.writes()).toBe(0);
      },
    );

    it('are made beside a version that is out, though its phased release has not begun', async () => {
      s.build();
      const [before] = s.world.versionsOf(s.app);
      if (before) before.phased = { id: s.world.newId(), state: 'INACTIVE', day: 0, pausedDays: 0, startedAt: null };

      expect((await s.submit()).state).toEqual({ kind: 'in-review' });
    });

    it('whose notes say enough already are not written again, and locales that get none keep theirs', async () => {
      s.build();
      const draft = s.world.addVersion(s.app, '4.2.0');
      for (const localization of draft.localizations) localization.whatsNew = localization.locale === 'ja' ? '人' : 'New.';

      await s.submit({ notes: { 'en-US': 'New.', 'de-DE': 'Neu.' } });

      expect(s.fake.calls.filter(({ path }) => path.includes('/appStoreVersionLocalizations/'))).toHaveLength(1);
      expect(draft.localizations.map(({ whatsNew }) => whatsNew)).toEqual(['Neu.', 'New.', '人']);
    });

    it('that would stay silent in a locale are invalid, and it is named', async () => {
      s.build();

      expect(await providerError(s.submit({ notes: { 'en-US': 'New.', ja: '' } }))).toMatchObject({
        kind: 'invalid',
        message: expect.stringMatching(/missing in de-DE, ja$/),
      });
      expect(s.submissions()).toEqual([]);
    });

    it('that somebody made in the same moment are taken up', async () => {
      s.build();
      const draft = s.world.addVersion(s.app, '4.2.0');
      // Neither look shows it, and the third does.
      s.fake.failNext({ match: { path: /\/appStoreVersions$/ }, status: 200, body: { data: [], links: {} }, times: 2 });

      expect(await s.submit()).toMatchObject({ id: draft.id, state: { kind: 'in-review' } });
    });
  });

  it('of the first version of an app go without notes, which it has no field for', async () => {
    const first = s.world.addApp({ bundleId: 'com.example.first' });
    s.world.addBuild(first, { version: '1.0.0', number: '1' });
    const wanted = { app: { appId: first.bundleId, track: '' }, version: '1.0.0', buildNumber: '1', gradually: null };

    for (const each of [{ 'en-US': 'Hello.' }, {}] as Record<string, string>[]) {
      s.world.versions.clear();
      s.world.submissions.clear();
      expect((await s.submit({ ...wanted, notes: each })).state).toEqual({ kind: 'in-review' });
    }
  });

  it('of an update whose notes Apple refuses are not sent', async () => {
    s.build();
    s.fake.failNext({ match: { method: 'PATCH', path: /\/appStoreVersionLocalizations\// }, status: 409 });

    expect((await providerError(s.submit())).kind).toBe('conflict');
    expect(s.submissions()).toEqual([]);
  });

  it('of notes that hold what Apple refuses are invalid and say what, and notes that nobody wrote for it hold none of it', async () => {
    s.build();
    const text = '• 🚀 cart: List<Item> -> basket';

    const others = { 'de-DE': 'Neu.', ja: '新' };

    const error = await providerError(s.submit({ notes: { ...others, 'en-US': text } }));
    const release = await s.submit({ notes: { ...others, 'en-US': notesForStore('APP_STORE', text) } });

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('🚀, <, >') });
    expect(release.state).toEqual({ kind: 'in-review' });
  });

  it('of the first version of an app cannot be phased, in the words of Apple', async () => {
    const first = s.world.addApp({ bundleId: 'com.example.first' });
    s.world.addBuild(first, { version: '1.0.0', number: '1' });

    const error = await providerError(
      s.submit({ app: { appId: first.bundleId, track: '' }, version: '1.0.0', buildNumber: '1', notes: {} }),
    );

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('for updates only') });
  });

  it.each([
    [{ processingState: 'PROCESSING' }, 'still processing'],
    [{ processingState: 'FAILED' }, 'could not process'],
    [{ processingState: 'INVALID' }, 'invalid'],
    [{ processingState: 'OF_TOMORROW' }, 'OF_TOMORROW'],
    [{ expired: true }, 'expired'],
    [{ audience: 'INTERNAL_ONLY' }, 'internal testing only'],
  ])('of a build that is %j are a conflict that says why, and make no version', async (changes, words) => {
    s.build('42', changes);

    const error = await providerError(s.submit());

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining(words) });
    expect(s.world.version(s.app, '4.2.0')).toBeUndefined();
  });

  it('that are refused pass on what Apple says of the parts', async () => {
    s.build();
    const associatedErrors = {
      '/v1/appScreenshotSets/1': [{ status: '409', code: 'STATE_ERROR.SCREENSHOT_REQUIRED.APP_IPHONE_65', title: 'Missing' }],
    };
    const body = { errors: [{ status: '409', code: 'STATE_ERROR.ENTITY_STATE_INVALID', title: 'Not valid', meta: { associatedErrors } }] };
    s.fake.failNext({ match: { method: 'POST', path: '/v1/reviewSubmissionItems' }, status: 409, body });

    const error = await providerError(s.submit());

    expect(error).toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(/Not valid.*Missing \(STATE_ERROR\.SCREENSHOT_REQUIRED/),
    });
  });

  describe('cut off between any two steps', () => {
    const steps = [
      ['POST', '/v1/appStoreVersions'],
      ['PATCH', /\/relationships\/build$/],
      ['POST', '/v1/appStoreVersionPhasedReleases'],
      ['PATCH', /\/appStoreVersionLocalizations\//],
      ['POST', '/v1/reviewSubmissions'],
      ['POST', '/v1/reviewSubmissionItems'],
      ['PATCH', /\/reviewSubmissions\//],
    ] as const;

    it.each(steps)('go on from there, with one effect: %s %s', async (method, path) => {
      s.build();
      s.fake.failNext({ match: { method, path }, mode: 'drop-after' });

      const error = await providerError(s.submit());
      const release = await s.submit();

      expect(error.kind).toBe('unavailable');
      expect(release).toMatchObject({ buildNumbers: ['42'], state: { kind: 'in-review' } });
      expect(s.submissions()).toMatchObject([
        { state: 'WAITING_FOR_REVIEW', items: [{ version: { versionString: '4.2.0', submissions: 1 } }] },
      ]);
      expect(s.version()).toMatchObject({ releaseType: 'MANUAL', phased: { state: 'INACTIVE' }, build: { number: '42' } });
    });

    it.each([
      ['PATCH', /\/reviewSubmissionItems\//],
      ['PATCH', /\/reviewSubmissions\//],
    ] as const)('go on after a rejection, too: %s %s', async (method, path) => {
      s.build();
      await s.submit();
      s.world.reject(s.version());
      s.build('43');
      s.fake.failNext({ match: { method, path }, mode: 'drop-after' });

      const error = await providerError(s.submit({ buildNumber: '43' }));
      const release = await s.submit({ buildNumber: '43' });

      expect(error.kind).toBe('unavailable');
      expect(release.state).toEqual({ kind: 'in-review' });
      expect(s.version()).toMatchObject({ submissions: 2, build: { number: '43' } });
      expect(s.submissions()).toHaveLength(1);
    });
  });
});
