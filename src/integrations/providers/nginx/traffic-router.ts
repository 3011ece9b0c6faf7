import { otherSide, type Side, sides, type Weights } from '../../../domain/deployment/vocabulary.ts';
import type { Route, RouteState, TrafficRouter } from '../../capabilities/traffic-router.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ipEndpoint } from '../../kit/ip-endpoint.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { type NginxConnection, type NginxRoute, PROVIDER, routeSchema } from './identity.ts';
import { generationOf, headerProblem, type InForce, type Planned } from './route-file.ts';
import { nginxServer, type Server } from './server.ts';

export function nginxTrafficRouter(connection: NginxConnection, deps: AdapterDeps): TrafficRouter {
  const server = nginxServer(connection, deps);

  /** What is wanted already and in force is left alone. */
  async function bring(route: NginxRoute, planned: Planned): Promise<RouteState> {
    const [found, before] = await Promise.all([server.inForce(route), server.planned(route)]);
    if (found === null) throw unknown(route);
    const generation = generationOf(planned);
    const isThere = found !== 'begun' && found.generation === generation && before !== null && generationOf(before) === generation;
    return shown(route, isThere ? found : await server.apply(route, planned), planned);
  }

  async function setWeights(route: NginxRoute, weights: Weights): Promise<RouteState> {
    const planned = await known(server, route);
    for (const side of sides) if (weights[side] > 0) demandAddress(route, planned, side);
    return bring(route, { ...planned, weights: { blue: weights.blue, green: weights.green } });
  }

  async function setHeaderRoute(route: NginxRoute, headerRoute: RouteState['headerRoute']): Promise<RouteState> {
    if (headerRoute === null) {
      const planned = await current(server, route);
      return planned === null ? read(server, route) : bring(route, { ...planned, headerRoute });
    }
    const problem = headerProblem(headerRoute);
    if (problem !== null) throw trouble('invalid', problem);
    const planned = await known(server, route);
    demandAddress(route, planned, headerRoute.side);
    return bring(route, { ...planned, headerRoute });
  }

  async function setAddresses(route: NginxRoute, side: Side, named: readonly string[]): Promise<void> {
    const addresses = [...new Set(named)];
    const wrong = addresses.find((address) => ipEndpoint(address) === null);
    if (wrong !== undefined) throw trouble('invalid', `"${wrong}" is no IP address with a port, such as 10.0.0.7:8080`);
    const before = await current(server, route);
    if (addresses.length === 0) {
      if (before === null) return;
      demandIdle(route, before, side);
    }
    const planned = before ?? { ...firstPlan(side), shareBy: route.shareBy };
    await bring(route, { ...planned, addresses: { ...planned.addresses, [side]: addresses } });
  }

  return {
    abilities: { weights: 'any', decrease: true, readBack: true, headerRoutes: true },
    routeProblems(config) {
      const parsed = routeSchema.safeParse(config);
      return (parsed.error?.issues ?? []).map(({ path, message }) => ({ field: `/${path.join('/')}`, message }));
    },
    read: async (route) => read(server, routeOf(route)),
    setWeights: async (route, weights) => setWeights(routeOf(route), weights),
    setHeaderRoute: async (route, headerRoute) => setHeaderRoute(routeOf(route), headerRoute),
    setAddresses: async (route, side, addresses) => setAddresses(routeOf(route), side, addresses),
  };
}

async function read(server: Server, route: NginxRoute): Promise<RouteState> {
  const [found, planned] = await Promise.all([server.inForce(route), server.planned(route)]);
  return shown(route, found, planned);
}

/** What was written and never came into force is wanted by nobody any more: only the addresses are taken from it. null = nothing was written. */
async function current(server: Server, route: NginxRoute): Promise<Planned | null> {
  const [found, planned] = await Promise.all([server.inForce(route), server.planned(route)]);
  if (planned === null) return null;
  const shares = found === null || found === 'begun' ? planned : found;
  return { ...planned, weights: shares.weights, headerRoute: shares.headerRoute, shareBy: route.shareBy };
}

async function known(server: Server, route: NginxRoute): Promise<Planned> {
  const planned = await current(server, route);
  if (planned !== null) return planned;
  throw trouble('conflict', `there is no file of ${route.variable} yet: no side has an address`);
}

const trouble = (kind: ProviderErrorKind, message: string) => new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });

function routeOf({ name, config }: Route): NginxRoute {
  const parsed = routeSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw trouble('invalid', `the config of the route ${name} is not what the form asks for`);
}

/** nginx must send requests somewhere: the side that is there first has all of them. */
const firstPlan = (side: Side): Planned => ({
  weights: { blue: 0, green: 0, [side]: 100, [otherSide(side)]: 0 },
  addresses: { blue: [], green: [] },
  headerRoute: null,
  shareBy: 'request',
});

function demandAddress({ variable }: NginxRoute, { addresses }: Planned, side: Side): void {
  if (addresses[side].length > 0) return;
  throw trouble('conflict', `the side ${side} of ${variable} has no address yet and can have no traffic`);
}

function demandIdle({ variable }: NginxRoute, { weights, headerRoute }: Planned, side: Side): void {
  if (weights[side] > 0)
    throw trouble(
      'conflict',
      `the side ${side} of ${variable} has ${weights[side]} % of the traffic and cannot be left without an address`,
    );
  if (headerRoute?.side === side)
    throw trouble('conflict', `the side ${side} of ${variable} has a header route and cannot be left without an address`);
}

/** Nothing is written for a route whose state nobody could see. */
function unknown({ variable }: NginxRoute): ProviderError {
  const needed = `location = /${variable} { default_type application/json; return 200 $${variable}_state; }`;
  return trouble('not-found', `nginx answers nothing at /${variable} of the base URL; its server needs: ${needed}`);
}

function shown(route: NginxRoute, found: InForce | 'begun' | null, planned: Planned | null): RouteState {
  if (found === null) return { weights: null, headerRoute: null, why: unknown(route).message };
  const { variable } = route;
  if (found === 'begun') return { weights: null, headerRoute: null, why: `nothing of ${variable} was ever put into force` };
  const isStale = planned !== null && generationOf(planned) !== found.generation;
  return {
    weights: found.weights,
    headerRoute: found.headerRoute,
    why: isStale ? `the file of ${variable} says something else: nginx has not read it` : null,
  };
}
