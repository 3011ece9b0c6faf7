import type { StoreBuild, StoreBuildQuery } from '../../capabilities/app-store.ts';
import type { PlayClient } from './client.ts';
import { inReadEdit } from './edits.ts';
import type { Bundle } from './schema.ts';
import { releasesOfVersion } from './track.ts';

/**
 * A bundle that is listed has been processed. Play tells of it the version code and the digest, neither the version nor when it came: without
 * a number and a digest it is found by a release of that version on any track, and what is on no track belongs to nobody we know.
 */
export async function findBuild(client: PlayClient, query: StoreBuildQuery): Promise<StoreBuild | null> {
  const { app, version, buildNumber, sha256 } = query;
  return inReadEdit(client, app.appId, async (edit) => {
    const bundles = await client.bundles(app.appId, edit);
    if (buildNumber !== null) {
      const bundle = bundles.find(({ versionCode }) => String(versionCode) === buildNumber);
      return bundle === undefined ? null : buildOf(bundle, sha256);
    }
    if (sha256 !== null) {
      const bundle = bundles.find((each) => each.sha256?.toLowerCase() === sha256);
      return bundle === undefined ? null : buildOf(bundle, sha256);
    }
    const tracks = await client.tracks(app.appId, edit);
    const codes = new Set(
      tracks.flatMap(({ releases }) => releasesOfVersion(releases, version)).flatMap(({ versionCodes = [] }) => versionCodes),
    );
    const [newest] = bundles
      .filter(({ versionCode }) => codes.has(String(versionCode)))
      .sort((one, other) => other.versionCode - one.versionCode);
    return newest === undefined ? null : buildOf(newest, null);
  });
}

/** @param sha256 of the file that is meant, where that is known */
export function buildOf({ versionCode, sha256: stored }: Bundle, sha256: string | null): StoreBuild {
  const isAnother = sha256 !== null && stored !== undefined && stored.toLowerCase() !== sha256;
  return {
    id: String(versionCode),
    version: null,
    buildNumber: String(versionCode),
    uploadedAt: null,
    state: isAnother
      ? { kind: 'refused', reason: `Google Play has another file under the version code ${versionCode}: build again with a new one` }
      : { kind: 'ready' },
  };
}
