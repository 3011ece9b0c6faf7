import type { TrackService } from '../../domain/deployment/plan.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import type { StoreBuild } from '../../integrations/capabilities/app-store.ts';
import { assertAttemptOurs } from '../../services/execution/attempt-scope.ts';
import type { Bundle } from '../../services/execution/stores/bundle.ts';
import type { SubmissionRecord } from '../../services/execution/stores/submission-service.ts';
import type { TrackRolloutPlace } from '../../services/execution/stores/track-rollout-rows.ts';
import type { StoredTrackRollout } from '../../services/execution/stores/track-rollout-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { lookAtRollout } from '../rollout-look.ts';
import { lookAgainOnTrouble, storeSignals } from '../store-target.ts';
import { submit } from '../submission.ts';
import { deliveryOf, openTrack, revisionOf, trackLocks, trackOf, windowsOf } from './track-look.ts';

/*
 * A service on its way to the users of a store, in three parts: its build is in the store, its submission passes review, its rollout reaches everybody. Each
 * part looks at the store first and writes down what it is about to do there, so a crash is one more look; which part it is in, the rows tell. From the row
 * of its submission on the service counts as changed.
 */

export const deliverService: DeploymentTaskHandler = {
  locks: trackLocks,
  run(context) {
    const service = trackOf(context);
    const wait = { reason: 'CALLBACK' as const, signals: storeSignals(service.target.store) };
    return lookAgainOnTrouble(context, wait, async () => shown(service, await deliver(context, service)));
  },
};

async function deliver(context: DeploymentTaskContext, service: TrackService): Promise<Outcome> {
  const { deployment, services, task } = context;
  const place: TrackRolloutPlace = { deployment, service, task, revision: revisionOf(service) };
  const delivery = deliveryOf(context, service);
  const rollout = await services.trackRollouts.open(place);
  const latest = await services.submissions.latest(delivery.place);
  // Nobody gets it before it has passed review: what is on its way there is taken back by the deployment.
  if (rollout.wish === 'ABORT' && latest?.status !== 'APPROVED') return aborted(context, place);
  if (rollout.wish === 'PAUSE' && (latest === null || latest.status === 'PREPARING')) return paused(context, service);
  if (latest === null) {
    const missing = await bring(context, service, rollout);
    if (missing !== null) return missing;
  }
  const reviewed = await submit(context, delivery);
  return reviewed.kind === 'completed' ? rollOut(context, place) : reviewed;
}

/** Some stores let the first users have what passes review: nothing is handed over meanwhile. */
const paused = ({ pollMs }: DeploymentTaskContext, { target: { store } }: TrackService): Outcome => ({
  ...{ kind: 'waiting', reason: 'HALTED', forMs: pollMs, signals: storeSignals(store) },
  output: { target: store.target, why: 'a person paused it, and resumes it' },
});

/**
 * Where the store takes files it has to have this very file under its number; elsewhere a build of the number is all that can be asked for.
 * @returns what is waited for, or went wrong; null = the build is in the store
 */
async function bring(context: DeploymentTaskContext, service: TrackService, { held }: StoredTrackRollout): Promise<Outcome | null> {
  const { deployment, services, task } = context;
  const { version, source, buildNumber = null } = revisionOf(service);
  const { appStore, app, upload } = await openTrack(context, service);
  const query = { app, version, buildNumber, uploadedSince: null };
  if (upload === null) return standing(context, service, await appStore.findBuild({ ...query, sha256: null }), null);
  const known = (task.output as { bundle?: Bundle | null } | null)?.bundle ?? null;
  const bundle = source.kind === 'kept' ? await services.storeBuilds.fileOf(source.key, known) : null;
  if (bundle === null) return refused(service, `The file of ${version} is not kept any more: send it again.`);
  const build = await appStore.findBuild({ ...query, sha256: bundle.sha256 });
  if (build !== null || held) return standing(context, service, build, bundle);
  await context.intent(`upload:${bundle.sha256}`);
  assertAttemptOurs();
  const uploaded = await services.storeBuilds.upload(service.target.store, deployment.tenantId, version, bundle);
  return standing(context, service, uploaded, bundle);
}

