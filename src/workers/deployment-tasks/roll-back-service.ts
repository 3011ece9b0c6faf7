import { dueProbes } from '../../domain/deployment/health.ts';
import type { DrivenService } from '../../domain/deployment/plan.ts';
import { decideRollBack, type RollBackDecision, type RollBackProgress } from '../../domain/deployment/rollout/decide-roll-back.ts';
import { sameAct } from '../../domain/deployment/rollout/decisions.ts';
import type { ServiceRolloutAct } from '../../domain/deployment/rollout/rollout.ts';
import { todaysValues } from '../../domain/deployment/snapshot.ts';
import type { Revision } from '../../domain/deployment/vocabulary.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { DecryptError } from '../../platform/crypto.ts';
import type { Configuration } from '../../services/execution/deployments/configuration-service.ts';
import { type OpenService, placeOf } from '../../services/execution/deployments/driver-service.ts';
import type { StoredServiceRollout } from '../../services/execution/deployments/service-rollout-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { demandSchema } from './schema-guard.ts';
import { addressesOf, drivenOf, driverSignals, observeSide, perform, readRoute, routeSeen, serviceLock, sideSeen } from './service-look.ts';

/*
 * Brings one service back to what it ran before its deployment. Each look reads drivers and router, `decideRollBack` says what is next, and it is done;
 * only the probes counted so far are kept, as the task's output. Whatever was done is found by the next look, so a crash costs one look. What is refused for
 * good, and what is not ready or healthy in time, fails it: a person is paged.
 */

const MAX_ROUNDS = 10;
const SOON_MS = 1_000;

export const rollBackService: DeploymentTaskHandler = {
  locks: (deployment, task) => [serviceLock(deployment.plan.environment.id, String(task.input.serviceId))],
  async run(context) {
    const { deployment, services } = context;
    const service = drivenOf(context);
    const rollout = await services.rollouts.find(deployment, service.serviceId);
    // Nothing was ever begun: there is nothing to take back.
    if (rollout === null) return { kind: 'completed', output: { service: service.name, status: 'UNCHANGED' } };
    return look(context, await services.drivers.open(placeOf(deployment, service)), rollout);
  },
};

async function look(context: DeploymentTaskContext, open: OpenService, rollout: StoredServiceRollout): Promise<Outcome> {
  const { deployment, services, pollMs } = context;
  const service = drivenOf(context);
  const back = await broughtBack(context, service);
  let progress = progressOf(context);
  let done: ServiceRolloutAct | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { decision, addresses, now, configVersion } = await observe(context, open, rollout, { progress, back });
    progress = decision.progress;
    if (decision.failure !== null) return fail(context, decision.failure);
    if (decision.isDone) return finish(context, configVersion);
    if (decision.act === null) {
      if (decision.until !== null && decision.until <= now) continue;
      return waiting(context, decision, decision.until === null ? pollMs : Math.min(pollMs, decision.until - now));
    }
    if (sameAct(done, decision.act)) return waiting(context, decision, pollMs);
    const acted = await perform(
      {
        ...{ open, addresses, graceMs: service.target.deploy.graceMs },
        // Only the old version is ever brought here.
        revision: service.from?.revision as Revision,
        async configuration() {
          if (back === null) throw new ProviderError('conflict', UNOPENABLE, { provider: 'deployment' });
          await demandSchema(context, service, service.from?.revision as Revision);
          await services.configurations.keep(placeOf(deployment, service), back);
          return back;
        },
      },
      decision.act,
    );
    if (acted.kind === 'refused') return fail(context, acted.why);
    if (acted.kind === 'trouble') return waiting(context, { ...decision, why: acted.why }, Math.max(pollMs, acted.retryAfterMs));
    done = decision.act;
  }
  return { kind: 'waiting', reason: 'CALLBACK', forMs: SOON_MS, output: { ...context.task.output, progress } };
}

const UNOPENABLE = 'no key opens what it was configured with, nor the secrets of today';

/**
 * What the old version was configured with; where that is not kept any more, what counts today.
 * @returns null where there is none, or no key opens it: that counts only where the old version has to be brought again
 */
