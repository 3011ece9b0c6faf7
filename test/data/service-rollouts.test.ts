import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnalysisPlan, JudgePlan } from '../../src/domain/deployment/analysis-plan.ts';
import type { Strategy } from '../../src/domain/deployment/strategy.ts';
import type { TargetBody } from '../../src/domain/deployment/target.ts';
import { signal } from '../../src/engine/signal.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { testDatabases } from '../support/databases.ts';
import { idOf, plannedService, revisionOf, targetBody } from './deployment-facts.ts';
import { type DeployedService, openServiceRolloutWorld, type ServiceRolloutWorld } from './service-rollout-world.ts';

const MINUTE_MS = 60_000;

const errors: AnalysisPlan = {
  metrics: [
    {
      ...{ name: 'errors', query: 'errors{side="{{side}}"}', intervalMs: MINUTE_MS, initialDelayMs: 0, until: { kind: 'count', count: 2 } },
      ...{ successCondition: { op: '<', threshold: 5 }, failureCondition: null, failureLimit: 0, inconclusiveLimit: 0 },
      ...{ consecutiveErrorLimit: 5, minSamples: 1 },
    },
  ],
  inconclusiveDeadlineMs: 10 * MINUTE_MS,
};

const canary = (changes: Partial<Extract<Strategy, { kind: 'canary' }>> = {}): Strategy => ({
  kind: 'canary',
  steps: [
    { do: 'set-weight', percent: 10 },
    { do: 'pause', forMs: 5 * MINUTE_MS },
    { do: 'set-weight', percent: 50 },
    { do: 'pause', forMs: null },
    { do: 'set-weight', percent: 100 },
  ],
  background: null,
  drainMs: 30_000,
  ...changes,
});

const routed = (strategy: Strategy, changes: Partial<TargetBody> = {}): TargetBody =>
  targetBody({
    strategy,
    traffic: { integrationId: idOf('router'), config: {} },
    metrics: { integrationId: idOf('metrics') },
    health: [
      { kind: 'http', path: '/healthz', expectStatus: [200], intervalMs: 1_000, timeoutMs: 1_000, successes: 1, withinMs: MINUTE_MS },
    ],
    ...changes,
  });

