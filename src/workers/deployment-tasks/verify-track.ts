import { isOnTrack, type TrackService } from '../../domain/deployment/plan.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { DeploymentTaskContext } from '../deployment-context.ts';
import { lookAgainOnTrouble, storeSignals } from '../store-target.ts';
import { findRelease, openTrack, revisionOf } from './track-look.ts';

/** Everybody gets each service of the deployment on its track. What was taken back was read back then, and has nothing to be verified. */
export function verifyTrack(context: DeploymentTaskContext): Promise<Outcome> {
  const services = context.deployment.plan.services.filter(isOnTrack);
  const signals = services.flatMap(({ target }) => storeSignals(target.store));
  return lookAgainOnTrouble(context, { reason: 'CALLBACK', signals }, async (): Promise<Outcome> => {
    const found = await Promise.all(services.map((service) => look(context, service)));
    const wrong = found.flatMap(({ why, isLate }) => (why !== null && isLate ? [why] : []));
    if (wrong.length > 0) throw new ProviderError('conflict', `Not everything is live: ${wrong.join('; ')}`, { provider: 'health' });
    const pending = found.flatMap(({ why }) => (why === null ? [] : [why]));
    const output = { services: Object.fromEntries(found.map(({ name, state }) => [name, state])), why: pending.join('; ') || null };
    if (pending.length === 0) return { kind: 'completed', output };
    return { kind: 'waiting', reason: 'CALLBACK', forMs: context.pollMs, output, signals };
  });
}

interface Finding {
  name: string;
  state: string;
  /** null = everybody gets it, or it was taken back. */
  why: string | null;
  /** It will not become so by itself. */
  isLate: boolean;
}

async function look(context: DeploymentTaskContext, service: TrackService): Promise<Finding> {
  const { name } = service;
  const rollout = await context.services.trackRollouts.find(context.deployment, service.serviceId);
  if (rollout === null || rollout.state.status === 'ABORTED') return { name, state: 'taken back', why: null, isLate: false };
  const seen = await findRelease(await openTrack(context, service), service);
  const state = seen?.state.kind ?? 'not shown';
  if (state === 'live') return { name, state, why: null, isLate: false };
  return { name, state, why: `the store shows ${name} ${revisionOf(service).version} as ${state}`, isLate: !passing.has(state) };
}

/** It was seen live before: what shows less of it now, and may show it again, is looked at again. */
const passing: ReadonlySet<string> = new Set(['processing', 'unknown', 'not shown']);
