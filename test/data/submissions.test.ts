import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabases } from '../support/databases.ts';
import { type DistributionWorld, openDistributionWorld } from './distribution-world.ts';
import { MemoryStore } from './memory-store.ts';
import { frozenStore } from './release-facts.ts';

const APP = 'com.example.shop';
const SUBMIT = 'SUBMIT_TO_PLAY_STORE/PLAY_STORE';
const ROLL_OUT = 'ROLL_OUT/PLAY_STORE';

describe.each(testDatabases())('submissions on $name', (server) => {
  let world: DistributionWorld;
  beforeAll(async () => {
    world = await openDistributionWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    world.store = new MemoryStore();
    world.store.build('41', '1.3.0');
    world.store.build('42', '1.4.0');
    world.pulls.length = 0;
  });

  describe('a submission', () => {
    it('hands the ready build of the version to the store, with notes for every locale, and waits for the review', async () => {
      const release = await world.release();
      await release.writeNotes('de-DE', 'Neu');

      const task = await release.look(SUBMIT);

      expect(task).toMatchObject({ status: 'WAITING', waitReason: 'CALLBACK', externalId: `release-${APP}` });
      expect(task.output).toMatchObject({ target: 'PLAY_STORE', version: '1.4.0', buildNumber: '42', status: 'IN_REVIEW' });
      expect(world.store.submitted).toMatchObject([
        {
          ...{ version: '1.4.0', buildNumber: '42', gradually: { fraction: 0.05 } },
          notes: { 'en-US': expect.stringMatching(/^New\n• Change 0\n.*… and \d+ more$/s), 'de-DE': 'Neu' },
        },
      ]);
      expect(world.store.submitted[0]?.notes['en-US']?.length).toBeLessThanOrEqual(500);
      expect(await release.submissions()).toMatchObject([{ ordinal: 1, status: 'IN_REVIEW', buildNumber: '42' }]);
      expect(await release.messages()).toEqual(['STORE_SUBMITTED']);
    });

    it('is one row, however many executions of its task plan it at once', async () => {
      const release = await world.release();
      const place = await world.placeOf(release, 'PLAY_STORE');

      const planned = await Promise.all(
        [42, 43, 44].map((build) => world.submissions.plan(place, 0, { buildNumber: String(build), notes: {} })),
      );

      expect(new Set(planned.map(({ id }) => id)).size).toBe(1);
      expect(await release.submissions()).toHaveLength(1);
      expect((await release.history()).filter(({ field }) => field === 'buildNumber')).toHaveLength(1);
    });

    it('is over when the store lets the version pass', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });

      expect((await release.look(SUBMIT)).status).toBe('COMPLETED');
      expect(await release.messages()).toEqual(['STORE_SUBMITTED', 'STORE_APPROVED']);
      expect((await release.task(ROLL_OUT)).status).toBe('READY');
    });

    it('is made once, whether its answer is lost or the worker dies before it settles', async () => {
      const release = await world.release();
      world.store.fail('ensureSubmitted', 'after');

      expect((await release.look(SUBMIT)).waitReason).toBe('RETRY');
      await release.crash(SUBMIT);
      await release.look(SUBMIT);

      expect(world.store.writes).toEqual(['submit 42']);
      expect(await release.submissions()).toMatchObject([{ ordinal: 1, status: 'IN_REVIEW' }]);
      expect(await release.messages()).toEqual(['STORE_SUBMITTED']);
    });

    it('that is rejected fails in the store’s words and holds the release; a retry submits the newest build', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'rejected', reason: 'It crashes.' });

      const failed = await release.look(SUBMIT);
      const held = await release.holds();
      world.store.build('43', '1.4.0');
      await release.retry(SUBMIT);
      await release.look(SUBMIT);

      expect(failed).toMatchObject({ status: 'FAILED', failure: { kind: 'conflict', message: expect.stringContaining('It crashes.') } });
      expect(held).toEqual([expect.stringContaining('TASK_FAILURE')]);
      expect(await release.submissions()).toMatchObject([
        { ordinal: 1, status: 'REJECTED', buildNumber: '42', reason: 'It crashes.' },
        { ordinal: 2, status: 'IN_REVIEW', buildNumber: '43' },
      ]);
      expect(world.store.writes).toEqual(['submit 42', 'submit 43']);
      expect(await release.messages()).toEqual(['STORE_SUBMITTED', 'STORE_REJECTED', 'STORE_SUBMITTED']);
    });

    it('that is rejected is not submitted again by a crash: only a person does that', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'rejected', reason: null });

      await release.crash(SUBMIT);
      const task = await release.look(SUBMIT);

      expect(task.status).toBe('FAILED');
      expect(world.store.writes).toEqual(['submit 42']);
      expect(await release.messages()).toEqual(['STORE_SUBMITTED', 'STORE_REJECTED']);
    });

    it('is submitted once more per retry, also when the retry is lost to a crash', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'rejected', reason: null });
      await release.look(SUBMIT);
      await release.retry(SUBMIT);

      await release.crash(SUBMIT);
      await release.look(SUBMIT);

      expect(await release.submissions()).toMatchObject([{ status: 'REJECTED' }, { ordinal: 2, status: 'IN_REVIEW' }]);
      expect(world.store.writes).toEqual(['submit 42', 'submit 42']);
    });

    it('that was taken back in the console fails likewise', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'withdrawn' });

      expect((await release.look(SUBMIT)).failure?.message).toContain('taken back');
      expect(await release.submissions()).toMatchObject([{ status: 'WITHDRAWN' }]);
    });

    it('that the store did not take is made anew with what is there when a person retries', async () => {
      const release = await world.release();
      world.store.fail('ensureSubmitted', 'before', 'invalid');

      const failed = await release.look(SUBMIT);
      world.store.build('43', '1.4.0');
      await release.retry(SUBMIT);
      await release.look(SUBMIT);

      expect(failed.status).toBe('FAILED');
      expect(await release.submissions()).toMatchObject([{ ordinal: 1, status: 'IN_REVIEW', buildNumber: '43' }]);
      expect(world.store.writes).toEqual(['submit 43']);
    });

    it('that shows another build than was submitted is a matter for people', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.releases.set(APP, { version: '1.4.0', build: '99', state: { kind: 'rolling-out', fraction: 0.05 }, gradually: 0.05 });

      expect((await release.look(SUBMIT)).failure?.message).toContain('the build 99');
      expect(await release.submissions()).toMatchObject([{ status: 'IN_REVIEW' }]);
    });

    it('waits while the store prepares its build, and fails clearly without one', async () => {
      const [waiting, without] = [await world.release(), await world.release()];
      world.store.builds = [];
      world.store.build('42', '1.4.0', { kind: 'processing' });

      const first = await waiting.look(SUBMIT);
      world.store.builds = [];
      const second = await without.look(SUBMIT);

      expect(first).toMatchObject({ status: 'WAITING', output: { why: expect.stringContaining('prepares') } });
      expect(second.failure?.message).toContain('no build of 1.4.0');
      expect(world.store.writes).toEqual([]);
    });

    it('looks on through outages of the store, however many, and however long the review takes', async () => {
      const release = await world.release();
      await release.look(SUBMIT);

      for (let outage = 0; outage < 15; outage += 1) {
        world.store.fail('findRelease', 'before');
        await release.look(SUBMIT);
      }

      expect(await release.task(SUBMIT)).toMatchObject({
        status: 'WAITING',
        waitReason: 'CALLBACK',
        failures: 0,
        output: { trouble: 'the store is away' },
      });
    });

    it('has not passed while the store still prepares it: the review may come', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'processing' });
      const prepared = await release.look(SUBMIT);
      world.store.show(APP, { kind: 'rejected', reason: 'It crashes.' });

      expect(prepared).toMatchObject({ status: 'WAITING', output: { status: 'IN_REVIEW' } });
      expect((await release.look(SUBMIT)).failure?.message).toContain('It crashes.');
    });

    it('counts no state that nobody mapped', async () => {
      const release = await world.release();
      await release.look(SUBMIT);
      world.store.show(APP, { kind: 'unknown', raw: 'FROBBED' });

      expect(await release.look(SUBMIT)).toMatchObject({ status: 'WAITING', output: { status: 'IN_REVIEW', state: { raw: 'FROBBED' } } });
    });
  });

  describe('a release', () => {
    const both = [frozenStore('PLAY_STORE'), frozenStore('APP_STORE', { appId: 'com.example.shop.ios' })];

    it('is SUBMITTED once every store has it, and not while one has rejected it', async () => {
      const release = await world.release(both);
      const at = [await release.submittedAt()];

      await release.look(SUBMIT);
      at.push(await release.submittedAt());
      await release.look('SUBMIT_TO_APP_STORE/APP_STORE');
      at.push(await release.submittedAt());
      world.store.show('com.example.shop.ios', { kind: 'rejected', reason: null });
      await release.look('SUBMIT_TO_APP_STORE/APP_STORE');
      at.push(await release.submittedAt());

      expect(at.map((instant) => instant !== null)).toEqual([false, false, true, false]);
      const items = (await release.history()).filter(({ field }) => field === 'submittedAt');
      expect(items.map(({ before, after }) => [before !== null, after !== null])).toEqual([
        [false, true],
        [true, false],
      ]);
    });

    it('rolls out to one store while the other rejects it', async () => {
      const release = await world.release(both);
      await release.look(SUBMIT);
      await release.look('SUBMIT_TO_APP_STORE/APP_STORE');
      world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
      world.store.show('com.example.shop.ios', { kind: 'rejected', reason: null });
      await release.look(SUBMIT);
      await release.look(ROLL_OUT);
      await release.look('SUBMIT_TO_APP_STORE/APP_STORE');

      world.store.fail('findRelease', 'before');
      await release.look(ROLL_OUT);
      await release.steer('PLAY_STORE', 'halt');
      const task = await release.look(ROLL_OUT);

      expect(task).toMatchObject({ status: 'WAITING', waitReason: 'HALTED', held: 0 });
      expect(world.store.writes).toContain('halt');
    });
  });
});
