import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HealthCheck } from '../../src/domain/deployment/target.ts';
import { testDatabases } from '../support/databases.ts';
import { idOf, plannedService, targetBody } from './deployment-facts.ts';
import { openServiceRolloutWorld, type ServiceRolloutWorld } from './service-rollout-world.ts';

const HOUR_MS = 3_600_000;
const health: HealthCheck[] = [
  { kind: 'http', path: '/healthz', expectStatus: [200], intervalMs: 1_000, timeoutMs: 1_000, successes: 3, withinMs: 5_000 },
];

describe.each(testDatabases())('a version that is probed while no worker works, on $name', (server) => {
  let world: ServiceRolloutWorld;
  beforeAll(async () => {
    world = await openServiceRolloutWorld(server);
  });
  afterAll(() => world?.close());

  const deploy = () =>
    world.deploy(
      plannedService('web', {
        target: targetBody({
          ...{ traffic: { integrationId: idOf('router'), config: {} }, health },
          strategy: { kind: 'canary', steps: [{ do: 'set-weight', percent: 100 }], background: null, drainMs: 0 },
        }),
      }),
    );

  it('is not taken back for it: it may still be healthy in time', async () => {
    const service = await deploy();

    await service.look();
    await service.pass(HOUR_MS);
    const after = await service.look();
    await service.pass(1_000);
    await service.look();

    expect(after).toMatchObject({ status: 'WAITING', failure: null });
    expect(await service.outcome()).not.toBe('ROLLED_BACK');
    expect(world.drivers.router.weights).toEqual({ blue: 0, green: 100 });
  });

  it('is taken back all the same when it is not healthy, however often nobody looked', async () => {
    world.fresh();
    world.probeStatus = 500;
    const service = await deploy();

    const first = await service.look();
    await service.pass(HOUR_MS);
    const second = await service.look();
    await service.pass(HOUR_MS);
    const third = await service.look();

    expect([first.status, second.status, third.status]).toEqual(['WAITING', 'WAITING', 'FAILED']);
    expect(world.drivers.router.writes).toEqual([]);
  });
});
