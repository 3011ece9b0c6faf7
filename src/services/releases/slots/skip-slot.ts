import { writeHistory } from '../../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { iso } from '../instant.ts';
import { lockRelease } from '../release-row.ts';
import type { SlotView } from '../release-view.ts';
import { askPlanner, forgetWish, plannedSlot, refuseAfterRegression, slotRowsOf } from './slot-row.ts';

/**
 * Skips a planned slot: no cycle comes of it, and it stays with the reason. Without a slot and without a finished cycle the release waits for a
 * person, and says so.
 */
export async function skipSlot(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  slotId: string,
  { reason }: { reason: string },
): Promise<SlotView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const slots = await slotRowsOf(tx, release);
    const slot = plannedSlot(slots, slotId);
    await refuseAfterRegression(tx, release);
    await tx.run(`UPDATE regression_slots SET status = 'SKIPPED', reason = ? WHERE id = ? AND tenant_id = ? AND status = 'PLANNED'`, [
      reason,
      slotId,
      release.tenantId,
    ]);
    await forgetWish(tx, release, slots, slotId);
    await writeHistory(tx, [
      {
        ...{ tenantId: release.tenantId, scopeId: releaseId, entityType: 'slot', entityId: slotId, action: 'UPDATE' },
        actor: actorOf(caller),
        why: reason,
        items: [{ field: 'status', before: 'PLANNED', after: 'SKIPPED' }],
      },
    ]);
    await askPlanner(tx, deps.ring, release);
    return { id: slotId, date: iso(slot.date), status: 'SKIPPED', reason, automation: slot.automation, cycle: null };
  });
}
