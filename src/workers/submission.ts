import { notesForStore } from '../domain/release/store-notes.ts';
import { gradually } from '../domain/rollout/progress.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import type { StoreBuild, StoreRelease } from '../integrations/capabilities/app-store.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { assertAttemptOurs } from '../services/execution/attempt-scope.ts';
import type { OpenStore } from '../services/execution/stores/store-service.ts';
import type { SubmissionFinding, SubmissionRecord } from '../services/execution/stores/submission-service.ts';
import type { Turn } from '../services/execution/stores/turn-service.ts';
import { turnSignals } from '../services/releases/turn-signals.ts';
import { waitForWindow } from './release-windows.ts';
import { type DeliveryContext, type StoreDelivery, tenantOf } from './store-delivery.ts';
import { lookAgainOnTrouble, storeSignals } from './store-target.ts';

/*
 * A version on its way through a store's review. What is submitted, which build with which notes, is written down first; then the store is asked,
 * which takes the same submission once; then what it shows is written down. A rejection fails the task; a person who sends the task on submits anew.
 * A crash between any two steps is one more look.
 */

type Way = StoreDelivery & { open: OpenStore };

/** One look; completed = it has passed review. */
export async function submit(context: DeliveryContext, delivery: StoreDelivery): Promise<Outcome> {
  const { services } = context;
  const { place, store, version } = delivery;
  const latest = await services.submissions.latest(place);
  const isNew = latest === null || (await isSentOn(context, latest));
  if (isNew || latest.status === 'PREPARING') {
    const windows = await delivery.windows();
    if (!windows.allowed) {
      const taken = latest === null || isNew ? null : await takenAlready(context, delivery, latest);
      return taken ?? waitForWindow(tenantOf(delivery), windows, { target: store.target, version });
    }
    const turn = await delivery.turn();
    if (!turn.own) return waitForOthers(context, delivery, turn);
  }
  const way = { ...delivery, open: await services.stores.open(tenantOf(delivery), store) };
  if (isNew) {
    const prepared = await prepare(context, way, latest);
    return 'outcome' in prepared ? prepared.outcome : follow(context, way, prepared.submission);
  }
  return follow(context, way, latest);
}

/** What was written down may have come to the store before the windows closed: then its review is followed. */
async function takenAlready(context: DeliveryContext, delivery: StoreDelivery, submission: SubmissionRecord): Promise<Outcome | null> {
  const open = await context.services.stores.open(tenantOf(delivery), delivery.store);
  const query = { app: open.app, version: delivery.version, buildNumber: submission.buildNumber };
  const seen = await open.appStore.findRelease(query);
  return seen !== null && takenStates.has(seen.state.kind) ? judge(context, { ...delivery, open }, submission, seen) : null;
}

/** The others may be what became of a submission before. */
const takenStates: ReadonlySet<StoreRelease['state']['kind']> = new Set([
  ...(['in-review', 'processing', 'approved', 'rolling-out', 'halted', 'live'] as const),
]);

/** Stores take one version of an app at a time, from one of us; the lock on the app keeps two releases from finding the way free at once. */
function waitForOthers(
  { pollMs }: DeliveryContext,
  { store: { target }, version }: StoreDelivery,
  { blockedBy, sameVersion }: Extract<Turn, { own: false }>,
): Outcome {
  return {
    kind: 'waiting',
    reason: 'TURN',
    forMs: pollMs,
    output: { target, version, blockedBy, sameVersion: sameVersion === true },
    signals: turnSignals(blockedBy, target),
  };
}

/** A person wants another try after the store, or somebody in its console, said no. */
async function isSentOn({ services, task }: DeliveryContext, { status, decidedAt, createdAt }: SubmissionRecord): Promise<boolean> {
  if (status === 'IN_REVIEW' || status === 'APPROVED') return false;
  return services.submissions.sentOnSince(task, decidedAt ?? createdAt);
}

type Prepared = { submission: SubmissionRecord } | { outcome: Outcome };

/** Chooses the build and the notes, and writes them down. What the store has refused to take at all is replaced; what it has judged stays. */
async function prepare(context: DeliveryContext, way: Way, before: SubmissionRecord | null): Promise<Prepared> {
  const { submissions } = context.services;
  const { place } = way;
  const build = await way.build(before === null);
  if (build?.state.kind !== 'ready') return { outcome: withoutBuild(context, way, build) };
  const what = { buildNumber: build.buildNumber, notes: await composeNotes(way) };
  if (before?.status === 'PREPARING') return { submission: await submissions.replan(place, before.id, what) };
  return { submission: await submissions.plan(place, before?.ordinal ?? 0, what) };
}

function withoutBuild({ pollMs }: DeliveryContext, { store, version }: StoreDelivery, build: StoreBuild | null): Outcome {
  const refuse = (message: string): Outcome => ({ kind: 'failed', failure: { kind: 'conflict', message, provider: store.provider } });
  if (build === null) return refuse(`The store shows no build of ${version}. Upload one, then retry the task.`);
  const { buildNumber, state } = build;
  if (state.kind === 'refused' || state.kind === 'expired') {
    const why = state.kind === 'refused' ? `refuses the build ${buildNumber}: ${state.reason}` : `has let the build ${buildNumber} expire`;
    return refuse(`The store ${why}. Upload another, then retry the task.`);
  }
  const output = { target: store.target, version, buildNumber, why: `the store prepares the build ${buildNumber} (${state.kind})` };
  return { kind: 'waiting', reason: 'CALLBACK', forMs: pollMs, output, signals: storeSignals(store) };
}

