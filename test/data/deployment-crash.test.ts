import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Strategy } from '../../src/domain/deployment/strategy.ts';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import type { Fault } from '../property/faulty-database.ts';
import { everyNth, testDatabases } from '../support/databases.ts';
import { expectDeploymentHistoryReplays } from '../support/deployment-replays.ts';
import { type CrashWorld, type Life, openCrashWorld } from './deployment-crash-world.ts';

/* Replays deployments with a break after everything that lasts in turn: they must come to the same end, by the same acts, each done once. */

/** Lives do not touch each other, so several may be lived at once. */
const AT_ONCE = 6;

const canary = (pause: number | null = 30_000): Strategy => ({
  kind: 'canary',
  steps: [
    { do: 'set-weight', percent: 10 },
    { do: 'pause', forMs: 30_000 },
    { do: 'set-weight', percent: 50 },
    { do: 'pause', forMs: pause },
    { do: 'set-weight', percent: 100 },
  ],
  ...{ background: null, drainMs: 30_000 },
});
const blueGreen: Strategy = { kind: 'blue-green', prePromotion: null, promotion: 'automatic', postPromotion: null, drainMs: 30_000 };
const rolling: Strategy = { kind: 'rolling' };

interface Story {
  name: string;
  strategies: { api: Strategy; web: Strategy };
  /** @returns the deployment that is lived with breaks, and what people do meanwhile */
  begin(world: CrashWorld, life: Life): Promise<{ id: string; meanwhile?: () => Promise<void> }>;
  ends: { outcome: string; services: string[]; installed: Record<string, string>; running: Record<string, string> };
  acts: string[];
  /** Every so many points: the same handlers die at each point of the others. */
  every: number;
}

const deploy = async (world: CrashWorld, { environmentId, tenant, artifacts }: Life, version: string) =>
  (await createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, artifacts: artifacts(version) })).id;

const toNew = { outcome: 'SUCCEEDED', services: ['api HEALTHY 1', 'web HEALTHY 2'], installed: { api: '2', web: '2' } };
const backToOld = {
  ...{ outcome: 'ROLLED_BACK', services: ['api ROLLED_BACK 1', 'web ROLLED_BACK 2'], installed: { api: '1', web: '1' } },
  running: { 'api/blue': '1', 'web/blue': '1' },
};
const steps = (service: string) => [
  ...[`install ${service}/green 2`, `weights ${service} blue 90 green 10`, `weights ${service} blue 50 green 50`],
  ...[`weights ${service} blue 0 green 100`, `remove ${service}/blue`],
];

const stories: Story[] = [
  {
    name: 'a canary after a rolling one',
    every: 1,
    strategies: { api: rolling, web: canary() },
    begin: async (world, life) => ({ id: await deploy(world, life, '2') }),
    ends: { ...toNew, running: { 'api/blue': '2', 'web/green': '2' } },
    acts: ['install api/blue 2', ...steps('web')],
  },
  {
    name: 'a blue-green one after a canary',
    every: 2,
    strategies: { api: canary(), web: blueGreen },
    begin: async (world, life) => ({ id: await deploy(world, life, '2') }),
    ends: { ...toNew, running: { 'api/green': '2', 'web/green': '2' } },
    acts: [...steps('api'), 'install web/green 2', 'weights web blue 0 green 100', 'remove web/blue'],
  },
  {
    name: 'one whose second service never becomes ready',
    every: 2,
    strategies: { api: blueGreen, web: rolling },
    begin: async (world, life) => ({ id: await deploy(world, life, '3') }),
    ends: backToOld,
    acts: [
      ...['install api/green 3', 'weights api blue 0 green 100', 'remove api/blue', 'install web/blue 3'],
      ...['install web/blue 1', 'install api/blue 1', 'weights api blue 100 green 0', 'remove api/green'],
    ],
  },
  {
    name: 'a canary that is cancelled at half of the traffic',
    every: 1,
    strategies: { api: rolling, web: canary(null) },
    async begin(world, life) {
      const id = await deploy(world, life, '2');
      let isCancelled = false;
      return {
        id,
        async meanwhile() {
          if (isCancelled || life.weights('web').green !== 50) return;
          isCancelled = true;
          await cancelDeployment(world.deps, life.tenant.caller, id, { reason: 'wrong version' });
        },
      };
    },
    ends: backToOld,
    acts: [
      ...['install api/blue 2', 'install web/green 2', 'weights web blue 90 green 10', 'weights web blue 50 green 50'],
      ...['weights web blue 100 green 0', 'remove web/green', 'install api/blue 1'],
    ],
  },
  {
    name: 'a rollback of one that had succeeded',
    every: 2,
    strategies: { api: rolling, web: canary() },
    async begin(world, life) {
      const before = await deploy(world, life, '2');
      await life.end(before, null);
      const { id } = await rollBackDeployment(world.deps, life.tenant.caller, before, { reason: 'customers complain' });
      return { id };
    },
    ends: {
      ...{ outcome: 'SUCCEEDED', services: ['web HEALTHY 1', 'api HEALTHY 2'], installed: { api: '1', web: '1' } },
      running: { 'api/blue': '1', 'web/blue': '1' },
    },
    acts: [
      ...['install api/blue 2', ...steps('web')],
      ...['install web/blue 1', 'weights web blue 100 green 0', 'remove web/green', 'install api/blue 1'],
    ],
  },
];

describe.each(testDatabases())('a worker that dies after anything that lasts, on $name', (server) => {
  let world: CrashWorld;
  beforeAll(async () => {
    world = await openCrashWorld(server);
  });
  afterAll(() => world?.close());

  /** @returns how much of what the first process did lasts */
  async function live({ strategies, begin, ends, acts }: Story, fault: Fault | null): Promise<number> {
    const label = fault === null ? 'without a fault' : `${fault.kind} at point ${fault.at}`;
    const life = await world.begin(strategies);
    const { id, meanwhile } = await begin(world, life);
    const points = await life.end(id, fault, meanwhile);

    const end = {
      outcome: (await world.row(id)).outcome,
      services: await world.serviceRows(id),
      installed: await world.installed(life.environmentId),
      running: life.running(),
    };
    expect(end, label).toEqual(ends);
    expect(life.acts(), label).toEqual(acts);
    expect(life.broken, label).toEqual([]);
    expect(await world.locks(id), label).toBe(0);
    await expectDeploymentHistoryReplays(world.db, id);
    return points;
  }

  it.each(stories)(
    'comes to the same end, its locks end with the terminal transaction, its history replays to that: $name',
    (story) => everywhere(story, 'crash', story.every * everyNth(server)),
    120_000,
  );

  it.each(stories.slice(0, 1))(
    'comes to the same end when only an answer is lost: $name',
    (story) => everywhere(story, 'hiccup', 3 * everyNth(server)),
    120_000,
  );

  async function everywhere(story: Story, kind: Fault['kind'], step: number): Promise<void> {
    const points = await live(story, null);

    const breaks = Array.from({ length: Math.ceil(points / step) }, (_, n) => n * step);
    while (breaks.length > 0) await Promise.all(breaks.splice(0, AT_ONCE).map((at) => live(story, { at, kind })));

    expect(points).toBeGreaterThan(20);
  }
});
