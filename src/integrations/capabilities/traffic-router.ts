import type { Side, Weights } from '../../domain/deployment/vocabulary.ts';

/** What shares traffic between the two sides of a service, bound to one connection. A route is one service there. */
export interface Route {
  /** Stable and unique within the connection. */
  name: string;
  /** What the target's form took (checked by `routeProblems`): backend and servers, file and variable, HTTPRoute and services, … */
  config: Record<string, unknown>;
}

export interface TrafficRouterAbilities {
  /** Weights it can show, whole percent; `any` = every one from 0 to 100. */
  weights: 'any' | readonly number[];
  /** Whether a side's weight can fall again. */
  decrease: boolean;
  /** Whether it can be read back what is in force, not just what was asked for. A plan with steps needs it. */
  readBack: boolean;
  /** Whether requests with a header can be sent to one side whatever the weights. */
  headerRoutes: boolean;
}

export interface RouteState {
  /** As the router has it in force; whole percent, together 100. null = it shows none that can be told, `why` says so. */
  weights: Weights | null;
  headerRoute: { header: string; value: string; side: Side } | null;
  why: string | null;
}

export interface TrafficRouter {
  readonly abilities: TrafficRouterAbilities;
  /** Everything wrong with a route's config at once; none = the other methods take it. */
  routeProblems(config: Record<string, unknown>): { field: string; message: string }[];
  read(route: Route): Promise<RouteState>;
  /** Puts the weights into force in one act, so that no request sees neither side, and answers with what is read back. Equal is success. */
  setWeights(route: Route, weights: Weights): Promise<RouteState>;
  /** `null` takes the header route away. @throws ProviderError invalid where `abilities.headerRoutes` is false */
  setHeaderRoute(route: Route, headerRoute: RouteState['headerRoute']): Promise<RouteState>;
  /** Where a side is reached is known only at deployment (ports, addresses): tells the router. Equal is success. Routers that find the sides themselves do nothing. */
  setAddresses(route: Route, side: Side, addresses: readonly string[]): Promise<void>;
}
