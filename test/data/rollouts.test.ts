import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storeLock } from '../../src/services/releases/store-lock.ts';
import { testDatabases } from '../support/databases.ts';
import { type DistributedRelease, type DistributionWorld, openDistributionWorld } from './distribution-world.ts';
import { MemoryStore } from './memory-store.ts';
import { frozenStore } from './release-facts.ts';

const APP = 'com.example.shop';
const SUBMIT = 'SUBMIT_TO_PLAY_STORE/PLAY_STORE';
const ROLL_OUT = 'ROLL_OUT/PLAY_STORE';
const DAY_MS = 86_400_000;

describe.each(testDatabases())('rollouts on $name', (server) => {
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

  /** One whose review is over and whose first step is out. */
  async function rollingOut(percents = [5, 100]): Promise<DistributedRelease> {
    const steps = percents.map((percent, index) => ({ percent, waitMinutes: index === 0 ? 1440 : null }));
    const release = await world.release([frozenStore('PLAY_STORE', { rolloutPlan: { kind: 'staged', steps } })]);
    await release.look(SUBMIT);
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
    await release.look(SUBMIT);
    await release.look(ROLL_OUT);
    return release;
  }

  describe('a rollout', () => {
    it('shows its first step and waits for the next one’s time, looking all the while', async () => {
      const release = await rollingOut();

      const task = await release.task(ROLL_OUT);

      expect(task).toMatchObject({
        status: 'WAITING',
        waitReason: 'TIMER',
        output: { status: 'PROGRESSING', step: 1, steps: 2, fraction: 0.05 },
      });
      expect((task.runAt?.getTime() ?? 0) - task.now.getTime()).toBeLessThanOrEqual(60_000);
      expect(await release.rollout('PLAY_STORE')).toMatchObject({ status: 'PROGRESSING', step: 1, fraction: 0.05 });
      expect((await release.messages()).slice(2)).toEqual(['ROLLOUT_STARTED']);
    });

    it('goes on when the step’s time has come, ends when everybody is seen to have it, and the release is complete', async () => {
      const release = await rollingOut();
      await release.passSteps(DAY_MS);

      const task = await release.look(ROLL_OUT);
      const last = await release.look('COMPLETE_RELEASE');

      expect(world.store.writes.slice(1)).toEqual(['complete']);
      expect(task).toMatchObject({ status: 'COMPLETED', output: { status: 'COMPLETED', fraction: 1 } });
      expect(last).toMatchObject({
        status: 'COMPLETED',
        output: { targets: [{ target: 'PLAY_STORE', live: true }], backMerge: { into: 'main', problem: null } },
      });
      expect(world.pulls).toEqual(['release/1.4.0 → main']);
      expect((await release.messages()).slice(2)).toEqual(['ROLLOUT_STARTED', 'ROLLOUT_COMPLETED']);
    });

    it('reaches its steps once, whether an answer is lost or the worker dies, and takes them for its own', async () => {
      const release = await rollingOut([5, 50, 100]);
      await release.passSteps(DAY_MS);
      world.store.fail('set-fraction 0.5', 'after');

      await release.look(ROLL_OUT);
      await release.crash(ROLL_OUT);
      await release.look(ROLL_OUT);

      expect(world.store.writes.slice(1)).toEqual(['set-fraction 0.5']);
      expect(await release.rollout('PLAY_STORE')).toMatchObject({ status: 'PAUSED', pauseReason: 'step', step: 2 });
      expect((await release.told('ROLLOUT_STEPPED')).map(({ outside }) => outside)).toEqual([false]);
    });

    it('is halted and resumed by people; the message says who and why', async () => {
      const release = await rollingOut();

      await release.steer('PLAY_STORE', 'halt');
      const halted = await release.look(ROLL_OUT);
      await release.steer('PLAY_STORE', 'resume');
      const resumed = await release.look(ROLL_OUT);

      expect(halted).toMatchObject({ waitReason: 'HALTED', output: { pauseReason: 'manual' } });
      expect(resumed).toMatchObject({ waitReason: 'TIMER', output: { status: 'PROGRESSING' } });
      expect(world.store.writes.slice(1)).toEqual(['halt', 'resume']);
      const told = [...(await release.told('ROLLOUT_HALTED')), ...(await release.told('ROLLOUT_RESUMED'))];
      expect(told).toMatchObject([
        { by: 'Ada', reason: 'because', outside: false, target: 'PLAY_STORE', version: '1.4.0', fraction: 0.05 },
        { by: 'Ada', outside: false },
      ]);
    });

    it('adopts a halt in the console, tells of it once, and goes no further before a person resumes it', async () => {
      const release = await rollingOut();
      world.store.show(APP, { kind: 'halted', fraction: 0.05 });
      await release.passSteps(30 * DAY_MS);

      await release.look(ROLL_OUT);
      await release.look(ROLL_OUT);
      const standing = await release.rollout('PLAY_STORE');
      await release.steer('PLAY_STORE', 'resume');
      await release.look(ROLL_OUT);

      expect(standing).toMatchObject({ status: 'PAUSED', pauseReason: 'outside', fraction: 0.05 });
      expect(await release.told('ROLLOUT_HALTED')).toMatchObject([{ outside: true, by: null }]);
      expect(world.store.writes.slice(1)).toEqual(['resume']);
      expect(await release.rollout('PLAY_STORE')).toMatchObject({ status: 'PROGRESSING' });
    });

    it('obeys a halt that is wanted at the very moment of its next step', async () => {
      const release = await rollingOut();
      await release.passSteps(DAY_MS);
      world.beforeWrite = () => release.steer('PLAY_STORE', 'halt');

      await release.look(ROLL_OUT);

      expect(world.store.writes.slice(1)).toEqual(['halt']);
      expect(await release.rollout('PLAY_STORE')).toMatchObject({ status: 'PAUSED', wanted: 'HALT', fraction: 0.05 });
    });

    it('reaches nobody more while the release is paused, and can still be halted', async () => {
      const release = await rollingOut();
      await release.passSteps(DAY_MS);
      await release.pause();

      const paused = await release.look(ROLL_OUT);
      await release.steer('PLAY_STORE', 'halt');
      await release.look(ROLL_OUT);

      expect(paused).toMatchObject({ waitReason: 'HALTED', output: { why: 'the release is paused' } });
      expect(world.store.writes.slice(1)).toEqual(['halt']);
    });

    it('looks again when the console was faster than its act', async () => {
      const release = await rollingOut([5, 50, 100]);
      await release.passSteps(DAY_MS);
      world.store.meanwhile = () => world.store.show(APP, { kind: 'halted', fraction: 0.05 });

      const task = await release.look(ROLL_OUT);

      expect(task).toMatchObject({ status: 'WAITING', waitReason: 'HALTED', output: { pauseReason: 'outside' } });
      expect(world.store.writes).toEqual(['submit 42']);
    });

    it('fails when the store refuses the same act after another look', async () => {
      const release = await rollingOut();
      await release.passSteps(DAY_MS);
      world.store.stubborn = true;

      expect(await release.look(ROLL_OUT)).toMatchObject({
        status: 'FAILED',
        failure: { kind: 'conflict', message: 'cannot complete what is rolling-out' },
      });
    });

    it('fails in clear words when the version is taken away, and goes on when it is back and a person retries', async () => {
      const release = await rollingOut();
      world.store.show(APP, { kind: 'withdrawn' });

      const failed = await release.look(ROLL_OUT);
      world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
      await release.retry(ROLL_OUT);
      const back = await release.look(ROLL_OUT);

      expect(failed.failure?.message).toContain('taken back');
      expect(back).toMatchObject({ status: 'WAITING', output: { status: 'PROGRESSING' } });
    });

    it('waits on for what it waits for while another release of the app is at work, and costs no attempt', async () => {
      const release = await rollingOut();

      const task = await world.underLock(storeLock(frozenStore('PLAY_STORE')), () => release.look(ROLL_OUT));

      expect(task).toMatchObject({ status: 'WAITING', waitReason: 'TIMER', failures: 0, attempt: 1 });
    });
  });

  describe('the end of a release', () => {
    it('is not there before every target is live, whatever people skipped', async () => {
      const release = await rollingOut();
      await release.skip(ROLL_OUT);

      const task = await release.look('COMPLETE_RELEASE');

      expect(task).toMatchObject({ status: 'WAITING', output: { targets: [{ state: 'rolling-out', live: false }] } });
      expect(world.pulls).toEqual([]);
    });
  });
});
