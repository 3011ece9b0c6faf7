import { dueProbes, type Probe } from '../../domain/deployment/health.ts';
import type { DrivenService } from '../../domain/deployment/plan.ts';
import { analysesOf } from '../../domain/deployment/rollout/analyses.ts';
import { decideServiceRollout } from '../../domain/deployment/rollout/decide-service-rollout.ts';
import { sameAct } from '../../domain/deployment/rollout/decisions.ts';
import { programOf } from '../../domain/deployment/rollout/program.ts';
import type { ServiceRolloutAct } from '../../domain/deployment/rollout/rollout.ts';
import type {
  AnalysisSeen,
  ServiceRolloutDecision,
  ServiceRolloutSituation,
  ServiceRolloutWait,
} from '../../domain/deployment/rollout/situation.ts';
import { todaysValues } from '../../domain/deployment/snapshot.ts';
import type { Revision, Side } from '../../domain/deployment/vocabulary.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import type { Deployed } from '../../integrations/capabilities/deploy-target.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { type OpenService, placeOf } from '../../services/execution/deployments/driver-service.ts';
import type { ServiceRolloutPlace, StoredServiceRollout } from '../../services/execution/deployments/service-rollout-service.ts';
import { windowSignals } from '../../services/windows/window-signals.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { demandSchemaOfNew } from './schema-guard.ts';
import {
  type ActPlace,
  addressesOf,
  drivenOf,
  driverSignals,
  observeSide,
  perform,
  readRoute,
  routeSeen,
  serviceLock,
  sideSeen,
  tellAddresses,
  windowsSeen,
} from './service-look.ts';

/*
 * A reconciler, like ROLL_OUT. Each look reads drivers, router, probes and analyses; `decideServiceRollout` says what that means and what is next; the
 * decision, with what is about to be done, is written before it is done, and the service's place in the order of change with the first of them. Commands of
 * people write their wish and make this task due. A crash between any two steps is one more look, which finds what was intended and what is there.
 */

/** Rounds of one look; whatever needs more goes on in a moment. */
const MAX_ROUNDS = 10;
const SOON_MS = 1_000;

export const deployService: DeploymentTaskHandler = {
  locks: (deployment, task) => [serviceLock(deployment.plan.environment.id, String(task.input.serviceId))],
  async run(context) {
    const service = drivenOf(context);
    const { deployment, services } = context;
    const revision = await services.drivers.revisionOf(deployment, service);
    if (revision === null) throw new Error(`nothing was built of ${service.name}`);
    const open = await services.drivers.open(placeOf(deployment, service));
    const known = await services.rollouts.find(deployment, service.serviceId);
    const begun = known === null ? await planRollout(context, service, revision) : { ...known, note: null };
    const { configVersion, program, note } = begun;
    return look(context, open, { deployment, service, task: context.task, revision, configVersion, program, note });
  },
};

/** What it is configured with is kept before the rollout begins: it goes by that to its end, and may be brought back with it later. */
async function planRollout(
  { deployment, services }: DeploymentTaskContext,
  service: DrivenService,
  revision: Revision,
): Promise<Pick<ServiceRolloutPlace, 'configVersion' | 'program' | 'note'>> {
  const where = placeOf(deployment, service);
  const wanted = service.configVersion ?? null;
  const kept = wanted === null ? null : await services.configurations.kept(where, wanted);
  const configuration = kept ?? (await services.configurations.today(where));
  await services.configurations.keep(where, configuration);
  const { version } = configuration;
  const { from } = service;
  const unchanged = from !== null && from.revision.digest === revision.digest && from.configVersion === version;
  const program = programOf(service.target, { kind: deployment.kind, from: from?.side ?? null, unchanged });
  return { configVersion: version, program, note: wanted === null || kept !== null ? null : todaysValues };
}

type DrivenPlace = ServiceRolloutPlace & { service: DrivenService };

