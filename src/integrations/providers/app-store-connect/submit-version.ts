import type { StoreRelease, Submission } from '../../capabilities/app-store.ts';
import type { AppLookup } from './apps.ts';
import { ascTrouble, isConflict } from './asc-error.ts';
import { readyBuild } from './builds.ts';
import type { AscClient } from './client.ts';
import { checkLengths, ensureNotes } from './notes.ts';
import { ensureInReview } from './review.ts';
import type { Version } from './version.ts';
import { blocksOthers, isEditable } from './version-state.ts';
import { findVersion, releaseOf, versionsOf } from './versions.ts';

/**
 * Creates the version, brings it in line and sends it to review. A crash between any two steps leaves a draft with our version string, which
 * the next attempt finds and takes on from; only the last step sends anything.
 */
export async function ensureSubmitted(client: AscClient, apps: AppLookup, submission: Submission): Promise<StoreRelease> {
  checkLengths(submission.notes);
  const { id: appId } = await apps.read(submission.app.appId);
  const look = () => findVersion(client, appId, submission.version);
  const found = await look();
  if (found && !isEditable(found)) return settled(appId, found, submission);

  const build = await readyBuild(client, { appId, version: submission.version, buildNumber: submission.buildNumber });
  const version = found ?? (await create(client, appId, submission.version, look));
  await bringInLine(client, version, build.id, submission);
  await ensureNotes(client, appId, version, submission.notes);
  await ensureInReview(client, appId, version, look);

  const now = (await look()) ?? version;
  const release = releaseOf(appId, now);
  // What Apple has accepted a moment ago shows late.
  return isEditable(now) ? { ...release, state: { kind: 'in-review' } } : release;
}

/** Under review or further: as it is, if it is this build. */
function settled(appId: string, version: Version, { buildNumber }: Submission): StoreRelease {
  const release = releaseOf(appId, version);
  if (release.state.kind === 'unknown') {
    throw ascTrouble('conflict', `version ${version.version} is ${version.raw}, a state that is not known here`);
  }
  if (version.build?.buildNumber === buildNumber) return release;
  throw ascTrouble(
    'conflict',
    `version ${version.version} is ${version.raw} with build ${version.build?.buildNumber ?? 'none'}, not ${buildNumber}`,
  );
}

/** Apple takes one version at a time. A draft of another version is somebody's work, so it is not renamed into ours. */
async function create(client: AscClient, appId: string, versionString: string, look: () => Promise<Version | null>): Promise<Version> {
  const other = (await versionsOf(client, appId)).find(blocksOthers);
  if (other) {
    throw ascTrouble(
      'conflict',
      `version ${other.version} of the app is ${other.raw}, and App Store Connect takes one version at a time: finish or delete it there before ${versionString}`,
    );
  }
  let refusal: unknown;
  try {
    await client.createVersion(appId, versionString);
  } catch (error) {
    // Somebody may have made it in the same moment.
    if (!isConflict(error)) throw error;
    refusal = error;
  }
  const created = await look();
  if (created && isEditable(created)) return created;
  throw refusal ?? ascTrouble('conflict', `version ${versionString} is not to be seen yet after it was created`);
}

async function bringInLine(client: AscClient, version: Version, buildId: string, { gradually }: Submission): Promise<void> {
  if (!version.isReleasedByHand) await client.releaseByHand(version.id);
  if (version.build?.id !== buildId) await client.attachBuild(version.id, buildId);
  if (gradually !== null && version.phased === null) await client.planPhasedRelease(version.id);
  if (gradually === null && version.phased !== null) await client.dropPhasedRelease(version.phased.id);
}
