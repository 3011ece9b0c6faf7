import type { StoreRelease, StoreReleaseQuery, StoreReleaseState } from '../../capabilities/app-store.ts';
import type { ProviderError } from '../../kit/provider-error.ts';
import type { PlayClient } from './client.ts';
import { inEdit, type OpenEdit } from './edits.ts';
import { needsPersonToSend, playTrouble } from './play-error.ts';
import { wantedState } from './release-state.ts';
import type { Track, TrackRelease } from './schema.ts';
import { lookInEdit, show } from './store-release.ts';
import { newestCode, withChanged } from './track.ts';

export type Decision =
  /** Our release as it is to be. */
  | { kind: 'write'; release: TrackRelease }
  /** It is so already. */
  | { kind: 'done' }
  | { kind: 'refused'; why: string };

export interface Step {
  /** For people: `halt`. */
  name: string;
  /** Stopping harm goes before another change's place in the queue of reviews. */
  cancelsReview?: boolean;
  /** @param state never `processing`: what the store still prepares counts as what it will be */
  decide(own: TrackRelease, state: StoreReleaseState): Decision;
}

/** One edit: looks, and writes where the look says so. Answers with the release as the store shows it afterwards. */
export async function takeStep(client: PlayClient, query: StoreReleaseQuery, step: Step): Promise<StoreRelease> {
  const { appId } = query.app;
  const { own, shown } = await inEdit(client, appId, async (edit) => {
    const look = await lookInEdit(client, edit.id, query);
    if (look.track === null || look.shown === null) throw notOnTrack(query);
    const { track, own: former, shown: before } = look;
    if (former === null) throw impossible(query, step.name, wordsOf(before.state));
    const decision = step.decide(former, before.state.kind === 'processing' ? wantedState(former) : before.state);
    if (decision.kind === 'refused') throw impossible(query, step.name, decision.why);
    if (decision.kind === 'done') return { own: former, shown: before };
    const updated = await client.updateTrack(appId, edit.id, withChanged(track, former, decision.release));
    const written = asWritten(updated, former);
    await commit(edit, query, step);
    return { own: written, shown: null };
  });
  return shown ?? show(client, query, own);
}

const BY_HAND =
  'after a rejection Google takes changes only from a person: take this step in Play Console, and Signalbox goes on from what it shows';

/** A change that is kept for a person to send would change nothing for users until then: it is not made. */
async function commit(edit: OpenEdit, query: StoreReleaseQuery, { name, cancelsReview = false }: Step): Promise<void> {
  try {
    await edit.commit({ cancelsReview });
  } catch (error) {
    throw needsPersonToSend(error) ? impossible(query, name, BY_HAND) : error;
  }
}

/** Our release in Google's answer to a write. Without it nothing is committed. */
export function asWritten({ track, releases }: Track, written: TrackRelease): TrackRelease {
  const own = releases.find((release) => newestCode(release) === newestCode(written));
  if (own === undefined) throw playTrouble('malformed', `the track ${track} was answered without the release that was written to it`);
  return own;
}

export function notOnTrack({ app, version, buildNumber }: StoreReleaseQuery): ProviderError {
  const which = buildNumber === null ? version : `${version} (version code ${buildNumber})`;
  return playTrouble('not-found', `${which} is not on the track ${app.track} of ${app.appId}`);
}

export function impossible({ version }: Pick<StoreReleaseQuery, 'version'>, step: string, why: string): ProviderError {
  return playTrouble('conflict', `cannot ${step} ${version}: ${why}`);
}

/** In the middle of a sentence; for states that allow no step. */
export function wordsOf(state: StoreReleaseState): string {
  switch (state.kind) {
    case 'draft':
      return 'it has not been sent to review';
    case 'in-review':
      return 'it is under review';
    case 'rejected':
      return 'review has rejected it';
    case 'withdrawn':
      return 'it was withdrawn from review';
    case 'approved':
      return 'it waits in Publishing overview of Play Console for a person to publish it (managed publishing), which no API can do';
    case 'rolling-out':
      return 'it is rolling out';
    case 'halted':
      return 'it is halted: resume it first';
    case 'live':
      return 'everybody gets it';
    case 'superseded':
      return 'a later version took its place';
    case 'processing':
      return 'Google Play still prepares it';
    case 'unknown':
      return `Google Play shows a state that Signalbox does not know ("${state.raw}")`;
    default:
      return state satisfies never;
  }
}
