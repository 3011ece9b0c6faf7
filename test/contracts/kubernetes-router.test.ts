import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Route, TrafficRouter } from '../../src/integrations/capabilities/traffic-router.ts';
import { providerError } from './contract-case.ts';
import { type KubernetesWorld, kubernetesWorld } from './kubernetes-harness.ts';

let world: KubernetesWorld;
let router: TrafficRouter;
const route: Route = { name: 'checkout', config: { route: 'shop' } };

interface Rule {
  name?: string;
  matches?: object[];
  filters?: object[];
  backendRefs: { name: string; weight?: number }[];
}

const both = (blue: number, green: number) => [
  { name: 'checkout-blue', port: 80, weight: blue },
  { name: 'checkout-green', port: 80, weight: green },
];
const sharing: Rule = {
  name: 'pay',
  matches: [{ path: { type: 'PathPrefix', value: '/pay' } }, { method: 'POST', headers: [{ name: 'X-Kind', value: 'card' }] }],
  filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'x', value: 'y' }] } }],
  backendRefs: both(100, 0),
};
/** Looks like a header route and is somebody's own. */
const qa: Rule = { matches: [{ headers: [{ type: 'Exact', name: 'X-QA', value: '1' }] }], backendRefs: [{ name: 'checkout-green' }] };
const other: Rule = { backendRefs: [{ name: 'website' }] };

function put(rules: Rule[]): void {
  world.fake.objects.put('httproutes', 'shop', { metadata: {}, spec: { parentRefs: [{ name: 'edge' }], rules } });
  world.fake.gateway.changed('shop');
}

const stored = (): Rule[] => world.fake.objects.get('httproutes', 'shop')?.spec.rules;
const writes = () => world.fake.calls.filter(({ method }) => method === 'PATCH').length;

beforeEach(async () => {
  world = await kubernetesWorld();
  router = world.router();
  for (const service of ['checkout-blue', 'checkout-green', 'website'])
    world.fake.objects.put('services', service, { metadata: {}, spec: {} });
  put([qa, sharing, other]);
});
afterEach(() => world.fake.close());

describe('weights', () => {
  it('are all that changes, in every rule that shares', async () => {
    put([qa, sharing, { ...sharing, name: 'again' }, other]);

    expect(await router.setWeights(route, { blue: 75, green: 25 })).toEqual({
      weights: { blue: 75, green: 25 },
      headerRoute: null,
      why: null,
    });

    const changed = { ...sharing, backendRefs: both(75, 25) };
    expect(stored()).toEqual([qa, changed, { ...changed, name: 'again' }, other]);
    expect(writes()).toBe(1);
  });

  it('that are written already are not written again', async () => {
    await router.setWeights(route, { blue: 100, green: 0 });

    expect(writes()).toBe(0);
  });

  it('that no gateway has taken up are not in force, and are told when it has', async () => {
    world.fake.gateway.isBehind = true;

    const asked = await router.setWeights(route, { blue: 50, green: 50 });
    const again = await router.setWeights(route, { blue: 50, green: 50 });

    expect(asked).toEqual({ weights: null, headerRoute: null, why: expect.stringContaining('not taken up the last change') });
    expect(again).toEqual(asked);
    expect(writes()).toBe(1);
    world.fake.gateway.isBehind = false;
    world.fake.gateway.changed('shop');
    expect((await router.read(route)).weights).toEqual({ blue: 50, green: 50 });
  });

  it('of a route that a gateway refuses are not in force, in its words', async () => {
    world.fake.objects.remove('services', 'checkout-green');
    put([sharing]);

    expect(await router.read(route)).toMatchObject({ weights: null, why: expect.stringContaining('service checkout-green not found') });
  });

  it('that differ between rules, or are 0, are told by nobody, and can be set', async () => {
    put([sharing, { ...sharing, name: 'again', backendRefs: both(50, 50) }]);
    expect(await router.read(route)).toMatchObject({ weights: null, why: expect.stringContaining('differently') });
    expect((await router.setWeights(route, { blue: 90, green: 10 })).weights).toEqual({ blue: 90, green: 10 });

    put([{ ...sharing, backendRefs: both(0, 0) }]);
    expect(await router.read(route)).toMatchObject({ weights: null, why: expect.stringContaining('nobody') });
  });

  it.each([
    ['a third backend gets traffic', { ...sharing, backendRefs: [...both(100, 0), { name: 'website' }] }, /website/],
    ['no rule has both sides', other, /no rule/],
  ])('are refused where %s', async (_what, rule, words) => {
    put([rule]);

    expect(await providerError(router.setWeights(route, { blue: 50, green: 50 }))).toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(words),
    });
    expect(await router.read(route)).toMatchObject({ weights: null, why: expect.stringMatching(words) });
    expect(writes()).toBe(0);
  });

  it('are set on what somebody wrote meanwhile; never over it', async () => {
    const meanwhile = {
      match: { method: 'PATCH' },
      status: 409,
      body: { kind: 'Status', reason: 'Conflict', message: 'the object has been modified' },
    };
    world.fake.failNext(meanwhile);

    expect((await router.setWeights(route, { blue: 75, green: 25 })).weights).toEqual({ blue: 75, green: 25 });
    world.fake.failNext({ ...meanwhile, times: 3 });
    expect((await providerError(router.setWeights(route, { blue: 0, green: 100 }))).kind).toBe('conflict');
    expect(world.fake.calls.filter(({ method }) => method === 'PATCH').at(-1)?.body).toMatchObject({
      metadata: { resourceVersion: expect.any(String) },
    });
  });
});

