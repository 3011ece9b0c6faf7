import type { AppStore, StoreAbilities, StoreRelease, StoreReleaseQuery, StoreReleaseState } from '../../capabilities/app-store.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type PlayClient, playClient } from './client.ts';
import { inReadEdit } from './edits.ts';
import { findBuild } from './find-build.ts';
import type { GooglePlayConnection } from './identity.ts';
import { readListing } from './listing.ts';
import type { TrackRelease } from './schema.ts';
import { type Decision, impossible, notOnTrack, type Step, takeStep, wordsOf } from './step.ts';
import { lookInEdit } from './store-release.ts';
import { ensureSubmitted } from './submission.ts';
import { sentOut } from './track.ts';

const abilities: StoreAbilities = {
  rollout: { kind: 'staged' },
  haltsLive: true,
  releasesOnRequest: false,
  updatePriority: true,
  maxNotesChars: 500,
};

/** A bundle shows with the commit of its edit; the uploads of others are given a minute to come to that. */
const BUILD_VISIBLE_WITHIN_MS = 60_000;

export function googlePlayAppStore(connection: GooglePlayConnection, deps: AdapterDeps): AppStore {
  const client = playClient(connection, deps);
  return {
    abilities,
    buildVisibleWithinMs: BUILD_VISIBLE_WITHIN_MS,
    listing: (app) => readListing(client, app),
    findBuild: (query) => findBuild(client, query),
    findRelease: (query) => findRelease(client, query),
    ensureSubmitted: (submission) => ensureSubmitted(client, submission, abilities.maxNotesChars),
    ensureReleased: (query) => ensureReleased(client, query),
    halt: (query) => takeStep(client, query, halting),
    resume: (query) => takeStep(client, query, resuming),
    complete: (query) => takeStep(client, query, completing),
  };
}

async function findRelease(client: PlayClient, query: StoreReleaseQuery): Promise<StoreRelease | null> {
  const look = await inReadEdit(client, query.app.appId, (edit) => lookInEdit(client, edit, query));
  return look?.shown ?? null;
}

/** Approval releases, unless a person turned managed publishing on: then a person has to publish, too. */
async function ensureReleased(client: PlayClient, query: StoreReleaseQuery): Promise<StoreRelease> {
  const release = await findRelease(client, query);
  if (release === null) throw notOnTrack(query);
  if (release.state.kind === 'approved') throw impossible(query, 'release', wordsOf(release.state));
  return release;
}

const halting: Step = {
  name: 'halt',
  cancelsReview: true,
  decide(own, state) {
    if (state.kind === 'halted') return { kind: 'done' };
    // Of a release that everybody gets no fraction is left: it is halted without one, and resumed for everybody.
    if (state.kind === 'rolling-out' || state.kind === 'live') return { kind: 'write', release: { ...own, status: 'halted' } };
    return refused(state);
  },
};

const resuming: Step = {
  name: 'resume',
  decide(own, state) {
    if (state.kind === 'rolling-out' || state.kind === 'live') return { kind: 'done' };
    if (state.kind === 'halted') return { kind: 'write', release: sentOut(own, state.fraction < 1 ? state.fraction : null) };
    return refused(state);
  },
};

const completing: Step = {
  name: 'complete',
  decide(own, state) {
    if (state.kind === 'live') return { kind: 'done' };
    if (state.kind !== 'rolling-out' && state.kind !== 'halted') return refused(state);
    return isTargeted(own) ? { kind: 'refused', why: TARGETED } : { kind: 'write', release: sentOut(own, null) };
  },
};

const TARGETED =
  'somebody limited its rollout to some countries, and whether the others are to get it is for people to say in Play Console';

/** Google takes countries for rollouts only: to complete it would be to let every country have it. */
const isTargeted = ({ countryTargeting }: TrackRelease) => countryTargeting !== undefined && countryTargeting !== null;

const refused = (state: StoreReleaseState): Decision => ({ kind: 'refused', why: wordsOf(state) });
