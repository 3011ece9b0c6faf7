import type { Route } from '../../src/integrations/capabilities/traffic-router.ts';
import { type DeployTargetHarness, deployTargetContract } from './deploy-target.contract.ts';
import { kubernetesWorld, withImages } from './kubernetes-harness.ts';
import { type TrafficRouterHarness, trafficRouterContract } from './traffic-router.contract.ts';

/* Against a fake cluster of ours: it keeps objects as the API server does, its pods really answer, its gateway really sends requests. */

async function targetHarness(): Promise<DeployTargetHarness> {
  const world = await kubernetesWorld();
  const config = { port: world.port };
  return {
    connect: () => withImages(world.target(), world.fake.workloads.images),
    place: (side) => ({ name: 'hello', side, config }),
    wrong: [
      { config: { port: 0 }, field: '/port' },
      { config: { ...config, command: [] }, field: '/command' },
      { config: { ...config, readiness: { kind: 'http', path: 'ready' } }, field: '/readiness/path' },
      { config: { ...config, resources: { limits: { memory: 'much' } } }, field: '/resources/limits/memory' },
      { config: { ...config, comand: ['x'] }, field: '/comand' },
    ],
    close: world.fake.close,
  };
}

deployTargetContract('kubernetes', targetHarness, {
  skip: [
    { reason: 'commands do not run beside pods', tests: ['runs commands beside what runs, with its variables'] },
    {
      reason: 'the processes are on machines of the cluster; what they are told stands in Secrets',
      tests: ['hands variables to the process as they are, and shows them on no command line'],
    },
  ],
});

async function routerHarness(): Promise<TrafficRouterHarness> {
  const world = await kubernetesWorld();
  const { fake } = world;
  const route: Route = { name: 'checkout', config: { route: 'checkout' } };
  const otherRoute: Route = { name: 'basket', config: { route: 'basket', services: { blue: 'old-basket', green: 'new-basket' } } };
  const services = { checkout: ['checkout-blue', 'checkout-green'], basket: ['old-basket', 'new-basket'] };
  for (const [name, [blue = '', green = '']] of Object.entries(services)) {
    for (const service of [blue, green]) fake.objects.put('services', service, { metadata: {}, spec: {} });
    const backendRefs = [
      { name: blue, port: 80 },
      { name: green, port: 80, weight: 0 },
    ];
    fake.objects.put('httproutes', name, { metadata: {}, spec: { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs }] } });
  }
  const listening = await fake.gateway.listen('checkout');
  const connect = () => {
    const router = world.router();
    return {
      ...router,
      async setAddresses(to: Route, side: 'blue' | 'green', addresses: readonly string[]) {
        await router.setAddresses(to, side, addresses);
        // What the cluster does by itself: its Services know their pods, and its gateway is there once they are.
        const [blue = '', green = ''] = services[to.name as keyof typeof services];
        fake.gateway.endpoints.set(side === 'blue' ? blue : green, addresses);
        fake.gateway.changed(to.name);
      },
    };
  };
  return {
    ...{ connect, route, otherRoute, unknownRoute: { name: 'nothing', config: { route: 'nothing' } }, url: listening.url },
    forget: async () =>
      fake.edit('httproutes', 'checkout', (object) => {
        const { rules } = object.spec as { rules: { backendRefs: { weight?: number }[] }[] };
        for (const ref of rules.flatMap(({ backendRefs }) => backendRefs)) delete ref.weight;
        const [first] = rules[0]?.backendRefs ?? [];
        if (first) first.weight = 9;
      }),
    stop: fake.stop,
    start: fake.start,
    async close() {
      await listening.close();
      await fake.close();
    },
  };
}

const findsPods = 'Services find the pods of a side themselves: nobody tells addresses';

trafficRouterContract('kubernetes', routerHarness, {
  program: 'fake',
  skip: [
    {
      reason: findsPods,
      tests: [
        'a side without an address gets no traffic',
        'a side with traffic is not left without an address, an idle one is',
        'what is no address is refused and changes nothing',
      ],
    },
  ],
});
