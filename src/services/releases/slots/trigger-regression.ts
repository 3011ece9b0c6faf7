import type { Tx } from '../../../db/client.ts';
import { writeHistory } from '../../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { conflict, invalid } from '../../service-error.ts';
import { iso } from '../instant.ts';
import { announce, nameOf } from '../messages/announce.ts';
import { type LockedRelease, lockRelease, refuseEnded, stagesOf } from '../release-row.ts';
import type { SlotView } from '../release-view.ts';
import { insertSlot } from './add-slot.ts';
import { reopenRegression } from './reopen-regression.ts';
import { askPlanner, automationProblems, refuseAfterRegression, type SlotRow, slotRowsOf } from './slot-row.ts';

export interface TriggerRegressionInput {
  /** For a slot that this adds; one that is planned already keeps its own. */
  automation?: boolean | undefined;
  reason?: string | undefined;
}

/**
 * Asks for the next regression cycle now, whatever the calendar says: the next planned slot comes forward, or one is added. While a cycle is
 * under way the wish waits for its end; asked twice, it is one wish. A regression that is over is reopened (see `reopenRegression`).
 */
export async function triggerRegression(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: TriggerRegressionInput,
): Promise<SlotView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const why = input.reason ?? 'regression was triggered';
    await refuseBeforeKickoff(tx, release);
    await reopenRegression(tx, deps.ring, caller, release, why);
    const problems = automationProblems(release, input.automation);
    if (problems.length > 0) throw invalid(problems);
    const next = (await slotRowsOf(tx, release)).find((slot) => slot.status === 'PLANNED');
    if (next !== undefined && release.regressionRequestedAt !== null) return viewOf(next, next.date);
    await tx.run('UPDATE releases SET regression_requested_at = UTC_TIMESTAMP(3) WHERE id = ?', [releaseId]);
    const slot =
      next === undefined
        ? await insertSlot(tx, caller, release, { date: release.now, automation: input.automation }, why)
        : await bringForward(tx, caller, release, next, why);
    if (next === undefined) await announce(tx, deps.ring, release, 'NEW_SLOT_ADDED', { date: slot.date, by: await nameOf(tx, caller) });
    await askPlanner(tx, deps.ring, release);
    return slot;
  });
}

/** @throws ServiceError conflict unless kickoff is over and post-regression has not begun */
export async function refuseBeforeRegression(tx: Tx, release: LockedRelease): Promise<void> {
  await refuseBeforeKickoff(tx, release);
  await refuseAfterRegression(tx, release);
}

async function refuseBeforeKickoff(tx: Tx, release: LockedRelease): Promise<void> {
  refuseEnded(release);
  const kickoff = (await stagesOf(tx, release.run.id)).get('KICKOFF');
  if (kickoff?.status !== 'COMPLETED') throw conflict(`Kickoff of ${release.displayId} is not done yet: regression begins after it.`);
}

async function bringForward(tx: Tx, caller: Caller, release: LockedRelease, slot: SlotRow, why: string): Promise<SlotView> {
  const date = slot.date < release.now ? slot.date : release.now;
  await tx.run(`UPDATE regression_slots SET date = ? WHERE id = ? AND tenant_id = ? AND status = 'PLANNED'`, [
    date,
    slot.id,
    release.tenantId,
  ]);
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'slot',
      entityId: slot.id,
      action: 'UPDATE',
      actor: actorOf(caller),
      why,
      items: [
        { field: 'requested', before: null, after: iso(release.now) },
        ...(date === slot.date ? [] : [{ field: 'date', before: iso(slot.date), after: iso(date) }]),
      ],
    },
  ]);
  return viewOf(slot, date);
}

const viewOf = (slot: SlotRow, date: Date): SlotView => ({
  id: slot.id,
  date: iso(date),
  status: slot.status,
  reason: null,
  automation: slot.automation,
  cycle: null,
});
