import { otherSide, type Side, sides, type Weights } from '../../../domain/deployment/vocabulary.ts';
import type { Route, RouteState, TrafficRouter } from '../../capabilities/traffic-router.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { percentOf } from '../../kit/percent-of.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { addressingCommands, addressProblem, placed } from './addresses.ts';
import { type HaproxyConnection, type HaproxyRoute, PROVIDER, routeSchema } from './identity.ts';
import { haproxyRuntime, type Runtime } from './runtime.ts';
import { type BackendState, complaintIn, readBackend, refusal, type ServerState } from './state.ts';
import { firstChanged, serverWeights } from './weights.ts';

/** Those whose weights may change while HAProxy runs, and that share requests by them. */
const BALANCES = ['roundrobin', 'leastconn', 'random'];

export function haproxyTrafficRouter(connection: HaproxyConnection, deps: AdapterDeps): TrafficRouter {
  const runtime = haproxyRuntime(connection, deps);

  return {
    abilities: { weights: 'any', decrease: true, readBack: true, headerRoutes: false },
    routeProblems(config) {
      const parsed = routeSchema.safeParse(config);
      return (parsed.error?.issues ?? []).map(({ path, message }) => ({ field: `/${path.join('/')}`, message }));
    },
    read: async (route) => {
      const known = routeOf(route);
      return routeState(known, await look(runtime, known));
    },
    setWeights: async (route, weights) => setWeights(runtime, routeOf(route), weights),
    async setHeaderRoute(route, headerRoute) {
      if (headerRoute !== null) throw trouble('invalid', 'header routes cannot be set through the runtime API');
      const known = routeOf(route);
      return routeState(known, await look(runtime, known));
    },
    setAddresses: async (route, side, addresses) => setAddresses(runtime, routeOf(route), side, addresses),
  };
}

async function look(runtime: Runtime, route: HaproxyRoute): Promise<BackendState> {
  const { backend, servers } = route;
  const questions = [`show servers state ${backend}`, `show stat ${backend} 6 -1`];
  const state = readBackend(backend, await runtime.send(`read the backend ${backend}`, questions));
  const known = new Set(state.servers.map(({ name }) => name));
  const missing = sides.flatMap((side) => servers[side]).filter((name) => !known.has(name));
  if (missing.length > 0) throw trouble('not-found', `the backend ${backend} has no server ${missing.join(', ')}`);
  return state;
}

async function setWeights(runtime: Runtime, route: HaproxyRoute, wanted: Weights): Promise<RouteState> {
  const before = await look(runtime, route);
  const problem = balanceProblem(route, before);
  if (problem !== null) throw trouble('invalid', problem);
  const now = routeState(route, before);
  for (const side of sides) if (wanted[side] > 0) demandUsable(route, before, side);
  if (isSame(now.weights, wanted)) return now;
  const operation = `set the weights of the backend ${route.backend}`;
  const reply = await runtime.send(operation, weighing(route, before, wanted));
  const after = routeState(route, await look(runtime, route));
  if (isSame(after.weights, wanted)) return after;
  throw notAsWished(operation, reply, after.why ?? `it shows ${inWords(after.weights)}`);
}

async function setAddresses(runtime: Runtime, route: HaproxyRoute, side: Side, named: readonly string[]): Promise<void> {
  const addresses = [...new Set(named)];
  demandAddresses(route, side, addresses);
  const before = await look(runtime, route);
  const share = percentOf(totals(route, before));
  if (addresses.length === 0 && (share?.[side] ?? 0) > 0) {
    throw trouble(
      'conflict',
      `the side ${side} of ${route.backend} has ${share?.[side]} % of the traffic and cannot be left without servers`,
    );
  }
  const counts = { ...countsOf(route, before), [side]: addresses.length } as Weights;
  const weights = share === null ? { blue: 0, green: 0 } : demandWeights(route, share, counts);
  const seats = placed(serversOf(route, before, side), addresses);
  const commands = addressingCommands(route.backend, seats, weights[side]);
  // The share of a side shall not change with the number of its servers.
  const others = share === null ? [] : weightCommands(route.backend, usedServers(route, before, otherSide(side)), weights[otherSide(side)]);
  if (commands.length + others.length === 0) return;
  const operation = `set the addresses of ${side} in the backend ${route.backend}`;
  const reply = await runtime.send(operation, [...commands, ...others]);
  const left = addressingCommands(route.backend, placed(serversOf(route, await look(runtime, route), side), addresses), weights[side]);
  if (left.length > 0) throw notAsWished(operation, reply, `${left.length} commands had no effect`);
}

const trouble = (kind: ProviderErrorKind, message: string) => new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });

function routeOf({ name, config }: Route): HaproxyRoute {
  const parsed = routeSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw trouble('invalid', `the config of the route ${name} is not what the form asks for`);
}

