import type { AppStore } from '../../capabilities/app-store.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { appLookup } from './apps.ts';
import { findBuild } from './builds.ts';
import { ascClient } from './client.ts';
import type { AscConnection } from './identity.ts';
import { readListing } from './listing.ts';
import { MAX_NOTES_CHARS } from './notes.ts';
import { rollout } from './rollout.ts';
import { ensureSubmitted } from './submit-version.ts';
import { dailyPercents } from './version-state.ts';
import { findVersion, releaseOf } from './versions.ts';

/** Apple shows a build once it has begun to process it: mostly after minutes, on bad days after an hour. */
const BUILD_VISIBLE_WITHIN_MS = 90 * 60_000;

/** The App Store for iOS: versions, their review, and their phased release. */
export function ascAppStore(connection: AscConnection, deps: AdapterDeps): AppStore {
  const client = ascClient(connection, deps);
  const apps = appLookup(client);

  return {
    abilities: {
      rollout: { kind: 'phased', dailyPercents },
      haltsLive: false,
      releasesOnRequest: true,
      updatePriority: false,
      maxNotesChars: MAX_NOTES_CHARS,
    },
    buildVisibleWithinMs: BUILD_VISIBLE_WITHIN_MS,

    async listing({ appId }) {
      const app = await apps.find(appId);
      return app && readListing(client, app);
    },
    async findBuild({ app, version, buildNumber, uploadedSince }) {
      const found = await apps.find(app.appId);
      return found && findBuild(client, { appId: found.id, version, buildNumber, uploadedSince });
    },
    async findRelease({ app, version }) {
      const found = await apps.find(app.appId);
      const release = found && (await findVersion(client, found.id, version));
      return release && releaseOf(found.id, release);
    },
    ensureSubmitted: (submission) => ensureSubmitted(client, apps, submission),
    ...rollout(client, apps),
  };
}
