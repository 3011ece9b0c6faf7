import { validateNewSlot } from '../../../domain/release/date-change.ts';
import { writeHistory } from '../../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { invalid } from '../../service-error.ts';
import { iso } from '../instant.ts';
import { lockRelease } from '../release-row.ts';
import type { SlotView } from '../release-view.ts';
import { askPlanner, automationProblems, currentDatesOf, plannedSlot, refuseAfterRegression, slotRowsOf } from './slot-row.ts';

export interface UpdateSlotInput {
  date?: Date | undefined;
  automation?: boolean | undefined;
}

/** Moves a planned slot, or says anew whether its cycle runs automated tests. */
export async function updateSlot(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  slotId: string,
  input: UpdateSlotInput,
): Promise<SlotView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const slots = await slotRowsOf(tx, release);
    const slot = plannedSlot(slots, slotId);
    await refuseAfterRegression(tx, release);
    const date = input.date ?? slot.date;
    const automation = input.automation ?? slot.automation;
    const moves = date.getTime() !== slot.date.getTime();
    const others = slots.filter((other) => other.id !== slotId);
    const problems = [
      ...(moves ? validateNewSlot(await currentDatesOf(tx, release, others), date, release.now) : []),
      ...automationProblems(release, input.automation),
    ];
    if (problems.length > 0) throw invalid(problems);
    const view: SlotView = { id: slotId, date: iso(date), status: slot.status, reason: null, automation, cycle: null };
    const items = [
      ...(moves ? [{ field: 'date', before: iso(slot.date), after: iso(date) }] : []),
      ...(automation === slot.automation ? [] : [{ field: 'automation', before: String(slot.automation), after: String(automation) }]),
    ];
    if (items.length === 0) return view;
    await tx.run(`UPDATE regression_slots SET date = ?, flags = ? WHERE id = ? AND tenant_id = ? AND status = 'PLANNED'`, [
      date,
      JSON.stringify({ automation }),
      slotId,
      release.tenantId,
    ]);
    await writeHistory(tx, [
      {
        tenantId: release.tenantId,
        scopeId: releaseId,
        entityType: 'slot',
        entityId: slotId,
        action: 'UPDATE',
        actor: actorOf(caller),
        items,
      },
    ]);
    await askPlanner(tx, deps.ring, release);
    return view;
  });
}
