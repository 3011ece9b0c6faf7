import type { z } from 'zod';
import type { StoreRelease } from '../../capabilities/app-store.ts';
import { ascTrouble } from './asc-error.ts';
import type { AscClient } from './client.ts';
import { type Included, includedBuild, includedPhasedRelease, type VersionResource } from './schema.ts';
import type { Version } from './version.ts';
import { releaseState } from './version-state.ts';

export async function findVersion(client: AscClient, appId: string, version: string): Promise<Version | null> {
  return (await versionsOf(client, appId, version)).find((each) => each.version === version) ?? null;
}

/** Of every state, or those called so. */
export async function versionsOf(client: AscClient, appId: string, versionString: string | null = null): Promise<Version[]> {
  const all: Version[] = [];
  for await (const { data, included } of client.eachPageOfVersions(appId, versionString)) {
    all.push(...data.map((resource) => versionFrom(resource, included)));
  }
  return all;
}

export function releaseOf(appId: string, version: Version): StoreRelease {
  return {
    id: version.id,
    version: version.version,
    buildNumbers: version.build === null ? [] : [version.build.buildNumber],
    state: releaseState(version),
    url: `https://appstoreconnect.apple.com/apps/${encodeURIComponent(appId)}/distribution`,
  };
}

function versionFrom({ id, attributes, relationships }: VersionResource, included: Included): Version {
  const buildId = relationships?.build?.data?.id;
  const phasedId = relationships?.appStoreVersionPhasedRelease?.data?.id;
  const phased = phasedId && partOf(included, 'appStoreVersionPhasedReleases', phasedId, includedPhasedRelease);
  return {
    id,
    version: attributes.versionString ?? '',
    raw: attributes.appVersionState ?? attributes.appStoreState ?? 'none',
    isReleasedByHand: attributes.releaseType === 'MANUAL',
    createdMs: Date.parse(attributes.createdDate ?? '') || 0,
    build: buildId ? { id: buildId, buildNumber: partOf(included, 'builds', buildId, includedBuild).version } : null,
    phased: phased
      ? {
          id: phasedId,
          state: phased.phasedReleaseState ?? 'none',
          day: phased.currentDayNumber ?? 0,
          pausedDays: phased.totalPauseDuration ?? 0,
        }
      : null,
  };
}

/** Without it a phased release would look like one that everybody gets. */
function partOf<T>(included: Included, type: string, id: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(included?.find((each) => each.type === type && each.id === id)?.attributes);
  if (!parsed.success) throw ascTrouble('malformed', `a version came without its ${type} ${id}`);
  return parsed.data;
}
