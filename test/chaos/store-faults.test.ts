import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { type Distribution, distributionOf, storesWith } from '../e2e/distribution.ts';
import type { TenantWorld } from '../e2e/tenant.ts';
import type { World } from '../e2e/world.ts';
import type { FakeRequest } from '../fakes/fake-server.ts';
import { openChaosWorld, untilAllCompleted } from './chaos-world.ts';
import { troubles } from './exactly-once.ts';
import { faults, PROVIDER_TIMEOUT_MS } from './faults.ts';

/*
 * Every writing to the stores meets every fault: a team for each fault, as one app has one version under way, and each team's stores fail once
 * at each of the writings.
 */

interface Writing {
  fake: 'googlePlay' | 'appStoreConnect';
  is: (request: FakeRequest, tenant: TenantWorld, world: World) => boolean;
}

const writings: Record<string, Writing> = {
  'commits the submission': { fake: 'googlePlay', is: (request, tenant) => commits(request, tenant) && playPercent(tenant) === undefined },
  'commits a step': { fake: 'googlePlay', is: (request, tenant) => commits(request, tenant) && playPercent(tenant) === 10 },
  'creates the version': {
    fake: 'appStoreConnect',
    is: ({ method, path, body }, tenant, { fakes }) =>
      method === 'POST' &&
      path === '/v1/appStoreVersions' &&
      fakes.appStoreConnect?.world.apps.get(appIdIn(body))?.bundleId === appOf(tenant, 'APP_STORE'),
  },
  'sends it to review': {
    fake: 'appStoreConnect',
    is: ({ method, path }, tenant, { fakes }) => {
      const id = /^\/v1\/reviewSubmissions\/([^/]+)$/.exec(path)?.[1] ?? '';
      const { bundleId } = fakes.appStoreConnect?.world.submissions.get(id)?.app ?? {};
      return method === 'PATCH' && bundleId === appOf(tenant, 'APP_STORE');
    },
  },
  'releases it': {
    fake: 'appStoreConnect',
    is: ({ method, path, body }, tenant, { fakes }) => {
      const { data } = (body ?? {}) as { data?: { relationships?: { appStoreVersion?: { data?: { id?: string } } } } };
      const version = fakes.appStoreConnect?.world.versions.get(data?.relationships?.appStoreVersion?.data?.id ?? '');
      return method === 'POST' && path === '/v1/appStoreVersionReleaseRequests' && version?.app.bundleId === appOf(tenant, 'APP_STORE');
    },
  },
};

const appOf = ({ sandbox }: TenantWorld, target: string) =>
  sandbox.stores.find(({ access }) => access.place.target === target)?.access.place.appId ?? 'none';
const appIdIn = (body: unknown) =>
  (body as { data?: { relationships?: { app?: { data?: { id?: string } } } } } | undefined)?.data?.relationships?.app?.data?.id ?? '';
const commits = ({ method, path }: FakeRequest, tenant: TenantWorld) =>
  method === 'POST' && path.endsWith(':commit') && path.includes(`/${appOf(tenant, 'PLAY_STORE')}/`);
/** Of the version that the team has under way. */
const playPercent = (tenant: TenantWorld) =>
  tenant.effects().stores.find(({ store, version }) => store === 'Google Play' && version === tenant.releases[0]?.version)?.percent;

const teams = Object.keys(faults).map((fault, n) => ({ fault, name: `Team ${n + 1}` }));

describe('a store that fails at the one call', () => {
  let world: World;
  beforeAll(async () => {
    world = await openChaosWorld({
      ...{ workers: 2, tenants: teams.map(({ name }) => name) },
      sandbox: { stores: true, robots: { reviewer: { decideAfterMs: 150, dayMs: 100 } } },
      env: { PROVIDER_TIMEOUT_MS: String(PROVIDER_TIMEOUT_MS) },
    });
  }, 120_000);
  afterAll(() => world?.stopAll());

  it(`has each version submitted once and each step taken once, for ${Object.keys(writings).length} writings by ${teams.length} faults`, async () => {
    const met = new Set<string>();
    const ways: Distribution[] = [];
    for (const { name, fault } of teams) {
      const tenant = world.tenant(name);
      for (const [writing, { fake, is }] of Object.entries(writings)) {
        const match = (request: FakeRequest) => {
          if (!is(request, tenant, world)) return false;
          met.add(`a store ${fault} when Signalbox ${writing}`);
          return true;
        };
        world.fakes[fake]?.failNext({ ...faults[fault], match });
      }
      const stores = await storesWith(tenant, { PLAY_STORE: { kind: 'staged', steps }, APP_STORE: { kind: 'phased' } });
      ways.push(distributionOf(world, tenant, await tenant.createRelease({ config: { ...lean, stores } })));
    }
    await untilAllCompleted(world, 150_000);

    const expected = teams.flatMap(({ fault }) => Object.keys(writings).map((writing) => `a store ${fault} when Signalbox ${writing}`));
    expect([...met].sort()).toEqual(expected.sort());
    expect(ways.map((way) => way.inStores())).toEqual(
      teams.map(() => [
        ['Google Play', 100, 1],
        ['App Store', 100, 1],
      ]),
    );
    const stepped = await Promise.all(
      ways.map(async (way) => (await way.told('ROLLOUT_STEPPED')).filter(({ target }) => target === 'PLAY_STORE')),
    );
    expect(stepped.map((events) => events.map(({ fraction, outside }) => [fraction, outside]))).toEqual(teams.map(() => [[0.5, false]]));
    expect((await Promise.all(ways.map((way) => way.submissions()))).flat().filter(({ ordinal }) => ordinal > 1)).toEqual([]);
    expect(await troubles(world)).toEqual([]);
  }, 240_000);
});

const steps = [10, 50, 100].map((percent) => ({ percent, waitMinutes: 0 }));
const lean = {
  ...{ automationRuns: false, preRegressionBuilds: false },
  gates: {
    preReleaseApproval: 'automatic',
    quorum: 1,
    allowSelfApproval: false,
    distributionApproval: 'automatic',
    preRelease: plainRules,
    distribution: plainRules,
  },
} as const;
