import type { Tx } from '../../db/client.ts';
import { storeCleanUpKinds } from '../../domain/release/clean-up.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Actor } from '../../engine/vocabulary.ts';
import type { LockedRelease } from '../releases/release-row.ts';

/**
 * Whoever resumes a release that waits for its stores does not want it archived any more: what was not cleared yet stays. What a store was asked for
 * already, it does.
 */
export async function callArchivingOff(tx: Tx, release: LockedRelease, actor: Actor, why: string | null): Promise<void> {
  const { tenantId, id } = release;
  const ended = await tx.run('UPDATE releases SET archiving = NULL WHERE tenant_id = ? AND id = ? AND archiving IS NOT NULL', [
    tenantId,
    id,
  ]);
  if (ended === 0) return;
  await tx.run(
    `UPDATE clean_ups SET state = 'KEPT', outcome = 'The release was resumed.', run_at = NULL, fence = fence + 1,
       ended_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND scope_id = ? AND kind IN (?) AND state IN ('PENDING', 'FAILED')`,
    [tenantId, id, storeCleanUpKinds],
  );
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId: id, entityType: 'release', entityId: id, action: 'UPDATE', actor, why },
      items: [{ field: 'archiving', before: 'withdraw-and-halt', after: null }],
    },
  ]);
}
