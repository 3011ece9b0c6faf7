import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type ArchiveRequest, storeCleanUpKinds } from '../../domain/release/clean-up.ts';
import type { Ring } from '../../platform/ring.ts';
import { archiveInside } from '../releases/archive-inside.ts';
import type { LockedRelease } from '../releases/release-row.ts';
import { queueCleanUps } from './clean-up-row.ts';
import { storeObstacles } from './store-obstacles.ts';

/**
 * Archives a locked release that waited for its stores, once none is in the way any more; another that came into the way meanwhile is cleared first.
 * One that failed keeps the release as it is until a person has looked.
 */
export async function finishArchiving(tx: Tx, ring: Ring, release: LockedRelease): Promise<void> {
  const [row] = await tx.rows<{ archiving: unknown }>('SELECT archiving FROM releases WHERE tenant_id = ? AND id = ?', [
    release.tenantId,
    release.id,
  ]);
  const request = parseJson(row?.archiving ?? null) as ArchiveRequest | null;
  if (request === null || release.run.status === 'COMPLETED' || release.run.status === 'CANCELLED') return;
  const open = await tx.rows(
    `SELECT 1 FROM clean_ups WHERE tenant_id = ? AND scope_id = ? AND kind IN (?) AND state IN ('PENDING', 'FAILED') LIMIT 1`,
    [release.tenantId, release.id, storeCleanUpKinds],
  );
  if (open.length > 0) return;
  const { accountId, reason, cleanUp } = request;
  const obstacles = await storeObstacles(tx, release.tenantId, release.id);
  if (obstacles.length > 0) {
    const of = { tenantId: release.tenantId, scopeId: release.id, accountId, reason };
    const wakes = await queueCleanUps(
      tx,
      of,
      obstacles.map((obstacle) => obstacle.cleanUp),
    );
    tx.afterCommit(() => ring(wakes));
    if (wakes.length > 0) return;
  }
  const caller = { tenantId: release.tenantId, accountId, permissions: new Set<never>() };
  await archiveInside(tx, ring, caller, release, { reason, cleanUp });
}