async function broughtBack({ deployment, services }: DeploymentTaskContext, service: DrivenService): Promise<Configuration | null> {
  if (service.from === null) return null;
  const where = placeOf(deployment, service);
  try {
    return (await services.configurations.kept(where, service.from.configVersion)) ?? (await services.configurations.today(where));
  } catch (error) {
    if (error instanceof DecryptError) return null;
    throw error;
  }
}

async function observe(
  { deployment, services, task }: DeploymentTaskContext,
  open: OpenService,
  { id: _id, program }: StoredServiceRollout,
  { progress, back }: { progress: RollBackProgress; back: Configuration | null },
) {
  const service = drivenOf({ deployment, task });
  const { from, target } = service;
  const oldSide = from?.side ?? null;
  // What ran before is looked for as it was configured then.
  const then: OpenService = back === null ? open : { ...open, place: (side) => ({ ...open.place(side), config: back.deployConfig }) };
  const [next, old, route, stored] = await Promise.all([
    observeSide(oldSide === program.to ? then : open, program.to),
    oldSide === null || oldSide === program.to ? null : observeSide(then, oldSide),
    readRoute(open),
    services.rollouts.find(deployment, service.serviceId),
  ]);
  const now = stored?.now.getTime() ?? 0;
  const there = oldSide === program.to ? next : old;
  // What it was configured with then, or, where those values are not kept any more, with those of today.
  const configVersions = from === null ? [] : [from.configVersion, ...(back === null ? [] : [back.version])];
  const seen = from === null || there === null ? null : sideSeen(there, { digest: from.revision.digest, configVersions, installed: false });
  const side = oldSide;
  const probes =
    seen?.state === 'ready' && side !== null && there?.known === true
      ? await services.health.probe(
          { open: then, side, deployed: there.value, health: target.health },
          dueProbes(target.health, progress.health, now),
          now,
        )
      : [];
  const decision = decideRollBack({
    ...{ to: program.to, progress, probes, now, checks: target.health, readyWithinMs: target.deploy.readyWithinMs },
    old: side === null || seen === null ? null : { side, seen },
    next: next.known ? { state: next.value.state.kind === 'absent' ? 'absent' : 'other', why: null } : { state: 'unknown', why: next.why },
    route: route === null ? null : { ...routeSeen(route, program.to), isRead: route.known },
  });
  const shown = there?.known === true ? there.value.configVersion : null;
  const addresses = (which: typeof program.to) => addressesOf(which === side ? there : next);
  return { decision, addresses, now, configVersion: shown ?? back?.version ?? from?.configVersion ?? '' };
}

const progressOf = ({ task }: DeploymentTaskContext): RollBackProgress =>
  (task.output?.progress as RollBackProgress | undefined) ?? { notReadySince: null, health: null };

const waiting = (context: DeploymentTaskContext, { progress, why }: RollBackDecision, forMs: number): Outcome => ({
  ...{ kind: 'waiting', reason: 'CALLBACK', forMs: Math.max(0, forMs) },
  output: { service: drivenOf(context).name, status: 'ROLLING_BACK', why, progress },
  signals: driverSignals(context.deployment, drivenOf(context)),
});

async function finish({ deployment, services, task }: DeploymentTaskContext, configVersion: string): Promise<Outcome> {
  const service = drivenOf({ deployment, task });
  const { from } = service;
  const note = configVersion === from?.configVersion ? null : todaysValues;
  await services.rollouts.writeRolledBack(deployment, service, from === null ? null : { configVersion, note });
  return { kind: 'completed', output: { service: service.name, status: 'ROLLED_BACK', version: from?.revision.version ?? null } };
}

async function fail(context: DeploymentTaskContext, why: string): Promise<Outcome> {
  const service = drivenOf(context);
  await context.services.rollouts.writeRollbackFailed(context.deployment, service, why);
  return { kind: 'failed', failure: { kind: 'conflict', message: `${service.name} could not be rolled back: ${why}` } };
}
