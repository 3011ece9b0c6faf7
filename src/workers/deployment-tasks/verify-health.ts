import {
  beginHealth,
  dueProbes,
  type HealthState,
  healthStanding,
  recordProbes,
  withoutSuccesses,
} from '../../domain/deployment/health.ts';
import { type DrivenService, isDriven, isOnTrack } from '../../domain/deployment/plan.ts';
import type { Side } from '../../domain/deployment/vocabulary.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { placeOf } from '../../services/execution/deployments/driver-service.ts';
import { stateWords } from '../../services/execution/deployments/health-service.ts';
import { asService } from '../../services/execution/deployments/preflight-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { verifyTrack } from './verify-track.ts';

/** What is kept between looks: one state of health per service, by its id. */
interface Kept {
  services: Record<string, HealthState>;
}

type Standing = { kind: 'healthy' } | { kind: 'pending'; nextAt: number; why: string } | { kind: 'failed'; why: string };

const MIN_WAIT_MS = 250;

/**
 * All services of the deployment, and those that they depend on, are healthy: each of their checks succeeds as often in a row as it must, in its time. A
 * service of which nothing is installed any more has nothing to be healthy.
 */
export const verifyHealth: DeploymentTaskHandler = {
  async run(context) {
    const { deployment, services, task, pollMs } = context;
    if (deployment.plan.services.some(isOnTrack)) return verifyTrack(context);
    const [clock, sides] = await Promise.all([services.records.now(), services.records.activeSides(deployment)]);
    const now = clock.getTime();
    const kept = (task.output as Kept | null)?.services ?? {};
    const running = [...deployment.plan.services, ...deployment.plan.outside.map(asService)].filter(isDriven).flatMap((service) => {
      const side = sides.get(service.serviceId);
      return side === undefined ? [] : [{ service, side }];
    });
    const looks = await Promise.all(running.map((running) => look(context, running, kept[running.service.serviceId] ?? null, now)));
    const failed = looks.flatMap(({ standing }) => (standing.kind === 'failed' ? [standing.why] : []));
    if (failed.length > 0) throw new ProviderError('conflict', `Not everything is healthy: ${failed.join('; ')}`, { provider: 'health' });
    const pending = looks.flatMap(({ standing }) => (standing.kind === 'pending' ? [standing.nextAt] : []));
    const output = { services: Object.fromEntries(looks.map(({ serviceId, state }) => [serviceId, state])) };
    if (pending.length === 0) return { kind: 'completed', output };
    return { kind: 'waiting', reason: 'TIMER', forMs: Math.min(pollMs, Math.max(MIN_WAIT_MS, Math.min(...pending) - now)), output };
  },
};

async function look(
  { deployment, services, pollMs }: DeploymentTaskContext,
  { service, side }: { service: DrivenService; side: Side },
  kept: HealthState | null,
  now: number,
): Promise<{ serviceId: string; state: HealthState; standing: Standing }> {
  const { serviceId, name, target } = service;
  const state = kept ?? beginHealth(target.health, now);
  // What was brought back has the config of then.
  const open = await services.drivers.open(await services.configurations.asInstalled(placeOf(deployment, service)));
  const deployed = await open.deployTarget.observe(open.place(side));
  if (deployed.state.kind !== 'ready') {
    const why = `${name} is not ready: ${stateWords(deployed)}`;
    const isLate = now >= state.since + target.deploy.readyWithinMs || deployed.state.kind === 'failed';
    return {
      serviceId,
      state: withoutSuccesses(state),
      standing: isLate ? { kind: 'failed', why } : { kind: 'pending', nextAt: now + pollMs, why },
    };
  }
  const probes = await services.health.probe({ open, side, deployed, health: target.health }, dueProbes(target.health, state, now), now);
  const next = recordProbes(state, probes);
  const standing = healthStanding(target.health, next, now);
  if (standing.kind === 'failed') return { serviceId, state: next, standing: { kind: 'failed', why: `${name}: ${standing.why}` } };
  return { serviceId, state: next, standing: standing.kind === 'pending' ? { ...standing, why: name } : standing };
}
