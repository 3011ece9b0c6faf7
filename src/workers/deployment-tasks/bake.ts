import { type DrivenService, isDriven } from '../../domain/deployment/plan.ts';
import type { Side } from '../../domain/deployment/vocabulary.ts';
import {
  beginWatch,
  dueToWatch,
  recordNotReady,
  recordWatched,
  type WatchStanding,
  type WatchState,
  watchStanding,
} from '../../domain/deployment/watch.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { placeOf } from '../../services/execution/deployments/driver-service.ts';
import { stateWords } from '../../services/execution/deployments/health-service.ts';
import { asService } from '../../services/execution/deployments/preflight-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { observeSide } from './service-look.ts';

/** What is kept between looks. */
interface Kept {
  /** End of the time, milliseconds since the epoch. */
  until: number;
  /** By service id; absent on tasks that began before it was watched. */
  services?: Record<string, WatchState>;
}

const MIN_WAIT_MS = 250;

/**
 * Lets everything stand for a time before the deployment goes on, and watches it: what the deployment has brought so far, and what that depends on, as
 * VERIFY_HEALTH looks at it. A service that turns unhealthy fails the task at once. When the time is over, one about which there is doubt is looked at until
 * that is decided.
 */
export const bake: DeploymentTaskHandler = {
  async run(context) {
    const { task, services, pollMs } = context;
    const now = (await services.records.now()).getTime();
    const kept = task.output as Kept | null;
    const until = kept?.until ?? now + Number(task.input.forMs);
    const watched = await watchedServices(context);
    const looks = await Promise.all(watched.map((each) => look(context, each, kept?.services?.[each.service.serviceId], now)));
    const failed = looks.flatMap(({ standing }) => (standing.kind === 'failed' ? [standing.why] : []));
    if (failed.length > 0)
      throw new ProviderError('conflict', `Not everything stayed healthy: ${failed.join('; ')}`, { provider: 'health' });
    const output = { until, services: Object.fromEntries(looks.map(({ serviceId, state }) => [serviceId, state])) } satisfies Kept;
    const doubtful = looks.some(({ standing }) => standing.kind === 'doubtful');
    if (now >= until && !doubtful) return { kind: 'completed', output };
    const next = looks.map(({ standing }) => ('nextAt' in standing ? standing.nextAt : null) ?? now + pollMs);
    const nextAt = Math.min(...(now < until ? [until] : []), ...next);
    return { kind: 'waiting', reason: 'TIMER', forMs: Math.max(MIN_WAIT_MS, nextAt - now), output };
  },
};

interface Watched {
  service: DrivenService;
  side: Side;
}

/** Before anything was brought there is nothing that could have turned. What is on its way is watched by its rollout. */
async function watchedServices({ deployment, services }: DeploymentTaskContext): Promise<Watched[]> {
  const brought = await services.records.brought(deployment);
  if (brought.size === 0) return [];
  const sides = await services.records.activeSides(deployment);
  const { plan } = deployment;
  const all = [...plan.services.filter(({ serviceId }) => brought.has(serviceId)), ...plan.outside.map(asService)];
  return all.filter(isDriven).flatMap((service) => {
    const side = sides.get(service.serviceId);
    return side === undefined ? [] : [{ service, side }];
  });
}

async function look(
  { deployment, services }: DeploymentTaskContext,
  { service, side }: Watched,
  kept: WatchState | undefined,
  now: number,
): Promise<{ serviceId: string; state: WatchState; standing: WatchStanding }> {
  const { serviceId, name, target } = service;
  const { health: checks } = target;
  const before = kept ?? beginWatch(checks);
  const found = (state: WatchState, standing: WatchStanding) => ({
    ...{ serviceId, state },
    standing: standing.kind === 'stands' ? standing : { ...standing, why: `${name}: ${standing.why}` },
  });
  const open = await services.drivers.open(placeOf(deployment, service));
  const seen = await observeSide(open, side);
  // Trouble of the driver says nothing about the service.
  if (!seen.known) return found(before, { kind: 'doubtful', nextAt: null, why: seen.why });
  const deployed = seen.value;
  if (deployed.state.kind === 'failed') return found(before, { kind: 'failed', why: stateWords(deployed) });
  const rules = { readyWithinMs: target.deploy.readyWithinMs, now };
  if (deployed.state.kind !== 'ready') {
    const state = recordNotReady(before, now);
    return found(state, watchStanding(checks, state, rules));
  }
  const probes = await services.health.probe({ open, side, deployed, health: checks }, dueToWatch(checks, before, now), now);
  const state = recordWatched(before, probes);
  return found(state, watchStanding(checks, state, rules));
}