/** For every locale that the app has: what people wrote, else what goes out where nobody did, cut to what the store takes. */
async function composeNotes({ open, store, notes }: Way): Promise<Record<string, string>> {
  const { appStore, app } = open;
  const listing = await appStore.listing(app);
  if (listing === null) {
    throw new ProviderError('not-found', `The app ${app.appId} does not exist, or the connection may not see it.`, {
      provider: store.provider,
    });
  }
  const { written, generated } = await notes();
  const text = generated === null ? null : notesForStore(store.target, generated, appStore.abilities.maxNotesChars);
  const composed = listing.locales.flatMap((locale) => (text === null ? [] : [[locale, text]]));
  // Written for a locale that the app does not have: the store says so, rather than that it is lost.
  return { ...Object.fromEntries(composed), ...written };
}

/** One look at what was written down: it is submitted until the store has it, then its review is followed. */
async function follow(context: DeliveryContext, way: Way, submission: SubmissionRecord): Promise<Outcome> {
  if (submission.status === 'PREPARING') return judge(context, way, submission, await handOver(way, submission));
  if (submission.status !== 'IN_REVIEW') return standing(context, way, submission, null);
  const wait = { reason: 'CALLBACK' as const, signals: storeSignals(way.store) };
  return lookAgainOnTrouble(context, wait, async () => {
    const { appStore, app } = way.open;
    const { buildNumber } = submission;
    return judge(context, way, submission, await appStore.findRelease({ app, version: way.version, buildNumber }));
  });
}

function handOver({ open, store, version }: Way, { buildNumber, notes }: SubmissionRecord): Promise<StoreRelease> {
  const { appStore, app } = open;
  assertAttemptOurs();
  return appStore.ensureSubmitted({
    ...{ app, version, buildNumber, notes, updatePriority: store.updatePriority },
    gradually: gradually(store.rolloutPlan, appStore.abilities),
  });
}

async function judge(context: DeliveryContext, way: Way, submission: SubmissionRecord, seen: StoreRelease | null): Promise<Outcome> {
  const { buildNumber } = submission;
  if (seen !== null && seen.buildNumbers.length > 0 && !seen.buildNumbers.includes(buildNumber)) {
    const message = `The store has the build ${seen.buildNumbers.join(', ')} of ${way.version}, and not ${buildNumber}, which was submitted: somebody changed it in the console.`;
    return { kind: 'failed', failure: { kind: 'conflict', message, provider: way.store.provider } };
  }
  const after = await context.services.submissions.found(way.place, submission.id, findingOf(seen, submission));
  return standing(context, way, after, seen);
}

function findingOf(seen: StoreRelease | null, { status }: SubmissionRecord): SubmissionFinding {
  const base = { providerState: null, reason: null, externalId: seen?.id ?? null, url: seen?.url ?? null };
  const state = seen?.state;
  switch (state?.kind) {
    case undefined:
      return { ...base, status, providerState: 'not shown' };
    case 'unknown':
      return { ...base, status, providerState: state.raw };
    case 'draft':
      if (status === 'IN_REVIEW') return { ...base, status: 'WITHDRAWN', reason: 'It is a draft again: somebody took it back.' };
      return { ...base, status, providerState: 'draft' };
    case 'in-review':
      return { ...base, status: 'IN_REVIEW' };
    // Right after a submission, too: what the store still prepares may yet be reviewed.
    case 'processing':
      return { ...base, status: 'IN_REVIEW', providerState: 'processing' };
    case 'rejected':
      return { ...base, status: 'REJECTED', reason: state.reason };
    case 'withdrawn':
      return { ...base, status: 'WITHDRAWN', reason: 'Somebody took it back from review.' };
    case 'approved':
    case 'rolling-out':
    case 'halted':
    case 'live':
    case 'superseded':
      // What becomes of it from here on is the rollout's business.
      return { ...base, status: 'APPROVED' };
    default:
      return state satisfies never;
  }
}

function standing({ pollMs }: DeliveryContext, { store, version }: Way, submission: SubmissionRecord, seen: StoreRelease | null): Outcome {
  const { id, ordinal, buildNumber, status, reason } = submission;
  const output = {
    ...{ target: store.target, version, buildNumber, submissionId: id, ordinal, status },
    ...(seen === null ? {} : { state: seen.state, url: seen.url }),
  };
  switch (status) {
    case 'APPROVED':
      return { kind: 'completed', output };
    case 'REJECTED':
    case 'WITHDRAWN': {
      const what = status === 'REJECTED' ? 'was rejected by the store' : 'was taken back from review';
      const message = `${version} (build ${buildNumber}) ${what}${reason === null ? '' : `: ${reason}`} Correct what is wrong, then retry the task: it submits the newest build that is ready.`;
      return { kind: 'failed', failure: { kind: 'conflict', message, provider: store.provider } };
    }
    default:
      return {
        ...{ kind: 'waiting', reason: 'CALLBACK', forMs: pollMs, output, signals: storeSignals(store) },
        ...(seen === null ? {} : { externalId: seen.id }),
      };
  }
}
