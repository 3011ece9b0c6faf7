import { type Side, sides, type Weights } from '../../../domain/deployment/vocabulary.ts';
import type { Route, RouteState, TrafficRouter } from '../../capabilities/traffic-router.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { formProblems } from '../../kit/form-problems.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type KubernetesClient, kubernetesClient } from './client.ts';
import { type KubernetesConnection, routeSchema, trouble } from './identity.ts';
import { sideName } from './names.ts';
import { annotation, type Backends, routeState, unfit, withHeaderRoute, withWeights, writtenHeaderRoute, writtenWeights } from './route.ts';
import type { HttpRoute, Rule } from './schema.ts';

/** Somebody else may write between our look and our change so often in a row. */
const TRIES = 3;

interface Known {
  name: string;
  backends: Backends;
}

interface Change {
  rules: Rule[];
  annotations: Record<string, string | null>;
}

export function kubernetesTrafficRouter(connection: KubernetesConnection, deps: AdapterDeps): TrafficRouter {
  const client = kubernetesClient(connection, deps);

  function known({ name, config }: Route): Known {
    const parsed = routeSchema.safeParse(config);
    if (!parsed.success) {
      const problems = formProblems(routeSchema, config).map(({ field, message }) => `${field} ${message}`);
      throw trouble('invalid', `the config of the route ${name} is wrong: ${problems.join('; ')}`);
    }
    const services = parsed.data.services ?? { blue: sideName(name, 'blue'), green: sideName(name, 'green') };
    return { name: parsed.data.route, backends: { services, namespace: connection.settings.namespace } };
  }

  return {
    abilities: { weights: 'any', decrease: true, readBack: true, headerRoutes: true },
    routeProblems: (config) => formProblems(routeSchema, config),
    async read(route) {
      const { name, backends } = known(route);
      return routeState(await client.httpRoute(name), backends);
    },
    setWeights: async (route, weights) =>
      change(client, known(route), (found, { backends }) =>
        isSame(writtenWeights(found, backends), weights) ? null : { rules: withWeights(found, backends, weights), annotations: {} },
      ),
    setHeaderRoute: async (route, wanted) =>
      change(client, known(route), (found, { backends }) =>
        isSameHeader(writtenHeaderRoute(found, backends), wanted)
          ? null
          : { rules: withHeaderRoute(found, backends, wanted), annotations: annotation(wanted) },
      ),
    // Services find the pods themselves.
    setAddresses: async (route) => void known(route),
  };
}

/**
 * All rules in one write, bound to what was read: what somebody else writes in between refuses it, and it is looked at again.
 * @param plan null = nothing to change
 */
async function change(
  client: KubernetesClient,
  route: Known,
  plan: (found: HttpRoute, route: Known) => Change | null,
): Promise<RouteState> {
  for (let left = TRIES - 1; ; left -= 1) {
    const found = await client.httpRoute(route.name);
    const problem = unfit(found, route.backends);
    if (problem !== null) throw trouble('conflict', problem);
    const planned = plan(found, route);
    if (planned === null) return routeState(found, route.backends);
    const { resourceVersion } = found.metadata;
    if (resourceVersion === undefined) throw trouble('malformed', `the HTTPRoute ${route.name} has no resource version`);
    try {
      await client.patchHttpRoute(route.name, { resourceVersion, ...planned });
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'conflict' && left > 0) continue;
      throw error;
    }
    // Gateways may take it up later: then nothing is in force that can be told, and the next look tells.
    return routeState(await client.httpRoute(route.name), route.backends);
  }
}

const isSame = (found: Weights | null, wanted: Weights) => found !== null && sides.every((side: Side) => found[side] === wanted[side]);

const isSameHeader = (one: RouteState['headerRoute'], other: RouteState['headerRoute']) =>
  one?.header === other?.header && one?.value === other?.value && one?.side === other?.side;
