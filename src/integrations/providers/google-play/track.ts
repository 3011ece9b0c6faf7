import type { StoreReleaseQuery } from '../../capabilities/app-store.ts';
import type { Track, TrackRelease } from './schema.ts';

/*
 * A track is written whole: whoever leaves a release out takes it from the people who have it. So what is not ours is written back as it was
 * read, unknown fields included; what goes is only what Google itself lets our release take the place of.
 */

/** By the number, where it is known; else by the version, the newest of several. */
export function ownRelease({ releases }: Track, { version, buildNumber }: Pick<StoreReleaseQuery, 'version' | 'buildNumber'>) {
  if (buildNumber !== null) return releases.find(({ versionCodes = [] }) => versionCodes.includes(buildNumber)) ?? null;
  return releasesOfVersion(releases, version)[0] ?? null;
}

/** Newest first. Called so by us, or as Google names releases that nobody named: `4200 (4.2.0)`. */
export function releasesOfVersion(releases: readonly TrackRelease[], version: string): TrackRelease[] {
  const isOfVersion = ({ name }: TrackRelease) => name === version || (/^\d+ /.test(name ?? '') && name?.endsWith(` (${version})`));
  return releases.filter(isOfVersion).sort((one, other) => newestCode(other) - newestCode(one));
}

export function newestCode({ versionCodes = [] }: TrackRelease): number {
  return Math.max(-1, ...versionCodes.map(Number));
}

/** Whether users get, or are about to get, a build after this one: then nobody can get this one any more. */
export function hasLater({ releases }: Track, buildNumber: string): boolean {
  return releases.some((release) => isServed(release) && newestCode(release) > Number(buildNumber));
}

const isServed = ({ status }: TrackRelease) => status === 'inProgress' || status === 'completed';
const isRollout = ({ status }: TrackRelease) => status === 'inProgress' || status === 'halted';

/**
 * The track with our release sent out. @param former what it stands in for: our release as it was, or the rejected one of the same version
 */
export function withSubmitted({ track, releases }: Track, ours: TrackRelease, former: readonly TrackRelease[]): Track {
  const others = releases.filter((release) => !former.includes(release));
  // One rollout per track, and below it the release that everybody else gets: that one stays until ours is for everybody.
  const kept = others.filter((release) => !isRollout(release) && !isReplacedBy(ours, release));
  return { track, releases: [ours, ...kept] };
}

/** The track with our release changed where it stands. */
export function withChanged({ track, releases }: Track, former: TrackRelease, ours: TrackRelease): Track {
  const others = releases.filter((release) => release === former || !isReplacedBy(ours, release));
  return { track, releases: others.map((release) => (release === former ? ours : release)) };
}

/** Only `completed` takes the place of the one before. */
function isReplacedBy(ours: TrackRelease, other: TrackRelease): boolean {
  return ours.status === 'completed' && other.status === 'completed' && newestCode(other) < newestCode(ours);
}

/** At a fraction, or for everybody, who has none. */
export function sentOut(release: TrackRelease, fraction: number | null): TrackRelease {
  const { userFraction: _former, ...rest } = release;
  return fraction === null ? { ...rest, status: 'completed' } : { ...rest, status: 'inProgress', userFraction: fraction };
}
