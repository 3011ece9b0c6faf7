import { writeHistory } from '../../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { conflict } from '../../service-error.ts';
import { iso } from '../instant.ts';
import { lockRelease } from '../release-row.ts';
import { askPlanner, forgetWish, plannedSlot, refuseAfterRegression, slotRowsOf } from './slot-row.ts';

/** Takes a planned slot away. The last one stays until a cycle has begun: without a cycle there is no candidate to release. */
export async function removeSlot(deps: Pick<ServiceDeps, 'db' | 'ring'>, caller: Caller, releaseId: string, slotId: string): Promise<void> {
  authorise(caller, 'release:update');
  await deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const slots = await slotRowsOf(tx, release);
    const slot = plannedSlot(slots, slotId);
    await refuseAfterRegression(tx, release);
    const leavesOne = slots.some((other) => other.id !== slotId && other.status !== 'SKIPPED');
    if (!leavesOne) throw conflict('This is the only regression slot. Without one there is no release candidate: add another one first.');
    await tx.run(`DELETE FROM regression_slots WHERE id = ? AND tenant_id = ? AND status = 'PLANNED'`, [slotId, release.tenantId]);
    await forgetWish(tx, release, slots, slotId);
    await writeHistory(tx, [
      {
        tenantId: release.tenantId,
        scopeId: releaseId,
        entityType: 'slot',
        entityId: slotId,
        action: 'REMOVE',
        actor: actorOf(caller),
        items: [
          { field: 'date', before: iso(slot.date), after: null },
          { field: 'automation', before: String(slot.automation), after: null },
        ],
      },
    ]);
    await askPlanner(tx, deps.ring, release);
  });
}
