import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../scripts/lib/programs.mjs';
import { expectDeploymentHistoryReplays } from '../support/deployment-replays.ts';
import { type DeployedService, type DeploymentsWorld, openDeploymentsWorld, type RunningDeployment } from './deployments-world.ts';

/*
 * The only worker is killed at every step of a canary, a blue-green deployment and both ways back: right after a command, in the instant in which HAProxy
 * or a process shows what was done, and while it waits. HAProxy is asked all the while what it really does, and users ask the services. The stories are
 * told side by side; each kill meets all of them.
 */

const missing = ['haproxy'].filter((name) => findProgram(name) === null);
const STORY_MS = 240_000;
const DRAIN_MS = 2_000;

const byHand = { do: 'pause', forMs: null };
const canary = {
  kind: 'canary',
  steps: [...[5, 25, 50].flatMap((percent) => [{ do: 'set-weight', percent }, byHand]), { do: 'set-weight', percent: 100 }],
  ...{ background: null, drainMs: DRAIN_MS },
};
const blueGreen = { kind: 'blue-green', promotion: 'manual', drainMs: 30_000 };
const shortCanary = {
  kind: 'canary',
  steps: [
    { do: 'set-weight', percent: 5 },
    { do: 'pause', forMs: 500 },
    { do: 'set-weight', percent: 25 },
    byHand,
    { do: 'set-weight', percent: 100 },
  ],
  ...{ background: null, drainMs: DRAIN_MS },
};

describe.skipIf(missing.length > 0).concurrent(`killed workers${missing.length > 0 ? ` (without ${missing.join(', ')})` : ''}`, () => {
  let world: DeploymentsWorld;
  beforeAll(async () => {
    world = await openDeploymentsWorld();
  });
  afterAll(() => world?.close());

  it(
    'bring a blue-green deployment to its end: no traffic before the promotion, all of it after',
    async () => {
      const service = await world.addService('vitrine', { strategy: blueGreen });
      const { traffic } = service;
      traffic.mayGrow('green', 0);
      const deploy = await service.prepare('1.1.0');

      const deployment = await world.killWorker(async () => {
        const begun = await deploy();
        await service.untilRuns('green 1.1.0');
        return begun;
      });
      await world.killWorker(() => deployment.untilPaused());
      expect(service.running()).toEqual(['blue 1.0.0', 'green 1.1.0']);
      traffic.mayGrow('green', 100);
      await world.killWorker(
        () => deployment.command('promote'),
        () => traffic.untilShare('green', 100),
        () => deployment.untilPhase('DRAINING'),
      );
      await service.untilGone('blue 1.0.0');
      await world.killWorker(async () => undefined);

      expect(await deployment.end()).toEqual({ kind: 'DEPLOY', status: 'SUCCEEDED', services: ['HEALTHY'] });
      await expectToStand(service, 'green 1.1.0', [deployment]);
      expect([...traffic.versions].sort()).toEqual(['1.0.0', '1.1.0']);
    },
    STORY_MS,
  );

  it(
    'bring a canary to its end step by step, and take it back when somebody wants it',
    async () => {
      const service = await world.addService('orders', { strategy: canary });
      const { traffic } = service;
      const deploy = await service.prepare('1.1.0');

      traffic.mayGrow('green', 5);
      const deployment = await world.killWorker(deploy);
      await world.killWorker(
        () => service.untilRuns('green 1.1.0'),
        () => deployment.untilPaused(5),
      );
      traffic.mayGrow('green', 25);
      await world.killWorker(() => deployment.command('advance'));
      await deployment.untilPaused(25);
      traffic.mayGrow('green', 50);
      await world.killWorker(async () => {
        await deployment.command('advance');
        await traffic.untilShare('green', 50);
      });
      await deployment.untilPaused(50);
      expect(service.running()).toEqual(['blue 1.0.0', 'green 1.1.0']);
      traffic.mayGrow('green', 100);
      await world.killWorker(
        async () => {
          await deployment.command('advance');
          await traffic.untilShare('green', 100);
        },
        () => deployment.untilPhase('DRAINING'),
        () => service.untilGone('blue 1.0.0'),
      );

      expect(await deployment.end()).toEqual({ kind: 'DEPLOY', status: 'SUCCEEDED', services: ['HEALTHY'] });
      await expectToStand(service, 'green 1.1.0', [deployment]);

      traffic.mayGrow('blue', 100);
      const back = await world.killWorker(() => deployment.rollBack());
      await world.killWorker(
        () => service.untilRuns('blue 1.0.0'),
        () => traffic.untilShare('blue', 100),
        () => service.untilGone('green 1.1.0'),
      );

      expect(await back.end()).toEqual({ kind: 'ROLLBACK', status: 'SUCCEEDED', services: ['HEALTHY'] });
      await expectToStand(service, 'blue 1.0.0', [deployment, back]);
    },
    STORY_MS,
  );

  it(
    'take back what a person aborts, and what never gets healthy: its traffic only falls',
    async () => {
      const service = await world.addService('invoices', { strategy: shortCanary, health: { successes: 1, withinMs: 2_000 } });
      const { traffic } = service;
      const deploy = await service.prepare('1.1.0');
      const deployUnhealthy = await service.prepare('1.2.0', 1);

      traffic.mayGrow('green', 25);
      const aborted = await deploy();
      await aborted.untilPaused(25);
      traffic.mayFall('green');
      await world.killWorker(
        () => aborted.command('abort'),
        () => traffic.untilShare('green', 0),
        () => service.untilGone('green 1.1.0'),
      );
      expect(await aborted.end()).toEqual({ kind: 'DEPLOY', status: 'ROLLED_BACK', services: ['ROLLED_BACK'] });
      await expectToStand(service, 'blue 1.0.0', [aborted]);

      traffic.mayGrow('green', 0);
      const unhealthy = await deployUnhealthy();
      await world.killWorker(
        () => service.untilRuns('green 1.2.0'),
        () => unhealthy.untilStatus('ROLLING_BACK'),
      );
      expect(await unhealthy.end()).toEqual({ kind: 'DEPLOY', status: 'ROLLED_BACK', services: ['ROLLED_BACK'] });
      await expectToStand(service, 'blue 1.0.0', [aborted, unhealthy]);
      expect([...traffic.versions].sort()).toEqual(['1.0.0', '1.1.0']);
    },
    STORY_MS,
  );

  /** One process, which has all traffic and is what the database says; nobody is kept out; the history leads to the rows; users saw nothing of it. */
  async function expectToStand(service: DeployedService, process: string, deployments: readonly RunningDeployment[]): Promise<void> {
    const [side, other] = process.startsWith('blue') ? (['blue', 'green'] as const) : (['green', 'blue'] as const);
    expect(service.running()).toEqual([process]);
    expect(await service.installed()).toEqual([process]);
    await service.traffic.untilShare(side, 100);
    await service.traffic.untilShare(other, 0);
    expect(await service.locks()).toEqual([]);
    expect(service.traffic.troubles).toEqual([]);
    for (const { id } of deployments) await expectDeploymentHistoryReplays(world.db, id);
    // Kills that met no work under way would prove little.
    expect(await deployments[0]?.lostAttempts()).toBeGreaterThan(0);
    expect(service.traffic.looks).toBeGreaterThan(50);
  }
});