it('says of a cluster without the Gateway API that it may have none', async () => {
  world.fake.failNext({ mode: 'html', status: 404 });

  expect(await providerError(router.read(route))).toMatchObject({ kind: 'not-found', message: expect.stringContaining('Gateway API') });
});

describe('the header route', () => {
  const wanted = { header: 'X-Canary', value: 'always', side: 'green' } as const;

  it('is a rule of its own before the one that shares, and goes without a trace', async () => {
    expect(await router.setHeaderRoute(route, wanted)).toMatchObject({ headerRoute: wanted, weights: { blue: 100, green: 0 } });

    const exact = { type: 'Exact', name: 'X-Canary', value: 'always' };
    const [first, leading, ...rest] = stored();
    expect([first, ...rest]).toEqual([qa, sharing, other]);
    expect(leading).toEqual({
      matches: [
        { path: { type: 'PathPrefix', value: '/pay' }, headers: [exact] },
        { method: 'POST', headers: [{ name: 'X-Kind', value: 'card' }, exact] },
      ],
      filters: sharing.filters,
      backendRefs: [{ name: 'checkout-green', port: 80, weight: 1 }],
    });
    expect((await router.setHeaderRoute(route, null)).headerRoute).toBeNull();
    expect(stored()).toEqual([qa, sharing, other]);
    expect(world.fake.objects.get('httproutes', 'shop')?.metadata.annotations).toEqual({});
  });

  it('stays when weights change, and is replaced by another', async () => {
    await router.setHeaderRoute(route, wanted);
    await router.setWeights(route, { blue: 75, green: 25 });
    const next = { ...wanted, value: 'sometimes' };

    expect(await router.setHeaderRoute(route, next)).toMatchObject({ headerRoute: next, weights: { blue: 75, green: 25 } });
    expect(stored()).toHaveLength(4);
  });

  it('that somebody took away is not there any more', async () => {
    await router.setHeaderRoute(route, wanted);
    world.fake.edit('httproutes', 'shop', (object) => void Object.assign(object.spec as object, { rules: [qa, sharing, other] }));

    expect((await router.read(route)).headerRoute).toBeNull();
    expect((await router.setHeaderRoute(route, wanted)).headerRoute).toEqual(wanted);
  });
});
