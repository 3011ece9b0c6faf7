import { type DrivenService, isDriven, type PlannedService } from '../../domain/deployment/plan.ts';
import type { ServiceRolloutAct } from '../../domain/deployment/rollout/rollout.ts';
import type { RouteSeen, SideSeen, WindowsSeen } from '../../domain/deployment/rollout/situation.ts';
import type { Revision, Side } from '../../domain/deployment/vocabulary.ts';
import type { Reading } from '../../domain/gates/requirement.ts';
import type { Deployed } from '../../integrations/capabilities/deploy-target.ts';
import type { RouteState } from '../../integrations/capabilities/traffic-router.ts';
import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { assertAttemptOurs } from '../../services/execution/attempt-scope.ts';
import type { Configuration } from '../../services/execution/deployments/configuration-service.ts';
import { type OpenService, placeName } from '../../services/execution/deployments/driver-service.ts';
import { stateWords } from '../../services/execution/deployments/health-service.ts';
import type { DeploymentTaskContext } from '../deployment-context.ts';
import { reading } from '../reading.ts';

/* What tasks that change a service see of its drivers, and what they do there. Trouble of a driver is nothing that can be told: it is looked through. */

export const serviceLock = (environmentId: string, serviceId: string) => `deployment/${environmentId}/${serviceId}`;

/** The service that a task of a deployment is about, by its plan's input. */
export function serviceOf({ deployment, task }: Pick<DeploymentTaskContext, 'deployment' | 'task'>): PlannedService {
  const service = deployment.plan.services.find(({ serviceId }) => serviceId === task.input.serviceId);
  if (service === undefined) throw new Error(`deployment ${deployment.id} has no such service`);
  return service;
}

/** The same, of one that drivers run. */
export function drivenOf(what: Pick<DeploymentTaskContext, 'deployment' | 'task'>): DrivenService {
  const service = serviceOf(what);
  if (!isDriven(service)) throw new Error(`${service.name} goes to a store, not to drivers`);
  return service;
}

/** Which workload is looked for on a side. */
export interface Expected {
  digest: string;
  /** Any of these. */
  configVersions: readonly string[];
  /** Whether we brought something there already: then what cannot be told may be ours. */
  installed: boolean;
}

export function sideSeen(seen: Reading<Deployed>, expected: Expected): SideSeen {
  if (!seen.known) return { state: 'unknown', why: seen.why };
  const { state, digest, configVersion } = seen.value;
  const why = stateWords(seen.value);
  if (state.kind === 'absent') return { state: 'absent', why };
  if (digest === null || configVersion === null) return { state: expected.installed ? 'unknown' : 'other', why };
  const isIt = digest === expected.digest && expected.configVersions.includes(configVersion);
  return isIt ? { state: state.kind, why } : { state: 'other', why: 'another version runs there' };
}

export function routeSeen(seen: Reading<RouteState>, to: Side): RouteSeen {
  if (!seen.known) return { weight: null, headerRoute: null, why: seen.why };
  const { weights, headerRoute, why } = seen.value;
  return { weight: weights?.[to] ?? null, headerRoute, why };
}

export const observeSide = (open: OpenService, side: Side): Promise<Reading<Deployed>> =>
  reading(() => open.deployTarget.observe(open.place(side)));

export const readRoute = ({ traffic }: OpenService): Promise<Reading<RouteState>> | null =>
  traffic === null ? null : reading(() => traffic.router.read(traffic.route));

/** Trouble of the router shows when it is read. */
export async function tellAddresses({ traffic }: OpenService, side: Side, addresses: readonly string[]): Promise<void> {
  if (traffic === null || addresses.length === 0) return;
  assertAttemptOurs();
  await reading(() => traffic.router.setAddresses(traffic.route, side, addresses));
}

/** Nothing stands in the way of a rollback. */
export const openWindows: WindowsSeen = { allowed: true, blocking: [], nextChangeAt: null, onClose: 'finish' };

export async function windowsSeen({ deployment, services }: DeploymentTaskContext, serviceId: string): Promise<WindowsSeen> {
  if (deployment.kind === 'ROLLBACK') return openWindows;
  const { environment, app } = deployment.plan;
  const { allowed, blocking, nextChangeAt, onClose } = await services.windows.look({
    tenantId: deployment.tenantId,
    subject: { kind: 'deployment', id: deployment.id },
    scope: { environmentId: environment.id, appId: app.id, serviceId, tier: environment.tier },
  });
  return { allowed, blocking: blocking.map(({ name }) => name), nextChangeAt: nextChangeAt?.getTime() ?? null, onClose };
}

export interface ActPlace {
  open: OpenService;
  revision: Revision;
  configuration: () => Promise<Configuration>;
  /** Where each side is reached, as far as its driver tells. */
  addresses: (side: Side) => readonly string[];
  graceMs: number;
}

/** What came of an act: done, trouble that passes, or a refusal for good. */
export type Acted = { kind: 'done' } | { kind: 'trouble'; why: string; retryAfterMs: number } | { kind: 'refused'; why: string };

export async function perform(place: ActPlace, act: ServiceRolloutAct): Promise<Acted> {
  assertAttemptOurs();
  try {
    await carryOut(place, act);
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return passing.has(error.kind)
      ? { kind: 'trouble', why: error.message, retryAfterMs: error.retryAfterMs ?? 0 }
      : { kind: 'refused', why: error.message };
  }
}

const passing: ReadonlySet<ProviderError['kind']> = new Set(['rate-limited', 'unavailable', 'timeout', 'malformed']);

async function carryOut({ open, revision, configuration, addresses, graceMs }: ActPlace, act: ServiceRolloutAct): Promise<void> {
  const { deployTarget, traffic } = open;
  switch (act.do) {
    case 'install':
      await deployTarget.ensure(open.workload(act.side, revision, await configuration()));
      return;
    case 'remove':
      await deployTarget.ensureAbsent(open.place(act.side), { graceMs });
      return;
    case 'set-weights':
      if (traffic === null) throw new Error('weights were planned for a service without a router');
      // What is to get traffic must be known first; what loses it needs no address.
      for (const side of ['blue', 'green'] as const) {
        if (act.weights[side] > 0 && addresses(side).length > 0) await traffic.router.setAddresses(traffic.route, side, addresses(side));
      }
      await traffic.router.setWeights(traffic.route, act.weights);
      return;
    case 'set-header-route':
      if (traffic === null) throw new Error('a header route was planned for a service without a router');
      if (act.route !== null && addresses(act.route.side).length > 0) {
        await traffic.router.setAddresses(traffic.route, act.route.side, addresses(act.route.side));
      }
      await traffic.router.setHeaderRoute(traffic.route, act.route);
      return;
    default:
      act satisfies never;
  }
}

export const addressesOf = (seen: Reading<Deployed> | null): readonly string[] => (seen?.known === true ? seen.value.addresses : []);

/** What its drivers tell of when they call back: a hint, by which it is looked at sooner. */
export function driverSignals(
  deployment: DeploymentTaskContext['deployment'],
  service: DrivenService,
): { integrationId: string; key: string }[] {
  const key = signalKey.place(placeName(deployment.plan.environment, service));
  const { deploy, traffic } = service.target;
  return [deploy.integrationId, ...(traffic === null ? [] : [traffic.integrationId])].map((integrationId) => ({ integrationId, key }));
}