describe.each(testDatabases())('rollouts of services on $name', (server) => {
  let world: ServiceRolloutWorld;
  beforeAll(async () => {
    world = await openServiceRolloutWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => world.fresh());

  const deploy = (strategy: Strategy, changes: Partial<TargetBody> = {}) =>
    world.deploy(plannedService('web', { target: routed(strategy, changes) }));

  /** Looked at until it ended: the failed task's deployment is rolled back by the planner. */
  async function rolledBack(service: DeployedService): Promise<void> {
    await service.look('ROLL_BACK_SERVICE');
    await service.look('VERIFY_HEALTH');
  }

  describe('a canary', () => {
    it('takes its steps, each read back, and ends the old version after draining', async () => {
      const service = await deploy(canary());
      const { target, router } = world.drivers;

      const first = await service.look();
      const atTen = router.weights;
      await service.pass(5 * MINUTE_MS);
      const second = await service.look();
      await service.steer('advance');
      const third = await service.look();
      await service.pass(30_000);
      const last = await service.look();

      expect(first).toMatchObject({ status: 'WAITING', waitReason: 'TIMER', output: { weight: 10, phase: 'STEPPING' } });
      expect(atTen).toEqual({ blue: 90, green: 10 });
      expect(second).toMatchObject({ waitReason: 'HALTED', output: { status: 'PAUSED', pauseReason: 'step', weight: 50 } });
      expect(third).toMatchObject({ waitReason: 'TIMER', output: { status: 'PROMOTING', phase: 'DRAINING', weight: 100 } });
      expect(last).toMatchObject({ status: 'COMPLETED', output: { status: 'COMPLETED' } });
      expect(target.writes).toEqual(['ensure green 2.0.0', 'remove blue']);
      expect(router.writes).toEqual(['blue 90 green 10', 'blue 50 green 50', 'blue 0 green 100']);
      expect(router.told.get('green')).toEqual(['green.example:80']);
      expect(await service.status()).toEqual({ status: 'HEALTHY', changeOrder: 1 });
      expect(await service.installed()).toEqual({ artifactId: revisionOf('web', '2.0.0').artifactId, side: 'green' });
      expect(await service.outcome()).toBe('SUCCEEDED');
      expect(await service.history('status')).toEqual(['PROGRESSING', 'PAUSED', 'PROGRESSING', 'PROMOTING', 'COMPLETED']);
    });

    it('gives nothing to a new version that is not healthy, and takes it back in time', async () => {
      world.probeStatus = 500;
      const health = routed(canary()).health.map((check) => ({ ...check, withinMs: 3_000 }));
      const service = await deploy(canary(), { health });

      const probing = await service.look();
      await service.pass(MINUTE_MS);
      const task = await service.look();
      world.probeStatus = 200;
      await rolledBack(service);

      expect(probing).toMatchObject({ status: 'WAITING', output: { weight: 0 } });
      expect(task.failure?.message).toContain('it answered 500');
      expect(world.drivers.router.writes).toEqual([]);
      expect(world.drivers.target.writes).toEqual(['ensure green 2.0.0', 'remove green']);
      expect(await service.outcome()).toBe('ROLLED_BACK');
    });

    it('is taken back by an analysis that fails: traffic first, read back, then the new version', async () => {
      const service = await deploy(canary({ background: errors }));
      const order: string[] = [];
      await service.look();
      world.drivers.metrics.value = 7;
      world.drivers.router.before = (call) => void (call === 'setWeights' && order.push('weights'));
      world.drivers.target.before = (call) => void (call === 'ensureAbsent' && order.push('remove'));
      await service.pass(MINUTE_MS);

      const task = await service.look();
      const shown = await service.rollout();
      await rolledBack(service);

      expect(task.failure?.message).toContain('the analysis background-1 failed');
      expect(shown).toMatchObject({ status: 'ABORTED', weight: 0, analyses: [{ key: 'background-1', verdict: 'failed' }] });
      expect(shown.analyses[0]?.measurements.map(({ value, result }) => [value, result])).toEqual([
        [0, 'success'],
        [7, 'failure'],
      ]);
      expect(world.drivers.metrics.queries[0]).toBe('errors{side="green"}');
      expect(order).toEqual(['weights', 'remove']);
      expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
      expect(await service.status()).toEqual({ status: 'ROLLED_BACK', changeOrder: 1 });
      expect(await service.installed()).toEqual({ artifactId: revisionOf('web', '1.0.0').artifactId, side: 'blue' });
    });

    it('without a measurement waits for a person, and is taken back without one', async () => {
      world.drivers.metrics.value = null;
      const service = await deploy(
        canary({
          steps: [
            { do: 'set-weight', percent: 10 },
            { do: 'analysis', analysis: errors },
          ],
        }),
      );

      const paused = await service.look();
      await service.pass(10 * MINUTE_MS);
      const task = await service.look();

      expect(paused).toMatchObject({ waitReason: 'HALTED', output: { status: 'PAUSED', pauseReason: 'inconclusive' } });
      expect(task.failure?.message).toContain('nobody took it on in time');
      expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
    });

    it('does nothing more while a person pauses it, and goes on when they resume it', async () => {
      const service = await deploy(canary());
      await service.look();
      await service.steer('pause');
      await service.pass(5 * MINUTE_MS);

      const paused = await service.look();
      const weight = world.drivers.router.weights;
      await service.steer('resume');
      const resumed = await service.look();

      expect(paused).toMatchObject({ waitReason: 'HALTED', output: { pauseReason: 'manual' } });
      expect(weight).toEqual({ blue: 90, green: 10 });
      expect(resumed).toMatchObject({ output: { weight: 50 } });
      expect(await service.history('wanted')).toEqual(['PAUSE', 'RUN']);
    });

    it('obeys an abort that is wanted at the very moment of its next step', async () => {
      const service = await deploy(canary());
      await service.look();
      await service.pass(5 * MINUTE_MS);
      let asked = false;
      const steered: Promise<unknown>[] = [];
      world.drivers.target.before = (call) => {
        if (call !== 'observe' || asked) return;
        asked = true;
        steered.push(service.steer('abort'));
      };

      await service.look();
      await Promise.all(steered);
      if ((await service.task()).status === 'WAITING') await service.look();

      expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
      expect(await service.task()).toMatchObject({ status: 'FAILED' });
    });

    it('puts right what a restarted router forgot, and takes back what others gave it', async () => {
      const service = await deploy(canary());
      await service.look();

      world.drivers.router.show({ blue: 100, green: 0 });
      await service.look();
      const restored = world.drivers.router.weights;
      world.drivers.router.show({ blue: 40, green: 60 });
      await service.look();

      expect(restored).toEqual({ blue: 90, green: 10 });
      expect(world.drivers.router.weights).toEqual({ blue: 90, green: 10 });
      expect(await service.history('drift')).toEqual(['10', '10']);
    });

    it('waits for a window before it gives more, wakes when one is changed, and is aborted all the same', async () => {
      const service = await deploy(canary());
      const window = await world.closeWindow(service.tenantId);

      const closed = await service.look();
      const weight = world.drivers.router.weights;
      await window.open();
      const open = await service.look();
      await world.closeWindow(service.tenantId);
      await service.steer('abort');
      await service.look();

      expect(closed).toMatchObject({ status: 'WAITING', waitReason: 'WINDOW', output: { pauseReason: 'window', weight: 0 } });
      expect(weight).toEqual({ blue: 100, green: 0 });
      expect(open).toMatchObject({ output: { weight: 10 } });
      expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
    });

    it('is looked at sooner when one of its drivers calls back', async () => {
      const service = await deploy(canary());
      await world.closeWindow(service.tenantId);
      await service.look();
      const rows = await world.db.rows<{ integrationId: string; key: string }>(
        `SELECT s.integration_id AS integrationId, s.signal_key AS \`key\` FROM task_signals s JOIN tasks t ON t.id = s.task_id
         WHERE t.tenant_id = ? AND s.signal_key LIKE 'place:staging-web-%'`,
        [service.tenantId],
      );

      expect(rows.map(({ integrationId }) => integrationId).sort()).toEqual([idOf('deploy'), idOf('router')].sort());
      const keys = rows.map(({ key }) => key);
      const wakes = await signal(world.db, idOf('router'), keys);
      expect(wakes).toHaveLength(1);
    });

    it('comes to the same end when its worker dies after every look', async () => {
      const service = await deploy(
        canary({
          steps: [
            { do: 'set-weight', percent: 10 },
            { do: 'pause', forMs: MINUTE_MS },
          ],
        }),
      );

      for (let deaths = 0; deaths < 3; deaths += 1) {
        await service.crash();
        await service.pass(MINUTE_MS);
      }
      const task = await service.look();

      expect(task).toMatchObject({ status: 'COMPLETED' });
      expect(world.drivers.target.writes).toEqual(['ensure green 2.0.0', 'remove blue']);
      expect(world.drivers.router.writes).toEqual(['blue 90 green 10', 'blue 0 green 100']);
      expect(await service.status()).toEqual({ status: 'HEALTHY', changeOrder: 1 });
    });

    it('comes to the same end, each act once, when its worker dies at any point of its first look', async () => {
      const steps: Strategy = canary({
        steps: [
          { do: 'set-weight', percent: 10 },
          { do: 'pause', forMs: MINUTE_MS },
        ],
        drainMs: 0,
      });
      const points = await (await deploy(steps)).crashAt(Number.POSITIVE_INFINITY);

      for (let at = 1; at < points; at += 5) {
        world.fresh();
        const service = await deploy(steps);
        await service.crashAt(at);
        await service.look();
        await service.pass(MINUTE_MS);
        const task = await service.look();

        expect(task.status, `at point ${at}: ${JSON.stringify(task)}`).toBe('COMPLETED');
        expect(world.drivers.target.writes, `at point ${at}`).toEqual(['ensure green 2.0.0', 'remove blue']);
        expect(world.drivers.router.writes, `at point ${at}`).toEqual(['blue 90 green 10', 'blue 0 green 100']);
      }

      expect(points).toBeGreaterThan(40);
    });

    it('looks through trouble of a driver that passes, and is taken back where one refuses for good', async () => {
      const service = await deploy(canary());
      world.drivers.target.before = (call) => {
        if (call === 'ensure') throw new ProviderError('unavailable', 'The driver is away.', { provider: 'memory' });
      };
      const away = await service.look();
      world.drivers.target.before = (call) => {
        if (call === 'ensure') throw new ProviderError('invalid', 'It has no such image.', { provider: 'memory' });
      };
      const refused = await service.look();

      expect(away).toMatchObject({ status: 'WAITING', output: { why: 'The driver is away.' } });
      expect(refused).toMatchObject({ status: 'FAILED' });
      expect(refused.failure?.message).toContain('It has no such image.');
    });
  });

  describe('a judge', () => {
    const judge: JudgePlan = {
      groups: [
        {
          ...{ name: 'latency', weight: 100 },
          metrics: [{ name: 'p99', query: 'p99{side="{{side}}"}', direction: 'increase', missing: 'remove', critical: true }],
        },
      ],
      ...{ pass: 95, marginal: 75, windowMs: 10 * MINUTE_MS, stepMs: 10_000, inconclusiveDeadlineMs: MINUTE_MS },
    };
    const judged = () =>
      deploy(
        canary({
          steps: [
            { do: 'set-weight', percent: 10 },
            { do: 'judge', judge },
          ],
        }),
      );

    it('lets pass what is like the old version, once its samples are collected', async () => {
      const service = await judged();
      const collecting = await service.look();
      const asked = world.drivers.metrics.queries.length;
      await service.pass(10 * MINUTE_MS);

      const task = await service.look();

      expect(collecting).toMatchObject({ status: 'WAITING', output: { status: 'PROGRESSING', weight: 10 } });
      expect(asked).toBe(0);
      expect(task).toMatchObject({ output: { phase: 'DRAINING' } });
      expect((await service.rollout()).analyses).toMatchObject([{ key: 'step-2', kind: 'judge', verdict: 'successful' }]);
    });

    it('takes back what is worse, and says by how much', async () => {
      const service = await judged();
      await service.look();
      world.drivers.metrics.values.set('p99{side="green"}', 50);
      await service.pass(10 * MINUTE_MS);

      const task = await service.look();

      expect(task.failure?.message).toContain('p99: significantly higher than the baseline');
      expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
      expect((await service.rollout()).analyses[0]?.measurements).toMatchObject([{ metric: 'p99', result: 'failure', value: 50 }]);
    });
  });

  it('a blue-green deployment is previewed, promoted by a person in one act, and drained', async () => {
    const strategy: Strategy = { kind: 'blue-green', prePromotion: errors, promotion: 'manual', postPromotion: null, drainMs: 30_000 };
    const service = await deploy(strategy);
    const { router } = world.drivers;

    const preview = await service.look();
    await service.pass(MINUTE_MS);
    const ready = await service.look();
    const before = [...router.writes];
    await service.steer('promote');
    const switched = await service.look();
    await service.pass(30_000);
    const last = await service.look();

    expect(preview).toMatchObject({ output: { phase: 'PRE_ANALYSIS', weight: 0 } });
    expect(ready).toMatchObject({ waitReason: 'HALTED', output: { phase: 'AWAITING_PROMOTION' } });
    expect(before).toEqual([]);
    expect(router.writes).toEqual(['blue 0 green 100']);
    expect(switched).toMatchObject({ output: { phase: 'DRAINING' } });
    expect(last.status).toBe('COMPLETED');
    expect(world.drivers.target.writes).toEqual(['ensure green 2.0.0', 'remove blue']);
  });

  describe('a rolling deployment', () => {
    const rolling = { traffic: null, metrics: null };

    it('replaces the version in place, with its secrets, once a window allows it', async () => {
      const target = routed({ kind: 'rolling' }, rolling);
      const service = await world.deploy(plannedService('web', { target }), { secret: 'hunter2-hunter2' });
      const window = await world.closeWindow(service.tenantId);

      const closed = await service.look();
      const touched = [...world.drivers.target.writes];
      await window.open();
      const task = await service.look();

      expect(closed).toMatchObject({ waitReason: 'WINDOW' });
      expect(touched).toEqual([]);
      expect(task).toMatchObject({ status: 'COMPLETED' });
      expect(world.drivers.target.writes).toEqual(['ensure blue 2.0.0']);
      expect(world.drivers.target.variablesAt({ name: service.place, side: 'blue' }).get('TOKEN')).toBe('hunter2-hunter2');
      expect(JSON.stringify([task, await service.rollout()])).not.toContain('hunter2');
    });

    it('that fails brings the old version to its place again', async () => {
      world.drivers.target.becomes = { kind: 'failed', why: 'it crashes at its start' };
      const service = await deploy({ kind: 'rolling' }, rolling);

      const task = await service.look();
      world.drivers.target.becomes = { kind: 'ready' };
      await rolledBack(service);

      expect(task.failure?.message).toContain('it crashes at its start');
      expect(world.drivers.target.writes).toEqual(['ensure blue 2.0.0', 'ensure blue 1.0.0']);
      expect(await service.outcome()).toBe('ROLLED_BACK');
    });

    it('that cannot be taken back says so', async () => {
      world.drivers.target.becomes = { kind: 'failed', why: 'it crashes' };
      const service = await deploy({ kind: 'rolling' }, rolling);
      await service.look();

      await service.look('ROLL_BACK_SERVICE');
      await service.pass(MINUTE_MS);
      const task = await service.look('ROLL_BACK_SERVICE');

      expect(task).toMatchObject({ status: 'FAILED' });
      expect(task.failure?.message).toContain('the old version is not ready in time');
      expect(await service.status()).toMatchObject({ status: 'ROLLBACK_FAILED' });
      expect(await service.outcome()).toBe('ROLLBACK_FAILED');
    });

    it('of what runs already changes nothing, and needs no place in the order', async () => {
      const revision = revisionOf('web', '1.0.0');
      const service = await world.deploy(plannedService('web', { revision, target: routed({ kind: 'rolling' }, rolling) }));
      await world.closeWindow(service.tenantId);

      const task = await service.look();

      expect(task).toMatchObject({ status: 'COMPLETED' });
      expect(world.drivers.target.writes).toEqual([]);
      expect(await service.status()).toEqual({ status: 'HEALTHY', changeOrder: null });
    });
  });

  it('a first deployment goes to everybody once it is healthy', async () => {
    const service = await world.deploy(plannedService('web', { from: null, target: routed(canary()) }));
    world.drivers.router.show(null);

    const task = await service.look();

    expect(task).toMatchObject({ status: 'COMPLETED' });
    expect(world.drivers.target.writes).toEqual(['ensure blue 2.0.0']);
    expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
  });
});
