import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Submission } from '../../src/integrations/capabilities/app-store.ts';
import { googlePlayAppStore } from '../../src/integrations/providers/google-play/app-store.ts';
import { googlePlayStagedRollout } from '../../src/integrations/providers/google-play/staged-rollout.ts';
import type { FakeRelease } from '../fakes/google-play/index.ts';
import { providerError } from './contract-case.ts';
import { APP, COMMIT, type PlaySetup, playSetup } from './google-play-harness.ts';

const query = { app: { appId: APP, track: 'production' }, version: '4.2.0', buildNumber: '4200' };
const gradual: Submission = { ...query, notes: {}, gradually: { fraction: 0.1 }, updatePriority: null };
const PUT = { method: 'PUT', path: /\/tracks\/production$/ };

describe('Google Play', () => {
  let setup: PlaySetup;
  beforeEach(async () => {
    setup = await playSetup();
    setup.app.addBundle(4200);
  });
  afterEach(() => setup.fake.close());

  const store = () => googlePlayAppStore(setup.connection, setup.deps());
  const rollout = () => googlePlayStagedRollout(setup.connection, setup.deps());
  const commits = () => setup.fake.calls.filter(({ path }) => COMMIT.path.test(path));
  const openEdits = () => [...setup.app.edits.values()].filter(({ state }) => state === 'open').length;
  const own = () => setup.app.releases().find(({ versionCodes }) => versionCodes?.includes('4200'));
  const published = (changes: Partial<FakeRelease> = {}) =>
    setup.app.publish({ name: '4.2.0', versionCodes: ['4200'], status: 'inProgress', userFraction: 0.1, ...changes });

  describe('edits', () => {
    it('are one per call, and none is left open, whatever the outcome', async () => {
      await store().listing(query.app);
      await store().findRelease(query);
      await providerError(store().halt(query));
      await providerError(store().ensureSubmitted({ ...gradual, notes: { 'fr-FR': 'x' } }));
      await store().ensureSubmitted(gradual);
      await store().ensureSubmitted(gradual);

      expect(setup.app.edits.size).toBe(6);
      expect(openEdits()).toBe(0);
      expect(commits()).toHaveLength(1);
    });

    it('are dropped where a call within fails', async () => {
      setup.fake.failNext({ match: PUT, status: 503 });

      await providerError(store().ensureSubmitted(gradual));

      expect(openEdits()).toBe(0);
    });

    it.each(['update', 'commit'])('lost to another one before the %s are unavailable, and nothing was written', async (call) => {
      const lost = call === 'update' ? PUT : COMMIT;
      setup.fake.failNext({
        match: ({ method, path }) => {
          if (method === lost.method && lost.path.test(path)) setup.app.openEdit();
          return false;
        },
      });

      const error = await providerError(store().ensureSubmitted(gradual));

      expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('has been deleted') });
      expect(own()).toBeUndefined();
    });

    it('are not begun for a step that is done, nor kept for it', async () => {
      published({ status: 'halted' });

      await store().halt(query);

      expect(commits()).toHaveLength(0);
      expect(openEdits()).toBe(0);
    });
  });

  describe('a track', () => {
    const others = () => setup.app.releases().filter((release) => release !== own());
    it('keeps the release of everybody, and a draft of people, through every step', async () => {
      setup.app.releases().push({ name: 'Next', status: 'draft' });
      const before = structuredClone(setup.app.releases());

      await store().ensureSubmitted(gradual);
      setup.app.review(4200, 'approved');
      await rollout().setFraction(query, 0.3);
      await store().halt(query);
      await store().resume(query);

      expect(others()).toEqual(expect.arrayContaining(before));
      expect(others()).toHaveLength(2);
    });

    it('goes over to ours when it is for everybody, and back when that is halted', async () => {
      published();

      await store().complete(query);
      const after = setup.app.releases().map(({ name }) => name);
      const halted = await store().halt(query);

      expect(after).toEqual(['4.2.0']);
      expect(halted.state).toEqual({ kind: 'halted', fraction: 1 });
      expect(own()).not.toHaveProperty('userFraction');
      expect(others()).toMatchObject([{ name: '4.1.0', status: 'completed' }]);
    });

    it('keeps a share through a halt, and has none for everybody', async () => {
      published();

      await store().halt(query);
      expect(own()).toMatchObject({ status: 'halted', userFraction: 0.1 });
      await store().complete(query);

      expect(own()).toMatchObject({ status: 'completed' });
      expect(own()).not.toHaveProperty('userFraction');
    });

    it('lets ours take the place of a rollout of before', async () => {
      setup.app.publish({ name: '4.1.5', versionCodes: ['4150'], status: 'halted', userFraction: 0.5 });

      await store().ensureSubmitted(gradual);

      expect(setup.app.releases().map(({ name }) => name)).toEqual(['4.2.0', '4.1.0']);
    });

    it('lets ours take the place of no later one', async () => {
      setup.app.publish({ name: '4.3.0', versionCodes: ['4300'], status: 'inProgress', userFraction: 0.5 });

      const error = await providerError(store().ensureSubmitted(gradual));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('later version') });
      expect(setup.app.releases().map(({ name }) => name)).toEqual(['4.3.0', '4.1.0']);
    });

    it('lets a draft of ours take the place of no later one either', async () => {
      setup.app.releases().push({ name: '4.2.0', versionCodes: ['4200'], status: 'draft' });
      setup.app.publish({ name: '4.3.0', versionCodes: ['4300'], status: 'inProgress', userFraction: 0.5 });

      expect((await providerError(store().ensureSubmitted(gradual))).kind).toBe('conflict');
      expect(setup.app.releases().map(({ name }) => name)).toContain('4.3.0');
    });

    it('that is not there is null to readers and not-found to writers', async () => {
      const nowhere = { ...query, app: { appId: APP, track: 'wear:nowhere' } };

      expect(await store().findRelease(nowhere)).toBeNull();
      expect((await providerError(store().halt(nowhere))).kind).toBe('not-found');
      expect((await providerError(store().ensureSubmitted({ ...gradual, app: nowhere.app }))).kind).toBe('not-found');
    });

    it('keeps what people wrote into a draft that is sent', async () => {
      const notes = [
        { language: 'de-DE', text: 'Von Hand.' },
        { language: 'en-US', text: 'By hand.' },
      ];
      const countryTargeting = { countries: ['DE'], includeRestOfWorld: false };
      setup.app.releases().push({ name: 'Summer', versionCodes: ['4200'], status: 'draft', releaseNotes: notes });
      await store().ensureSubmitted({ ...gradual, notes: { 'en-US': 'New.' } });
      setup.app.review(4200, 'approved');
      Object.assign(own() ?? {}, { countryTargeting });

      await rollout().setFraction(query, 0.2);

      expect(own()).toMatchObject({ name: '4.2.0', countryTargeting, userFraction: 0.2 });
      expect(own()?.releaseNotes).toEqual(expect.arrayContaining([{ language: 'en-US', text: 'New.' }, notes[0]]));
    });

    it('is not completed for all countries where people chose some', async () => {
      published({ countryTargeting: { countries: ['DE'], includeRestOfWorld: false } });

      const error = await providerError(store().complete(query));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('countries') });
      expect(own()).toMatchObject({ status: 'inProgress', userFraction: 0.1 });
    });

    it('whose first release is ours cannot be halted for everybody, in Google’s words', async () => {
      setup.app.releases().splice(0);
      published({ status: 'completed' });
      delete own()?.userFraction;

      expect(await providerError(store().halt(query))).toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('first release'),
      });
    });
  });

  describe('review', () => {
    it('is not cancelled by a rollout of ours, but for a halt', async () => {
      setup.app.publish({ name: 'Beta', versionCodes: ['4290'], status: 'completed' }, 'beta');
      published();
      setup.app.reviews.set(4290, 'IN_REVIEW');

      const error = await providerError(rollout().setFraction(query, 0.5));
      const before = setup.app.submissions.get(4290);
      await store().halt(query);

      expect(error).toMatchObject({ kind: 'rate-limited', message: expect.stringContaining('changes in review') });
      expect(before).toBeUndefined();
      expect(own()?.status).toBe('halted');
      expect(setup.app.submissions.get(4290)).toBe(1);
    });

    it('that only a person may ask for is left to one, once, and goes on when that was done', async () => {
      setup.app.isHeldBack = true;

      const first = await providerError(store().ensureSubmitted(gradual));
      const kept = (await store().findRelease(query))?.state;
      const again = await providerError(store().ensureSubmitted(gradual));
      setup.app.reviews.set(4200, 'IN_REVIEW');
      const done = await store().ensureSubmitted(gradual);

      for (const error of [first, again]) {
        expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('Send for review') });
      }
      expect(kept).toEqual({ kind: 'draft' });
      expect(commits().filter(({ query: sent, status }) => sent.get('changesNotSentForReview') === 'true' && status === 200)).toHaveLength(
        1,
      );
      expect(done.state).toEqual({ kind: 'in-review' });
    });

    it.each(['halt', 'complete'] as const)(
      'that only a person may ask for keeps a rollout from its %s, and says where a person does it',
      async (step) => {
        published();
        const message =
          'Changes cannot be sent for review automatically. Please set the query parameter changesNotSentForReview to true. Once committed, the changes in this edit can be sent for review from the Google Play Console UI.';
        setup.fake.failNext({ match: COMMIT, status: 400, body: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } });

        const error = await providerError(store()[step](query));

        expect(error).toMatchObject({
          kind: 'conflict',
          message: expect.stringMatching(new RegExp(`cannot ${step} 4\\.2\\.0: .*Play Console`)),
        });
        expect(error.message).not.toContain('query parameter');
        expect(commits()).toHaveLength(1);
        expect(own()).toMatchObject({ status: 'inProgress', userFraction: 0.1 });
      },
    );

    it('that passed waits for a person under managed publishing, and says where', async () => {
      setup.app.isManaged = true;
      await store().ensureSubmitted(gradual);
      setup.app.review(4200, 'approved');

      const error = await providerError(store().ensureReleased(query));

      expect((await store().findRelease(query))?.state).toEqual({ kind: 'approved' });
      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('Publishing overview') });
    });

    it('that Google tells nothing about leaves the word to the track', async () => {
      setup.app.tellsReviews = false;
      published();

      expect((await store().findRelease(query))?.state).toEqual({ kind: 'rolling-out', fraction: 0.1 });
    });

    it('that cannot be asked for is not taken for passed', async () => {
      published();
      setup.fake.failNext({ match: { path: /\/releases$/ }, status: 503 });

      expect((await providerError(store().findRelease(query))).kind).toBe('unavailable');
    });

    it('that does not name the release yet does not count it as out, and does not stop a halt', async () => {
      published({ status: 'completed' });
      delete own()?.userFraction;
      setup.app.reviews.delete(4200);

      const before = await store().findRelease(query);
      const completed = await store().complete(query);
      await store().halt(query);

      expect([before?.state, completed.state]).toEqual([{ kind: 'processing' }, { kind: 'processing' }]);
      expect(own()?.status).toBe('halted');
    });

    it('of another build of the version that is out is a conflict, one of a draft makes room', async () => {
      const other = setup.app.publish({ name: '4.2.0', versionCodes: ['4199'], status: 'completed' });
      expect(await providerError(store().ensureSubmitted(gradual))).toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('4199'),
      });

      other.status = 'draft';
      await store().ensureSubmitted(gradual);

      expect(setup.app.releases().map(({ versionCodes }) => versionCodes)).toEqual([['4200'], ['4100']]);
    });
  });

  describe('submissions', () => {
    it.each([
      [{ gradually: { fraction: 0 } }, 'rollout'],
      [{ gradually: { fraction: 1 } }, 'rollout'],
      [{ updatePriority: 6 }, 'priority'],
      [{ updatePriority: 1.5 }, 'priority'],
    ])('with %o are invalid, and call nobody', async (changes, words) => {
      const error = await providerError(store().ensureSubmitted({ ...gradual, ...changes }));

      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(words) });
      expect(setup.fake.calls).toEqual([]);
    });

    it('to everybody have no share', async () => {
      await store().ensureSubmitted({ ...gradual, gradually: null });

      expect(own()).toEqual({ name: '4.2.0', versionCodes: ['4200'], status: 'completed' });
    });

    it('are not committed where Google’s answer to the write lacks them', async () => {
      setup.fake.failNext({ match: PUT, status: 200, body: { track: 'production', releases: [] } });

      expect((await providerError(store().ensureSubmitted(gradual))).kind).toBe('malformed');
      expect(commits()).toHaveLength(0);
    });
  });
});
