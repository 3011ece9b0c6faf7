import type { TrackService } from '../../domain/deployment/plan.ts';
import { decideTakeBack, type TakeBackDecision } from '../../domain/rollout/decide-take-back.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import type { StoreRelease } from '../../integrations/capabilities/app-store.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { assertAttemptOurs } from '../../services/execution/attempt-scope.ts';
import type { OpenStore } from '../../services/execution/stores/store-service.ts';
import { deploymentSubmission } from '../../services/execution/stores/submission-place.ts';
import type { SubmissionRecord } from '../../services/execution/stores/submission-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { lookAgainOnTrouble, storeSignals } from '../store-target.ts';
import { findRelease, openTrack, revisionOf, trackLocks, trackOf } from './track-look.ts';

/*
 * Sees to it that nobody new gets what a deployment brought to a store. Each look reads the store first, `decideTakeBack` says what is next, it is done,
 * and what the store shows then is read back; a crash costs one look. What the store can take back neither now nor later fails it: a person is paged.
 */

const MAX_ROUNDS = 4;
/** Less than the task has: what stays under review is told in the store's own words. */
const PATIENCE_MS = 100 * 60_000;

export const takeServiceBack: DeploymentTaskHandler = {
  locks: trackLocks,
  run(context) {
    const service = trackOf(context);
    return lookAgainOnTrouble(context, { reason: 'CALLBACK', signals: storeSignals(service.target.store) }, () => look(context, service));
  },
};

async function look(context: DeploymentTaskContext, service: TrackService): Promise<Outcome> {
  const { deployment, services, task } = context;
  const place = deploymentSubmission(deployment, service, revisionOf(service).version, task);
  const submission = await services.submissions.latest(place);
  // Nothing was ever handed over: there is nothing to take back.
  if (submission === null) return { kind: 'completed', output: { service: service.name, status: 'UNCHANGED' } };
  if (await services.records.wasLive(deployment, service.serviceId)) {
    const why = `everybody got ${revisionOf(service).version} before this deployment, and goes on getting it`;
    await services.trackRollouts.writeTakenBack(deployment, service, { why, kept: null });
    return { kind: 'completed', output: { service: service.name, status: 'ROLLED_BACK', why } };
  }
  const open = await openTrack(context, service);
  let refusal: ProviderError | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const seen = await findRelease(open, service);
    const decision = decide(open, service, seen);
    if (decision.do === 'fail') return fail(context, service, decision.why);
    if (decision.do === 'wait') return wait(context, service, decision.why);
    if (decision.do === 'nothing') {
      if (seen?.state.kind === 'withdrawn') await noteWithdrawn(context, service, submission, seen);
      await services.trackRollouts.writeTakenBack(deployment, service, decision);
      return { kind: 'completed', output: { service: service.name, status: 'ROLLED_BACK', why: decision.why } };
    }
    if (refusal !== null) return fail(context, service, refusal.message);
    refusal = await act(open, service, decision.do);
    // Asked to, the store withdraws in its own time.
    if (refusal === null && decision.do === 'withdraw') return wait(context, service, 'the store was asked to withdraw it from review');
  }
  return wait(context, service, 'it was halted, and does not show yet');
}

const decide = ({ appStore, withdrawal }: OpenStore, service: TrackService, seen: StoreRelease | null): TakeBackDecision =>
  decideTakeBack({
    ...{ version: revisionOf(service).version, observed: seen?.state ?? null },
    ...{ abilities: appStore.abilities, withdraws: withdrawal !== null },
  });

/** @returns why the store's state does not allow it: it may have changed since it was looked at */
async function act(
  { appStore, app, withdrawal }: OpenStore,
  service: TrackService,
  what: 'halt' | 'withdraw',
): Promise<ProviderError | null> {
  const { version, buildNumber = null } = revisionOf(service);
  const query = { app, version, buildNumber };
  assertAttemptOurs();
  try {
    await (what === 'halt' ? appStore.halt(query) : withdrawal?.withdraw(query));
    return null;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'conflict') return error;
    throw error;
  }
}

async function noteWithdrawn(context: DeploymentTaskContext, service: TrackService, { id, status }: SubmissionRecord, seen: StoreRelease) {
  if (status !== 'IN_REVIEW') return;
  const place = deploymentSubmission(context.deployment, service, revisionOf(service).version, context.task);
  const finding = {
    status: 'WITHDRAWN' as const,
    providerState: null,
    reason: 'Its deployment was taken back.',
    externalId: seen.id,
    url: seen.url,
  };
  await context.services.submissions.found(place, id, finding);
}

async function wait(context: DeploymentTaskContext, service: TrackService, why: string): Promise<Outcome> {
  const { agoMs, since } = await context.intent('take-back');
  if (agoMs > PATIENCE_MS) return fail(context, service, why);
  const until = new Date(since.getTime() + PATIENCE_MS).toISOString();
  return {
    ...{ kind: 'waiting', reason: 'CALLBACK', forMs: context.pollMs, signals: storeSignals(service.target.store) },
    output: {
      ...{ service: service.name, target: service.target.store.target, status: 'ROLLING_BACK', until },
      why: `${why}; if it has not come to that by ${until}, a person is asked`,
    },
  };
}

async function fail({ deployment, services }: DeploymentTaskContext, service: TrackService, why: string): Promise<Outcome> {
  await services.rollouts.writeRollbackFailed(deployment, service, why);
  return {
    kind: 'failed',
    failure: { kind: 'conflict', message: `${service.name} could not be rolled back: ${why}`, provider: service.target.store.provider },
  };
}
