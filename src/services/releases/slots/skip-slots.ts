import type { Tx } from '../../../db/client.ts';
import { slotsBehind } from '../../../domain/release/date-change.ts';
import { writeHistory } from '../../../engine/history.ts';
import type { Actor } from '../../../engine/vocabulary.ts';
import { iso } from '../instant.ts';
import type { LockedRelease } from '../release-row.ts';
import { slotRowsOf } from './slot-row.ts';

/** Skips the planned slots that the new target leaves no time for. */
export async function skipSlotsBehind(tx: Tx, release: LockedRelease, actor: Actor, target: Date): Promise<void> {
  const behind = slotsBehind(await slotRowsOf(tx, release), target);
  const reason = `the target release date was moved to ${iso(target)}, before it`;
  for (const { id } of behind) {
    await tx.run(`UPDATE regression_slots SET status = 'SKIPPED', reason = ? WHERE tenant_id = ? AND id = ? AND status = 'PLANNED'`, [
      reason,
      release.tenantId,
      id,
    ]);
  }
  const scope = { tenantId: release.tenantId, scopeId: release.id, actor, why: reason };
  const items = [{ field: 'status', before: 'PLANNED', after: 'SKIPPED' }];
  await writeHistory(
    tx,
    behind.map(({ id }) => ({ ...scope, entityType: 'slot', entityId: id, action: 'UPDATE' as const, items })),
  );
}