/** HAProxy's own words where it had some; it may also take commands and do something else. */
function notAsWished(operation: string, reply: string, found: string): ProviderError {
  const words = complaintIn(reply);
  return words === null ? trouble('malformed', `${operation} was answered without a complaint, but ${found}`) : refusal(operation, words);
}

const serversOf = (route: HaproxyRoute, { servers }: BackendState, side: Side): ServerState[] =>
  route.servers[side].flatMap((name) => servers.filter((server) => server.name === name));

const usedServers = (route: HaproxyRoute, state: BackendState, side: Side): ServerState[] =>
  serversOf(route, state, side).filter(({ isInUse }) => isInUse);

const perSide = (count: (side: Side) => number): Weights => ({ blue: count('blue'), green: count('green') });

const countsOf = (route: HaproxyRoute, state: BackendState) => perSide((side) => usedServers(route, state, side).length);

const totals = (route: HaproxyRoute, state: BackendState) =>
  perSide((side) => usedServers(route, state, side).reduce((sum, { weight }) => sum + weight, 0));

const isSame = (found: Weights | null, wanted: Weights) => found !== null && found.blue === wanted.blue && found.green === wanted.green;

const inWords = (weights: Weights | null) => (weights === null ? 'no weights' : `blue ${weights.blue} %, green ${weights.green} %`);

function routeState(route: HaproxyRoute, state: BackendState): RouteState {
  const told = (weights: Weights | null, why: string | null): RouteState => ({ weights, headerRoute: null, why });
  const problem = balanceProblem(route, state);
  if (problem !== null) return told(null, problem);
  const ours = new Set(sides.flatMap((side) => route.servers[side]));
  const foreign = state.servers.filter(({ name, isInUse, isBackup, weight }) => isInUse && !isBackup && weight > 0 && !ours.has(name));
  if (foreign.length > 0)
    return told(null, `${foreign.map(({ name }) => name).join(', ')} of ${route.backend} get traffic and are of no side`);
  const weights = percentOf(totals(route, state));
  if (weights === null) return told(null, `no server of ${route.backend} has a weight: nobody gets traffic`);
  const down = sides.flatMap((side) => (weights[side] > 0 ? usedServers(route, state, side) : [])).filter(({ isDown }) => isDown);
  return told(
    weights,
    down.length === 0 ? null : `${down.map(({ name }) => name).join(', ')} of ${route.backend} are down and get nothing`,
  );
}

function balanceProblem({ backend }: HaproxyRoute, { balance }: BackendState): string | null {
  if (balance === null) return `the socket does not tell how ${backend} balances: it needs "level admin" in haproxy.cfg`;
  if (BALANCES.includes(balance)) return null;
  return `the backend ${backend} balances by ${balance}, which does not follow weights: ${BALANCES.join(', ')} do`;
}

function demandUsable(route: HaproxyRoute, state: BackendState, side: Side): void {
  const used = usedServers(route, state, side);
  if (used.length === 0) throw trouble('conflict', `no server of the side ${side} of ${route.backend} is in use: it has no address yet`);
  if (used.every(({ isDown }) => isDown)) throw trouble('unavailable', `every server of the side ${side} of ${route.backend} is down`);
}

function demandWeights({ backend }: HaproxyRoute, percent: Weights, counts: Weights): Weights {
  const weights = serverWeights(percent, counts);
  if (weights !== null) return weights;
  const servers = `${counts.blue} blue and ${counts.green} green servers`;
  throw trouble('invalid', `${inWords(percent)} cannot be shown by ${servers} of ${backend}: a server has a weight of 0 to 256`);
}

/** All in one line: nobody is without a server in between (see `firstChanged`). */
function weighing(route: HaproxyRoute, before: BackendState, percent: Weights): string[] {
  const counts = countsOf(route, before);
  const next = demandWeights(route, percent, counts);
  const first = firstChanged(
    totals(route, before),
    perSide((side) => next[side] * counts[side]),
  );
  return [first, otherSide(first)].flatMap((side) => weightCommands(route.backend, usedServers(route, before, side), next[side]));
}

const weightCommands = (backend: string, servers: readonly ServerState[], weight: number): string[] =>
  servers.filter((server) => server.weight !== weight).map(({ name }) => `set weight ${backend}/${name} ${weight}`);

function demandAddresses(route: HaproxyRoute, side: Side, addresses: readonly string[]): void {
  const problem = addresses.map(addressProblem).find((each) => each !== null);
  if (problem) throw trouble('invalid', problem);
  const seats = route.servers[side].length;
  if (addresses.length <= seats) return;
  throw trouble('invalid', `${addresses.length} addresses do not fit into the ${seats} servers of the side ${side} of ${route.backend}`);
}
