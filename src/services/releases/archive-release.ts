import type { Tx } from '../../db/client.ts';
import { type CleanUpWishes, noWishes } from '../../domain/release/clean-up.ts';
import { writeHistory } from '../../engine/history.ts';
import { placeHold } from '../../engine/holds.ts';
import { queueCleanUps } from '../clean-ups/clean-up-row.ts';
import type { LeftBehind } from '../clean-ups/left-behind.ts';
import { leftBehindOf } from '../clean-ups/left-behind.ts';
import { type CleanUpView, cleanUpsOf } from '../clean-ups/list-clean-ups.ts';
import { storeObstacles } from '../clean-ups/store-obstacles.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { archiveInside, cleanUpAfter } from './archive-inside.ts';
import { readRelease } from './get-release.ts';
import { type LockedRelease, lockRelease } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';

export interface ArchiveInput {
  reason?: string | undefined;
  /** What to do about stores that would go on by themselves; absent = refuse. */
  stores?: 'withdraw-and-halt' | undefined;
  cleanUp?: CleanUpWishes | undefined;
}

export interface ArchivedRelease {
  release: ReleaseDetail;
  leftBehind: LeftBehind;
  /** What is, or was, done about it. */
  cleanUps: CleanUpView[];
}

/**
 * Calls a release off: its run is cancelled with everything open in it, and runs at the CI are cancelled after it. Whatever else it made outside
 * stays unless `cleanUp` says otherwise. While a store reviews it or hands it out it is refused, or, when asked for, the stores are cleared first:
 * the release is paused until then and archived by whoever clears the last one. Asking again goes on with what was kept or failed.
 * @throws ServiceError conflict when the release is completed, or naming each store that would go on
 */
export async function archiveRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: ArchiveInput,
): Promise<ArchivedRelease> {
  authorise(caller, 'release:archive');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    if (release.status === 'COMPLETED') throw conflict(`${release.displayId} is COMPLETED: what went out cannot be called off.`);
    const wanted = { reason: input.reason ?? null, cleanUp: input.cleanUp ?? noWishes };
    if (release.status === 'ARCHIVED') await cleanUpAfter(tx, deps.ring, caller, release, wanted);
    else if (!(await clearStores(tx, deps, caller, release, input, wanted))) await archiveInside(tx, deps.ring, caller, release, wanted);
    const left = (await leftBehindOf(tx, release.tenantId, [release])).get(release.id);
    if (left === undefined) throw new Error(`nothing is known of the release ${release.id}`);
    return {
      release: await readRelease(tx, caller.tenantId, releaseId),
      leftBehind: left,
      cleanUps: await cleanUpsOf(tx, release.tenantId, release.id),
    };
  });
}

/** @returns false when no store is in the way @throws ServiceError conflict when nobody said what to do about one */
async function clearStores(
  tx: Tx,
  { ring }: Pick<ServiceDeps, 'ring'>,
  caller: Caller,
  release: LockedRelease,
  { stores }: ArchiveInput,
  wanted: { reason: string | null; cleanUp: CleanUpWishes },
): Promise<boolean> {
  const obstacles = await storeObstacles(tx, release.tenantId, release.id);
  if (obstacles.length === 0) return false;
  if (stores === undefined) {
    const words = obstacles.map((obstacle) => obstacle.words).join('; ');
    throw conflict(`A store would go on without ${release.displayId}: ${words}. Or archive with stores "withdraw-and-halt".`);
  }
  const { accountId } = caller;
  const why = wanted.reason ?? 'the release is being archived';
  await placeHold(tx, { runId: release.run.id, reason: 'USER_REQUESTED', subject: '' }, actorOf(caller), why);
  await tx.run('UPDATE releases SET archiving = ?, updated_at = UTC_TIMESTAMP(3) WHERE id = ?', [
    JSON.stringify({ accountId, ...wanted }),
    release.id,
  ]);
  await writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'release', entityId: release.id, action: 'UPDATE' },
      ...{ actor: actorOf(caller), why },
      items: [{ field: 'archiving', before: null, after: 'withdraw-and-halt' }],
    },
  ]);
  const of = { tenantId: release.tenantId, scopeId: release.id, accountId, reason: wanted.reason };
  const wakes = await queueCleanUps(
    tx,
    of,
    obstacles.map(({ cleanUp }) => cleanUp),
  );
  tx.afterCommit(() => ring(wakes));
  return true;
}
