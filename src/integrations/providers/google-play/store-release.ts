import type { StoreRelease, StoreReleaseQuery } from '../../capabilities/app-store.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { PlayClient } from './client.ts';
import { type Review, reviewOf, stateOf } from './release-state.ts';
import type { Track, TrackRelease } from './schema.ts';
import { hasLater, ownRelease } from './track.ts';

/** Our release as the capability tells it. Play has neither ids nor pages of releases that its API would name. */

export interface Look {
  /** Null: there is no such track. */
  track: Track | null;
  /** As it stands on the track. */
  own: TrackRelease | null;
  /** Null: it is not there. Without `own` a later one took its place. */
  shown: StoreRelease | null;
}

export async function lookInEdit(client: PlayClient, edit: string, query: StoreReleaseQuery): Promise<Look> {
  const { appId, track: name } = query.app;
  const track = await client.findTrack(appId, edit, name);
  if (track === null) return { track, own: null, shown: null };
  const own = ownRelease(track, query);
  if (own !== null) return { track, own, shown: await show(client, query, own) };
  const { buildNumber } = query;
  const isLate = buildNumber !== null && hasLater(track, buildNumber) && (await hasBundle(client, edit, appId, buildNumber));
  return { track, own, shown: isLate ? shownAs(query, [buildNumber], { kind: 'superseded' }) : null };
}

/** A release that was read, with what review says of it now. */
export async function show(client: PlayClient, query: StoreReleaseQuery, release: TrackRelease): Promise<StoreRelease> {
  const review = await readReview(client, query, release);
  return shownAs(query, release.versionCodes ?? [], stateOf(release, review));
}

export async function hasBundle(client: PlayClient, edit: string, appId: string, versionCode: string): Promise<boolean> {
  return (await client.bundles(appId, edit)).some((bundle) => String(bundle.versionCode) === versionCode);
}

function shownAs({ app, version }: StoreReleaseQuery, buildNumbers: string[], state: StoreRelease['state']): StoreRelease {
  return { id: `${app.track}/${buildNumbers[0] ?? version}`, version, buildNumbers, state, url: null };
}

/** The app and its track exist: a refusal means that there is no such answer for them. */
async function readReview(client: PlayClient, { app }: StoreReleaseQuery, release: TrackRelease): Promise<Review> {
  try {
    return reviewOf(release, await client.summaries(app.appId, app.track));
  } catch (error) {
    if (error instanceof ProviderError && (error.kind === 'not-found' || error.kind === 'forbidden')) return { kind: 'unavailable' };
    throw error;
  }
}