async function look(context: DeploymentTaskContext, open: OpenService, place: DrivenPlace): Promise<Outcome> {
  const { services, pollMs } = context;
  let done: ServiceRolloutAct | null = null;
  let refused: string | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const rollout = await services.rollouts.open(place);
    const seen = await observe(context, open, place, rollout);
    const decision = decideServiceRollout({ ...seen.situation, refused });
    // Somebody wrote their wish meanwhile: it counts.
    if (!(await services.rollouts.write(place, rollout, decision))) continue;
    refused = null;
    if (decision.act === null) {
      if (isDueNow(decision, seen.situation)) continue;
      return outcomeOf(context, place.service, rollout, decision, seen.situation);
    }
    // It was done just now, and does not show yet.
    if (sameAct(done, decision.act)) return stillWaiting(place, decision, { forMs: pollMs, why: 'it was done, and does not show yet' });
    const acted = await perform(actPlace(context, open, place, rollout, seen.deployed), decision.act);
    if (acted.kind === 'trouble') {
      return stillWaiting(place, decision, { forMs: Math.max(pollMs, acted.retryAfterMs), why: acted.why });
    }
    refused = acted.kind === 'refused' ? acted.why : null;
    done = acted.kind === 'refused' ? null : decision.act;
  }
  return { kind: 'waiting', reason: 'CALLBACK', forMs: SOON_MS };
}

type SidesDeployed = (side: Side) => Deployed | null;

async function observe(
  context: DeploymentTaskContext,
  open: OpenService,
  place: DrivenPlace,
  rollout: StoredServiceRollout,
): Promise<{ situation: Omit<ServiceRolloutSituation, 'refused'>; deployed: SidesDeployed }> {
  const { deployment, services } = context;
  const { program, state, configVersion, held } = rollout;
  const { service, revision } = place;
  const { from } = service;
  const now = rollout.now.getTime();
  const [next, old, windows] = await Promise.all([
    observeSide(open, program.to),
    program.from === null ? null : observeSide(open, program.from),
    windowsSeen(context, service.serviceId),
  ]);
  // What already gets traffic may have moved; equal is success.
  if (state.exposedAt !== null) await tellAddresses(open, program.to, addressesOf(next));
  const route = await readRoute(open);
  const side = sideSeen(next, { digest: revision.digest, configVersions: [configVersion], installed: state.installedAt !== null });
  const oldSide =
    old === null || from === null
      ? null
      : sideSeen(old, { digest: from.revision.digest, configVersions: [from.configVersion], installed: true });
  const wanted = deployment.cancelRequestedAt === null ? state.wanted : 'ABORT';
  const deployed: SidesDeployed = (which) => {
    const found = which === program.to ? next : old;
    return found?.known === true ? found.value : null;
  };
  const probes = side.state === 'ready' && state.healthyAt === null && next.known ? await probe(next.value) : [];
  return {
    deployed,
    situation: {
      ...{ program, side, oldSide, held, now, windows, probes },
      state: { ...state, wanted },
      route: route === null ? null : routeSeen(route, program.to),
      analyses: await analyse(),
    },
  };

  function probe(seen: Deployed): Promise<Probe[]> {
    const { health } = program;
    return services.health.probe({ open, side: program.to, deployed: seen, health }, dueProbes(health, state.health, now), now);
  }

  async function analyse(): Promise<ReadonlyMap<string, AnalysisSeen>> {
    const where = {
      ...{ tenantId: deployment.tenantId, scopeId: deployment.id, rolloutId: rollout.id, metrics: open.metrics, side: program.to },
      words: { service: service.name, environment: deployment.plan.environment.name },
    };
    const found = await Promise.all(
      analysesOf(program, state).map(async (analysis) => [analysis.key, await services.analyses.look(where, analysis)] as const),
    );
    return new Map(found);
  }
}

