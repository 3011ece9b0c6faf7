import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Route, TrafficRouter } from '../../src/integrations/capabilities/traffic-router.ts';
import { type ContractSkip, contractCases, providerError } from './contract-case.ts';
import { type Backends, load, startBackends, total } from './traffic-backends.ts';

/** A real router in front of two sides of two servers each; one for the whole suite, as starting one takes longer than asking it. */
export interface TrafficRouterHarness {
  /** A new instance of the adapter, as each task attempt gets one. */
  connect(): TrafficRouter;
  /** Nothing of it is in force when the suite begins: no side has an address. */
  route: Route;
  /** Another route that is fit to be given addresses. */
  otherRoute: Route;
  /** Well-formed, and nothing of the kind is there. */
  unknownRoute: Route;
  /** Where clients reach the route. */
  url: string;
  /** Somebody or something other than Signalbox brings back what was in force before: a restart, a file of yesterday. */
  forget(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  /** Where the program is; null = not on this machine, and the suite is skipped. */
  program: string | null;
  skip?: ContractSkip[];
}

export function trafficRouterContract(name: string, makeHarness: () => Promise<TrafficRouterHarness>, options: Options) {
  const absent = options.program === null;
  describe.skipIf(absent)(`traffic router: ${name}${absent ? ' [skipped: the program is not installed]' : ''}`, () => {
    const { guarantee, end } = contractCases(options.skip ?? []);
    let h: TrafficRouterHarness;
    let backends: Backends;
    beforeAll(async () => {
      backends = await startBackends();
      h = await makeHarness();
    });
    afterAll(async () => {
      await h?.close();
      await backends?.close();
    });

    const asWeights = (green: number) => ({ blue: 100 - green, green });
    const shift = (green: number) => h.connect().setWeights(h.route, asWeights(green));
    const read = () => h.connect().read(h.route);

    /** Both sides with their addresses, nothing on green. */
    async function settle(): Promise<void> {
      const router = h.connect();
      await router.setAddresses(h.route, 'blue', backends.addresses.blue);
      await router.setAddresses(h.route, 'green', backends.addresses.green);
      await router.setWeights(h.route, asWeights(0));
    }

    guarantee('a route that nothing is in force of shows no weights and says why', async () => {
      const state = await read();

      expect(state.weights).toBeNull();
      expect(state.why).toEqual(expect.any(String));
    });

    guarantee('a side without an address gets no traffic', async () => {
      const router = h.connect();

      expect((await providerError(router.setWeights(h.route, asWeights(0)))).kind).toBe('conflict');
      await router.setAddresses(h.route, 'blue', backends.addresses.blue);
      await router.setWeights(h.route, asWeights(0));
      expect((await providerError(router.setWeights(h.route, asWeights(5)))).kind).toBe('conflict');
      expect((await read()).weights).toEqual(asWeights(0));
    });

    guarantee('an address without traffic changes no share', async () => {
      await settle();

      await h.connect().setAddresses(h.route, 'green', [backends.addresses.green[1]]);

      expect((await read()).weights).toEqual(asWeights(0));
      expect(await load(h.url, (counted) => total(counted) >= 50)).toMatchObject({ green: 0, failed: 0 });
    });

    guarantee('each share reads back as it was set, up and down', async () => {
      await settle();

      for (const green of [5, 25, 50, 100, 0]) {
        expect((await shift(green)).weights).toEqual(asWeights(green));
        expect(await read()).toEqual({ weights: asWeights(green), headerRoute: null, why: null });
      }
    });

    guarantee('setting what is in force is success; a side keeps its share when the number of its addresses changes', async () => {
      await settle();
      await shift(25);

      expect((await shift(25)).weights).toEqual(asWeights(25));
      await h.connect().setAddresses(h.route, 'green', backends.addresses.green);
      expect((await read()).weights).toEqual(asWeights(25));
      await h.connect().setAddresses(h.route, 'green', [backends.addresses.green[0]]);
      expect((await read()).weights).toEqual(asWeights(25));
      await shift(60);
      await h.connect().setAddresses(h.route, 'green', backends.addresses.green);
      expect((await read()).weights).toEqual(asWeights(60));
    });

    guarantee('requests are shared as the weights say', async () => {
      await settle();
      const asked = 600;

      await shift(25);
      const quarter = await load(h.url, (counted) => total(counted) >= asked);
      await shift(100);
      const all = await load(h.url, (counted) => total(counted) >= 100);

      // Six standard deviations of a binomial: chance alone leaves them once in five hundred million times.
      const allowed = 6 * Math.sqrt(total(quarter) * 0.25 * 0.75);
      expect(quarter.failed).toBe(0);
      expect(Math.abs(quarter.green - total(quarter) * 0.25)).toBeLessThan(allowed);
      expect(all).toMatchObject({ blue: 0, failed: 0 });
    });

    guarantee('no request fails while traffic moves back and forth', async () => {
      await settle();
      let isOver = false;
      const loading = load(h.url, () => isOver);
      try {
        for (const green of [50, 100, 0]) await shift(green);
      } finally {
        isOver = true;
      }

      const counted = await loading;

      expect(counted.failed).toBe(0);
      expect(total(counted)).toBeGreaterThan(0);
    });

    guarantee('a side with traffic is not left without an address, an idle one is', async () => {
      await settle();

      const error = await providerError(h.connect().setAddresses(h.route, 'blue', []));
      await h.connect().setAddresses(h.route, 'green', []);

      expect(error.kind).toBe('conflict');
      expect((await providerError(shift(5))).kind).toBe('conflict');
      expect(await load(h.url, (asked) => total(asked) >= 20)).toMatchObject({ green: 0, failed: 0 });
    });

    guarantee('what is no address is refused and changes nothing', async () => {
      await settle();

      for (const wrong of ['checkout.internal:80', '127.0.0.1', '127.0.0.1:80; set weight x 1', '127.0.0.1:80;}']) {
        expect((await providerError(h.connect().setAddresses(h.route, 'green', [wrong]))).kind).toBe('invalid');
      }
      expect((await read()).weights).toEqual(asWeights(0));
    });

    guarantee('what something else put in place of it is seen, and can be set again', async () => {
      await settle();
      await shift(50);

      await h.forget();

      expect((await read()).weights).not.toEqual(asWeights(50));
      await settle();
      expect((await shift(50)).weights).toEqual(asWeights(50));
    });

    guarantee('a header sends requests to one side whatever the weights, or is refused in words', async () => {
      await settle();
      const router = h.connect();
      const wanted = { header: 'X-Canary', value: 'v1.2', side: 'green' } as const;
      if (!router.abilities.headerRoutes) {
        expect((await providerError(router.setHeaderRoute(h.route, wanted))).kind).toBe('invalid');
        expect((await router.setHeaderRoute(h.route, null)).headerRoute).toBeNull();
        return;
      }
      expect(await router.setHeaderRoute(h.route, wanted)).toMatchObject({ headerRoute: wanted, weights: asWeights(0) });
      const enough = (counted: Parameters<typeof total>[0]) => total(counted) >= 20;
      expect(await load(h.url, enough, { 'x-canary': 'v1.2' })).toMatchObject({ blue: 0, failed: 0 });
      expect(await load(h.url, enough, { 'x-canary': 'v1x2' })).toMatchObject({ green: 0, failed: 0 });

      expect((await router.setHeaderRoute(h.route, null)).headerRoute).toBeNull();
      expect(await load(h.url, enough, { 'x-canary': 'v1.2' })).toMatchObject({ green: 0, failed: 0 });
    });

    guarantee('routes do not touch each other', async () => {
      await settle();
      await shift(25);

      await h.connect().setAddresses(h.otherRoute, 'green', [backends.addresses.green[0]]);
      await h.connect().setWeights(h.otherRoute, asWeights(100));

      expect((await read()).weights).toEqual(asWeights(25));
      expect((await h.connect().read(h.otherRoute)).weights).toEqual(asWeights(100));
    });

    guarantee('a route that is not there is never taken for one that obeyed', async () => {
      const router = h.connect();

      const shown = await router.read(h.unknownRoute).then(
        ({ weights }) => weights,
        (error) => error.kind,
      );
      expect([null, 'not-found']).toContain(shown);
      const error = await providerError(router.setWeights(h.unknownRoute, asWeights(5)));
      expect(['not-found', 'conflict']).toContain(error.kind);
    });

    guarantee('the problems of a config name their fields; such a route is refused', async () => {
      const router = h.connect();

      expect(router.routeProblems(h.route.config)).toEqual([]);
      const problems = router.routeProblems({ server_name: 'x; }' });
      expect(problems.length).toBeGreaterThan(0);
      for (const { field, message } of problems) {
        expect(field).toMatch(/^\//);
        expect(message).not.toBe('');
      }
      expect((await providerError(router.read({ name: 'x', config: {} }))).kind).toBe('invalid');
    });

    guarantee('a router that is gone is unavailable, and is read again when it is back', async () => {
      await settle();
      await h.stop();

      const error = await providerError(read());

      await h.start();
      expect(error.kind).toBe('unavailable');
      await settle();
      expect((await read()).weights).toEqual(asWeights(0));
    });

    end();
  });
}
