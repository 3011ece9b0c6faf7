import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { metricDefaults } from '../../src/domain/analysis/metric.ts';
import type { AnalysisPlan } from '../../src/domain/deployment/analysis-plan.ts';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import { MemoryMetrics } from '../fakes/deployment/memory-metrics.ts';
import { testDatabases } from '../support/databases.ts';
import { type DistributedRelease, type DistributionWorld, openDistributionWorld } from './distribution-world.ts';
import { MemoryStore } from './memory-store.ts';
import { frozenStore } from './release-facts.ts';

const APP = 'com.example.shop';
const ROLL_OUT = 'ROLL_OUT/PLAY_STORE';
const DAY_MS = 86_400_000;

/** @param count measurements, a minute from one to the next */
const crashes = (count: number): AnalysisPlan => ({
  inconclusiveDeadlineMs: 3_600_000,
  metrics: [
    {
      ...metricDefaults,
      ...{ name: 'crashes', query: 'crashes{app="{{app}}", version="{{ version }}", build="{{buildNumber}}"}', intervalMs: 60_000 },
      ...{ until: { kind: 'count', count }, consecutiveErrorLimit: 1, successCondition: { op: '<', threshold: 0.01 } },
    },
  ],
});

describe.each(testDatabases())('what is measured before a share on $name', (server) => {
  let world: DistributionWorld;
  let metrics: MemoryMetrics;
  beforeAll(async () => {
    world = await openDistributionWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    world.store = new MemoryStore();
    world.store.build('42', '1.4.0');
    metrics = new MemoryMetrics();
    world.metrics = metrics;
  });

  /** Its first share, 5 %, is out, for a day. */
  async function rollingOut(target: 'PLAY_STORE' | 'APP_STORE' = 'PLAY_STORE', count = 1): Promise<DistributedRelease> {
    const analysis = crashes(count);
    const named = { metrics: { integrationId: 'prometheus' } };
    const staged: RolloutPlan = {
      ...{ kind: 'staged', ...named },
      steps: [
        { percent: 5, waitMinutes: 1440, analysis },
        { percent: 50, waitMinutes: null, analysis },
        { percent: 100, waitMinutes: null },
      ],
    };
    const rolloutPlan: RolloutPlan = target === 'PLAY_STORE' ? staged : { kind: 'phased', analysis, ...named };
    const submit = target === 'PLAY_STORE' ? 'SUBMIT_TO_PLAY_STORE/PLAY_STORE' : 'SUBMIT_TO_APP_STORE/APP_STORE';
    const release = await world.release([frozenStore(target, { rolloutPlan })]);
    await release.look(submit);
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
    await release.look(submit);
    return release;
  }

  const runs = (release: DistributedRelease) =>
    world.db.rows<{ verdict: string; ended: number }>(
      `SELECT a.verdict, a.ended_at IS NOT NULL AS ended FROM analysis_runs a JOIN rollouts o ON o.id = a.service_rollout_id
       WHERE o.release_id = ? ORDER BY a.id`,
      [release.releaseId],
    );

  it('asks about this very version, and lets the next share out once its time is over and it has passed', async () => {
    const release = await rollingOut();

    const first = await release.look(ROLL_OUT);
    await release.passSteps(DAY_MS);
    const second = await release.look(ROLL_OUT);

    expect(metrics.queries[0]).toBe('crashes{app="com.example.shop", version="1.4.0", build="42"}');
    expect(first).toMatchObject({ waitReason: 'TIMER', output: { fraction: 0.05, analysis: { verdict: 'successful' } } });
    expect(second).toMatchObject({ waitReason: 'HALTED', output: { fraction: 0.5, pauseReason: 'step' } });
    expect(world.store.writes.slice(1)).toEqual(['set-fraction 0.5']);
  });

  it('keeps the share while it is measured, although its time is over, and looks when it is measured next', async () => {
    const release = await rollingOut('PLAY_STORE', 2);
    await release.look(ROLL_OUT);
    await release.passSteps(DAY_MS);

    const task = await release.look(ROLL_OUT);

    expect(task).toMatchObject({
      waitReason: 'CALLBACK',
      output: { fraction: 0.05, status: 'PROGRESSING', analysis: { verdict: 'running' } },
    });
    expect((task.runAt?.getTime() ?? 0) - task.now.getTime()).toBeLessThanOrEqual(60_000);
    expect(world.store.writes).toEqual(['submit 42']);
  });

  it('halts it in the store when it fails, once, wherever the worker dies, and tells why', async () => {
    const release = await rollingOut();
    metrics.value = 0.2;
    world.store.fail('halt', 'after');

    await release.look(ROLL_OUT);
    await release.crash(ROLL_OUT);
    const task = await release.look(ROLL_OUT);

    expect(world.store.writes.slice(1)).toEqual(['halt']);
    expect(await release.rollout('PLAY_STORE')).toMatchObject({ status: 'PAUSED', pauseReason: 'analysis', wanted: 'HALT' });
    expect(task).toMatchObject({ waitReason: 'HALTED', failures: 0, output: { why: expect.stringContaining('crashes: ') } });
    expect(await release.told('ROLLOUT_HALTED')).toMatchObject([
      { outside: false, by: null, fraction: 0.05, reason: expect.stringMatching(/^its analysis failed: crashes: .*0\.2/) },
    ]);
    expect(await runs(release)).toEqual([{ verdict: 'failed', ended: 1 }]);
  });

  it('lets it go on only when a person says why, and measures anew', async () => {
    const release = await rollingOut();
    metrics.value = 0.2;
    await release.look(ROLL_OUT);
    const unreasoned = release.steer('PLAY_STORE', 'resume', null);
    await expect(unreasoned).rejects.toMatchObject({ code: 'invalid', problems: [{ field: '/reason' }] });
    metrics.value = 0;

    await release.steer('PLAY_STORE', 'resume');
    await release.look(ROLL_OUT);
    await release.passSteps(DAY_MS);
    await release.look(ROLL_OUT);

    expect(world.store.writes.slice(1)).toEqual(['halt', 'resume', 'set-fraction 0.5']);
    expect((await runs(release)).map(({ verdict }) => verdict).slice(0, 2)).toEqual(['failed', 'successful']);
    expect(await release.told('ROLLOUT_RESUMED')).toMatchObject([{ by: 'Ada', reason: 'because' }]);
  });

  it('stands still without evidence, tells of it once, and is halted when nobody takes it on in time', async () => {
    const release = await rollingOut();
    metrics.value = null;
    await release.look(ROLL_OUT);

    const stands = await release.look(ROLL_OUT);
    const told = await release.told('ROLLOUT_UNPROVEN');
    await world.db.run('UPDATE analysis_runs SET ended_at = ended_at - INTERVAL 1 HOUR');
    await release.look(ROLL_OUT);

    expect(stands).toMatchObject({
      waitReason: 'HALTED',
      output: { pauseReason: 'inconclusive', fraction: 0.05, until: expect.any(String) },
    });
    expect(told).toMatchObject([{ fraction: 0.05, reason: expect.stringContaining('no series') }]);
    expect(world.store.writes.slice(1)).toEqual(['halt']);
    expect(await release.rollout('PLAY_STORE')).toMatchObject({ pauseReason: 'analysis' });
  });

  it('is left without evidence by a person who advances it', async () => {
    const release = await rollingOut();
    metrics.value = null;
    await release.look(ROLL_OUT);

    await release.steer('PLAY_STORE', 'advance');
    await release.look(ROLL_OUT);

    expect(world.store.writes.slice(1)).toEqual(['set-fraction 0.5']);
  });

  it('is no evidence where the connection cannot be opened, and the console is believed all the same', async () => {
    const release = await rollingOut();
    world.metrics = null;

    const lacking = await release.look(ROLL_OUT);
    world.store.show(APP, { kind: 'halted', fraction: 0.05 });
    await release.look(ROLL_OUT);

    expect(lacking).toMatchObject({ failures: 0, output: { pauseReason: 'inconclusive', why: expect.stringContaining('refused') } });
    expect(await release.rollout('PLAY_STORE')).toMatchObject({ pauseReason: 'outside', wanted: 'HALT' });
    expect(world.store.writes).toEqual(['submit 42']);
  });

  it.each([0.2, null])('pauses the days of the App Store: %s', async (value) => {
    const release = await rollingOut('APP_STORE');
    metrics.value = value;

    await release.look('ROLL_OUT/APP_STORE');

    expect(world.store.writes.slice(1)).toEqual(['halt']);
    expect(await release.rollout('APP_STORE')).toMatchObject({ status: 'PAUSED', pauseReason: 'analysis' });
  });

  it('begins anew on each day of the App Store', async () => {
    const release = await rollingOut('APP_STORE');
    await release.look('ROLL_OUT/APP_STORE');
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.1 });

    await release.look('ROLL_OUT/APP_STORE');

    expect(await runs(release)).toEqual([
      { verdict: 'successful', ended: 1 },
      { verdict: 'successful', ended: 1 },
    ]);
  });
});