function actPlace(
  { services, deployment }: DeploymentTaskContext,
  open: OpenService,
  { service, revision }: DrivenPlace,
  { configVersion }: StoredServiceRollout,
  deployed: SidesDeployed,
): ActPlace {
  return {
    ...{ open, revision, graceMs: service.target.deploy.graceMs },
    addresses: (side) => deployed(side)?.addresses ?? [],
    async configuration() {
      await demandSchemaOfNew({ deployment, services }, service, revision);
      const where = placeOf(deployment, service);
      const kept = await services.configurations.kept(where, configVersion);
      if (kept !== null) return kept;
      const why = `What ${service.name} was configured with when its rollout began cannot be opened any more. Deploy it anew.`;
      throw new ProviderError('conflict', why, { provider: 'deployment' });
    },
  };
}

const untilOf = (wait: ServiceRolloutWait): number | null => ('until' in wait ? wait.until : null);

type Seen = Omit<ServiceRolloutSituation, 'refused'>;

/** What is measured or probed is waited for only once nothing is due, and an analysis begins in the look that asks for it. */
function isDueNow({ wait, state }: ServiceRolloutDecision, { program, analyses, now }: Seen): boolean {
  if (analysesOf(program, state).some(({ key }) => !analyses.has(key))) return true;
  return (wait?.for === 'analysis' || wait?.for === 'health') && wait.until <= now;
}

/** Whatever is waited for: what is measured meanwhile is measured in time. */
function nextLook({ state, wait }: ServiceRolloutDecision, { program, analyses }: Seen): number | null {
  const measured = analysesOf(program, state).map(({ key }) => analyses.get(key)?.nextLookAt ?? null);
  const all = [...measured, wait === null ? null : untilOf(wait)].filter((at) => at !== null);
  return all.length === 0 ? null : Math.min(...all);
}

const reasonOf = {
  time: 'TIMER',
  person: 'HALTED',
  window: 'WINDOW',
  driver: 'CALLBACK',
  health: 'CALLBACK',
  analysis: 'CALLBACK',
} as const;

function outcomeOf(
  context: DeploymentTaskContext,
  service: DrivenService,
  { program }: StoredServiceRollout,
  decision: ServiceRolloutDecision,
  seen: Seen,
): Outcome {
  const { deployment, pollMs } = context;
  const { now } = seen;
  const { wait, failure, state } = decision;
  if (failure !== null) return { kind: 'failed', failure: { kind: 'conflict', message: `${service.name}: ${failure}` } };
  const output = outputOf(service, decision, program.steps.length, wait?.why ?? null);
  if (wait === null) return { kind: 'completed', output };
  const until = nextLook(decision, seen);
  const forMs = until === null ? pollMs : Math.min(pollMs, Math.max(0, until - now));
  const signals = [...windowSignals(deployment.tenantId), ...driverSignals(deployment, service)];
  // Where nobody is exposed there is nothing to watch: it wakes once, when the window opens.
  if (wait.for === 'window' && state.exposedAt === null) {
    return { kind: 'waiting', reason: 'WINDOW', forMs: until === null ? null : Math.max(0, until - now), output, signals };
  }
  return { kind: 'waiting', reason: reasonOf[wait.for], forMs, output, signals };
}

const stillWaiting = (
  { deployment, service }: DrivenPlace,
  decision: ServiceRolloutDecision,
  { forMs, why }: { forMs: number; why: string },
): Outcome => ({
  ...{ kind: 'waiting', reason: 'CALLBACK', forMs },
  output: outputOf(service, decision, null, why),
  signals: [...windowSignals(deployment.tenantId), ...driverSignals(deployment, service)],
});

const outputOf = ({ name }: DrivenService, { state, wait }: ServiceRolloutDecision, steps: number | null, why: string | null) => ({
  ...{ service: name, status: state.status, pauseReason: state.pauseReason, phase: state.phase, step: state.step, steps },
  ...{ weight: state.weight, wanted: state.wanted, why },
  until: wait === null || untilOf(wait) === null ? null : new Date(untilOf(wait) ?? 0).toISOString(),
});
