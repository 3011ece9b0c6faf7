import type { Side, Weights } from '../../../src/domain/deployment/vocabulary.ts';
import type { Deployed, DeployTarget, Place, Workload } from '../../../src/integrations/capabilities/deploy-target.ts';
import type { RouteState, TrafficRouter } from '../../../src/integrations/capabilities/traffic-router.ts';
import { ProviderError } from '../../../src/integrations/kit/provider-error.ts';
import type { Connector } from '../../../src/services/connections/connect.ts';

/* Drivers that keep everything in memory, behind a connector: what runs where, how traffic is shared, and trouble as a test wants it. */

interface Running {
  digest: string;
  configVersion: string;
  replicas: number;
  /** What it was started with. */
  variables?: Readonly<Record<string, string>>;
}

export class MemoryDrivers {
  /** `<place>/<side>` → what runs there. */
  readonly running = new Map<string, Running>();
  readonly weights = new Map<string, Weights>();
  /** Every change, in order: `install <place>/<side> <digest>`, `remove …`, `weights …`. */
  readonly acts: string[] = [];
  /** Digests that never become ready. */
  readonly broken = new Set<string>();
  /** Digests whose health probes fail. */
  readonly unhealthy = new Set<string>();
  /** Digests that nobody may bring anywhere. */
  readonly forbidden = new Set<string>();
  /** Places that take nothing, by name. */
  readonly refusing = new Set<string>();
  /** Nothing can be reached. */
  down = false;
  /** What the connections can besides running services and sharing traffic, or instead of it: capabilities by their names. */
  provides: Record<string, () => unknown> = {};

  readonly connector: Pick<Connector, 'open'> = {
    open: async (category, _tenantId, id) => ({
      ...{ id: id ?? '', category, connection: {} as never, deps: {} as never },
      provider: {
        ...{ id: 'memory', displayName: 'Memory' },
        deployTarget: () => this.deployTarget,
        trafficRouter: () => this.trafficRouter,
        ...this.provides,
      } as never,
    }),
  };

  /** Answers probes of the addresses it gives. */
  readonly fetch: typeof globalThis.fetch = async (input) => {
    const { hostname } = new URL(String(input));
    const key = [...this.running.keys()].find((candidate) => hostOf(candidate) === hostname);
    const digest = key === undefined ? undefined : this.running.get(key)?.digest;
    return new Response('', { status: digest === undefined || this.unhealthy.has(digest) ? 503 : 200 });
  };

  readonly deployTarget: DeployTarget = {
    abilities: { sideBySide: true, sources: ['kept', 'image'], maxReplicas: 10, commands: false },
    configProblems: () => [],
    check: async (place) => {
      this.#demandUp();
      return this.refusing.has(place.name) ? { ok: false, problems: ['the disk is full'] } : { ok: true };
    },
    observe: async (place) => {
      this.#demandUp();
      return this.#deployed(place);
    },
    ensure: async ({ place, revision, configVersion, replicas, variables }: Workload) => {
      this.#demandUp();
      if (this.forbidden.has(revision.digest)) throw new ProviderError('forbidden', 'Memory may not run it.', { provider: 'memory' });
      const key = keyOf(place);
      const now = this.running.get(key);
      if (now?.digest !== revision.digest || now.configVersion !== configVersion) {
        this.acts.push(`install ${key} ${revision.version}`);
        this.running.set(key, { digest: revision.digest, configVersion, replicas, variables: Object.fromEntries(variables) });
      }
      return this.#deployed(place);
    },
    ensureAbsent: async (place) => {
      this.#demandUp();
      if (this.running.delete(keyOf(place))) this.acts.push(`remove ${keyOf(place)}`);
      return this.#deployed(place);
    },
    run: async () => {
      throw new ProviderError('invalid', 'Memory runs no commands.', { provider: 'memory' });
    },
  };

  readonly trafficRouter: TrafficRouter = {
    abilities: { weights: 'any', decrease: true, readBack: true, headerRoutes: true },
    routeProblems: () => [],
    read: async ({ name }) => this.#route(name),
    setWeights: async ({ name }, weights) => {
      this.#demandUp();
      this.acts.push(`weights ${name} blue ${weights.blue} green ${weights.green}`);
      this.weights.set(name, weights);
      return this.#route(name);
    },
    setHeaderRoute: async ({ name }) => this.#route(name),
    setAddresses: async () => undefined,
  };

  #route(name: string): RouteState {
    this.#demandUp();
    return { weights: this.weights.get(name) ?? { blue: 100, green: 0 }, headerRoute: null, why: null };
  }

  #deployed(place: Place): Deployed {
    const key = keyOf(place);
    const running = this.running.get(key);
    if (running === undefined) return { state: { kind: 'absent' }, digest: null, configVersion: null, replicas: null, addresses: [] };
    const { digest, configVersion, replicas } = running;
    const isBroken = this.broken.has(digest);
    return {
      state: isBroken ? { kind: 'failed', why: 'it crashes at its start' } : { kind: 'ready' },
      ...{ digest, configVersion, replicas: { wanted: replicas, ready: isBroken ? 0 : replicas } },
      addresses: isBroken ? [] : [`${hostOf(key)}:80`],
    };
  }

  #demandUp(): void {
    if (this.down) throw new ProviderError('unavailable', 'Memory cannot be reached.', { provider: 'memory' });
  }
}

const keyOf = ({ name, side }: { name: string; side: Side }) => `${name}/${side}`;
const hostOf = (key: string) => key.replace('/', '-');
