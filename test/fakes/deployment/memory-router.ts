import type { Side, Weights } from '../../../src/domain/deployment/vocabulary.ts';
import type { Route, RouteState, TrafficRouter } from '../../../src/integrations/capabilities/traffic-router.ts';

/** Shares no traffic: a router in memory that shows what it was told, and whatever a test puts there. */
export class MemoryRouter implements TrafficRouter {
  readonly abilities = { weights: 'any', decrease: true, readBack: true, headerRoutes: true } as const;
  /** What was changed, in order: `blue 90 green 10`, `header x-canary`, `no header`. */
  readonly writes: string[] = [];
  /** Runs before every call and may throw. */
  before: ((call: string) => void) | null = null;
  readonly told = new Map<Side, readonly string[]>();
  #state: RouteState = { weights: { blue: 100, green: 0 }, headerRoute: null, why: null };

  routeProblems = () => [];

  async read(_route: Route): Promise<RouteState> {
    this.before?.('read');
    return this.#state;
  }

  async setWeights(_route: Route, weights: Weights): Promise<RouteState> {
    this.before?.('setWeights');
    if (this.#state.weights?.blue !== weights.blue) this.writes.push(`blue ${weights.blue} green ${weights.green}`);
    this.#state = { ...this.#state, weights };
    return this.#state;
  }

  async setHeaderRoute(_route: Route, headerRoute: RouteState['headerRoute']): Promise<RouteState> {
    this.before?.('setHeaderRoute');
    this.writes.push(headerRoute === null ? 'no header' : `header ${headerRoute.header}`);
    this.#state = { ...this.#state, headerRoute };
    return this.#state;
  }

  async setAddresses(_route: Route, side: Side, addresses: readonly string[]): Promise<void> {
    this.before?.('setAddresses');
    this.told.set(side, addresses);
  }

  /** It restarted, or somebody turned its knobs. */
  show(weights: Weights | null): void {
    this.#state = { ...this.#state, weights, why: weights === null ? 'it shows none' : null };
  }

  get weights(): Weights | null {
    return this.#state.weights;
  }
}
