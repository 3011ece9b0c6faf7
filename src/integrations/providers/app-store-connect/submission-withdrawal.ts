import type { SubmissionWithdrawal } from '../../capabilities/submission-withdrawal.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { appLookup } from './apps.ts';
import { ascTrouble, isConflict } from './asc-error.ts';
import { ascClient } from './client.ts';
import type { AscConnection } from './identity.ts';
import { submissionOf } from './review.ts';
import type { Version } from './version.ts';
import { releaseState } from './version-state.ts';
import { findVersion, releaseOf } from './versions.ts';

/** Cancels the review submission of a version. Apple does so in its own time; until then it shows the version as it was. */
export function ascSubmissionWithdrawal(connection: AscConnection, deps: AdapterDeps): SubmissionWithdrawal {
  const client = ascClient(connection, deps);
  const apps = appLookup(client);

  return {
    async withdraw({ app, version: versionString }) {
      const { id: appId } = await apps.read(app.appId);
      const look = async (): Promise<Version> => {
        const version = await findVersion(client, appId, versionString);
        if (version) return version;
        throw ascTrouble('not-found', `the app has no version ${versionString}`);
      };
      const version = await look();
      if (releaseState(version).kind === 'withdrawn') return releaseOf(appId, version);
      if (releaseState(version).kind !== 'in-review') {
        throw ascTrouble('conflict', `version ${version.version} is ${version.raw}: only what is under review can be taken back`);
      }
      const submission = await submissionOf(client, appId, version);
      if (submission === null) {
        throw ascTrouble('conflict', `no review submission holds version ${version.version}: take it back in App Store Connect`);
      }
      if (submission.state === 'CANCELING') return releaseOf(appId, version);
      try {
        await client.cancel(submission.id);
      } catch (error) {
        // Somebody else may have taken it back in the meantime.
        const now = isConflict(error) ? await look() : null;
        if (now && releaseState(now).kind === 'withdrawn') return releaseOf(appId, now);
        throw error;
      }
      return releaseOf(appId, await look());
    },
  };
}
