import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { NotificationData } from '../../domain/release/notification-data.ts';
import { planRelease, type ReleasePlan } from '../../domain/release/plan-release.ts';
import type { RunView } from '../../domain/run.ts';
import { type HistoryEvent, statusItem, writeHistory } from '../../engine/history.ts';
import { markChanged } from '../../engine/living.ts';
import type { RunDefinition } from '../../engine/run-definition.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';
import { gateRequestOf, markGates } from '../gates/gate-request.ts';
import { loadReleaseFacts } from './load-facts.ts';
import { noticesOf } from './messages/notices.ts';
import { STATUS_MESSAGE } from './messages/status-message.ts';
import { recordReleased } from './tasks/record-outcome.ts';
import { subjectEnded } from './turn-signals.ts';

/** What the engine is told about releases: how they are planned and what people hear of. */
export const releaseRunDefinition: RunDefinition = {
  kind: 'release',
  living: STATUS_MESSAGE,
  livingOfTask: gateRequestOf,
  async advance(tx, run, now) {
    const facts = await loadReleaseFacts(tx, run.tenantId, run.subjectId);
    const plan = planRelease(facts, run, now);
    await writePlan(tx, run, plan);
    if (plan.remindOf !== null && facts.config.commsConfigId !== null) await remindOf(tx, run, plan.remindOf);
    markSuperseded(tx, run, plan);
    return plan;
  },
  notices: noticesOf,
};

/** Nobody is asked about a gate any more that the plan cancels. */
function markSuperseded(tx: Tx, run: RunView, plan: ReleasePlan): void {
  const cancelled = new Set(plan.commands.flatMap((command) => (command.do === 'cancel-tasks' ? command.taskIds : [])));
  if (cancelled.size === 0) return;
  markChanged(tx, [{ tenantId: run.tenantId, subjectId: run.subjectId, type: STATUS_MESSAGE }]);
  markGates(
    tx,
    run.tenantId,
    run.tasks.filter(({ id }) => cancelled.has(id)),
  );
}

/** Once for each slot and its date, however often the planner is asked. The sweep rings for it. */
async function remindOf(tx: Tx, run: RunView, { slotId, date, cycle }: NonNullable<ReleasePlan['remindOf']>): Promise<void> {
  const type = 'REGRESSION_KICKOFF_REMINDER';
  const data: NotificationData[typeof type] = { date: date.toISOString(), cycle };
  const dedupeKey = `${type}/${slotId}/${date.getTime()}`;
  await writeDelivery(tx, { tenantId: run.tenantId, subjectId: run.subjectId, type, data, dedupeKey });
}

/** The release's own rows of a plan: slots, cycles, and what only a person can mend. */
async function writePlan(tx: Tx, run: RunView, plan: ReleasePlan): Promise<void> {
  const events: HistoryEvent[] = [];
  const scope = { tenantId: run.tenantId, scopeId: run.subjectId, actor: engineActor };
  for (const slot of plan.slots) {
    await tx.run('UPDATE regression_slots SET status = ?, reason = ? WHERE tenant_id = ? AND id = ?', [
      slot.status,
      slot.reason,
      run.tenantId,
      slot.id,
    ]);
    events.push({
      ...scope,
      entityType: 'slot',
      entityId: slot.id,
      action: 'UPDATE',
      why: slot.reason,
      items: [statusItem('PLANNED', slot.status)],
    });
  }
  if (plan.closeCycle !== null) {
    const { id, status } = plan.closeCycle;
    await tx.run('UPDATE regression_cycles SET status = ?, ended_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [
      status,
      run.tenantId,
      id,
    ]);
    events.push({ ...scope, entityType: 'cycle', entityId: id, action: 'UPDATE', items: [statusItem('IN_PROGRESS', status)] });
  }
  if (plan.openCycle !== null) {
    const id = ulid();
    await tx.run('INSERT INTO regression_cycles (id, tenant_id, release_id, slot_id, number, status) VALUES (?)', [
      [id, run.tenantId, run.subjectId, plan.openCycle.slotId, plan.openCycle.number, 'IN_PROGRESS'],
    ]);
    await tx.run('UPDATE releases SET regression_requested_at = NULL WHERE tenant_id = ? AND id = ?', [run.tenantId, run.subjectId]);
    const number = { field: 'number', before: null, after: String(plan.openCycle.number) };
    events.push({
      ...scope,
      entityType: 'cycle',
      entityId: id,
      action: 'CREATE',
      items: [statusItem('NOT_STARTED', 'IN_PROGRESS'), number],
    });
  }
  const completes = plan.commands.some((command) => command.do === 'complete');
  await tx.run('UPDATE releases SET attention = ? WHERE tenant_id = ? AND id = ?', [plan.attention, run.tenantId, run.subjectId]);
  await writeHistory(tx, events);
  if (completes) await recordReleased(tx, { tenantId: run.tenantId, id: run.subjectId });
  // The sweep rings for those that waited for it.
  if (completes) await subjectEnded(tx, run.subjectId);
}