function standing(
  { pollMs }: DeploymentTaskContext,
  service: TrackService,
  build: StoreBuild | null,
  bundle: Bundle | null,
): Outcome | null {
  const { version, buildNumber } = revisionOf(service);
  const named = `the build ${buildNumber} of ${version}`;
  if (build !== null && build.buildNumber !== buildNumber) {
    return refused(service, `The store has the file of ${version} as build ${build.buildNumber}, and its artifact says ${buildNumber}.`);
  }
  switch (build?.state.kind) {
    case 'ready':
      return null;
    case 'refused':
      return refused(service, `The store does not take ${named}: ${build.state.reason}`);
    case 'expired':
      return refused(service, `The store does not take ${named}: it has expired.`);
    default: {
      const why =
        build === undefined || build === null
          ? `the store does not show ${named} yet: it is uploaded by its build`
          : `the store prepares ${named}`;
      const signals = storeSignals(service.target.store);
      return {
        kind: 'waiting',
        reason: 'CALLBACK',
        forMs: pollMs,
        output: { target: service.target.store.target, version, bundle, why },
        signals,
      };
    }
  }
}

async function rollOut(context: DeploymentTaskContext, place: TrackRolloutPlace): Promise<Outcome> {
  const { deployment, services } = context;
  const { service, revision } = place;
  const outcome = await lookAtRollout(context, {
    ...{ tenantId: deployment.tenantId, scopeId: deployment.id, store: service.target.store },
    ...{ version: revision.version, buildNumber: revision.buildNumber ?? null },
    windows: () => windowsOf(context, service),
    open: () => services.trackRollouts.open(place),
    write: (rollout, decision) => services.trackRollouts.write(place, rollout, decision),
    remedy: '',
  });
  const { wish, state } = await services.trackRollouts.open(place);
  // What a person aborts stands still first: the way back may have to wait for somebody.
  const standsStill = outcome.kind === 'completed' || state.status === 'PAUSED' || state.fraction === 0;
  return wish === 'ABORT' && standsStill ? aborted(context, place) : outcome;
}

async function aborted({ services }: DeploymentTaskContext, place: TrackRolloutPlace): Promise<Outcome> {
  const why = 'a person aborted its rollout';
  await services.trackRollouts.abort(place, why);
  return refused(place.service, why);
}

const refused = ({ name, target }: TrackService, why: string): Outcome => ({
  kind: 'failed',
  failure: { kind: 'conflict', message: `${name}: ${why}`, provider: target.store.provider },
});

type SubmissionOutput = {
  status?: SubmissionRecord['status'];
  blockedBy?: { displayId: string }[];
  sameVersion?: boolean;
  closedBy?: string[];
  why?: string | null;
};

/** With the service's name, and with why it waits. */
function shown(service: TrackService, outcome: Outcome): Outcome {
  if (outcome.kind === 'handed-back') return outcome;
  if (outcome.kind === 'failed') {
    const { failure } = outcome;
    const message = failure.message.startsWith(`${service.name}: `) ? failure.message : `${service.name}: ${failure.message}`;
    return { ...outcome, failure: { ...failure, message } };
  }
  const output = { ...outcome.output, service: service.name } as SubmissionOutput & { service: string };
  return { ...outcome, output: { ...output, why: output.why ?? whyOf(output) } };
}

function whyOf({ status, blockedBy = [], closedBy = [], sameVersion = false }: SubmissionOutput): string | null {
  const names = blockedBy.map(({ displayId }) => displayId).join(', ');
  if (blockedBy.length > 0 && sameVersion) return `${names} brings this very version to the store already, and has to end first`;
  if (blockedBy.length > 0) return `the store reviews ${names} first`;
  if (closedBy.length > 0) return `no window lets it reach more users: ${closedBy.join(', ')}`;
  return status === 'IN_REVIEW' ? 'the store reviews it' : null;
}
