import type { Tx } from '../../db/client.ts';
import { planKickoff } from '../../domain/release/plan-tasks.ts';
import { cancelTasks } from '../../engine/cancel.ts';
import { insertTasks } from '../../engine/create-run.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Actor } from '../../engine/vocabulary.ts';
import type { Ring } from '../../platform/ring.ts';
import { conflict } from '../service-error.ts';
import { iso, isoOrNull } from './instant.ts';
import type { LockedRelease } from './release-row.ts';
import { goesWithKickoff, type SlotRow, slotRowsOf } from './slots/slot-row.ts';

/** Moves the start of the kickoff: its run and the task that opens it. @throws ServiceError conflict when that task has begun */
export async function rescheduleKickoff(tx: Tx, release: LockedRelease, actor: Actor, to: Date): Promise<void> {
  const waits = await moveStart(tx, release, actor, 'WAIT_FOR_TURN', release.kickOffDate, to);
  if (!(await moveStart(tx, release, actor, 'FORK_BRANCH', release.kickOffDate, to)) && !waits) {
    throw conflict('The kickoff has begun: the branch is being forked, or was.');
  }
  await tx.run(`UPDATE runs SET run_at = GREATEST(UTC_TIMESTAMP(3), ?), fence = fence + 1 WHERE id = ? AND status = 'PENDING'`, [
    to,
    release.run.id,
  ]);
  for (const slot of await slotRowsOf(tx, release)) if (goesWithKickoff(release, slot)) await moveSlot(tx, release, actor, slot, to);
}

async function moveSlot(tx: Tx, release: LockedRelease, actor: Actor, slot: SlotRow, to: Date): Promise<void> {
  await tx.run('UPDATE regression_slots SET date = ? WHERE id = ? AND tenant_id = ?', [to, slot.id, release.tenantId]);
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'slot',
      entityId: slot.id,
      action: 'UPDATE',
      actor,
      why: 'it goes with the kickoff',
      items: [{ field: 'date', before: iso(slot.date), after: iso(to) }],
    },
  ]);
}

/** Moves, adds or removes the reminder. @throws ServiceError conflict when it was sent */
export async function rescheduleReminder(tx: Tx, ring: Ring, release: LockedRelease, actor: Actor, to: Date | null): Promise<void> {
  if (release.config.commsConfigId === null) return;
  const [task] = await tx.rows<{ id: string; status: string }>(
    `SELECT id, status FROM tasks WHERE run_id = ? AND type = 'PRE_KICK_OFF_REMINDER' AND status <> 'CANCELLED' FOR UPDATE`,
    [release.run.id],
  );
  if (task === undefined) {
    if (to !== null) await addReminder(tx, release, actor, to);
    return;
  }
  if (to === null && task.status === 'READY') {
    await writeHistory(tx, await cancelTasks(tx, runOf(release), [task.id], actor, 'the reminder was removed', ring));
    return;
  }
  if (to === null || !(await moveStart(tx, release, actor, 'PRE_KICK_OFF_REMINDER', release.kickOffReminderDate, to))) {
    throw conflict('The reminder of the kickoff was sent, or is being sent.');
  }
}

const runOf = (release: LockedRelease) => ({
  id: release.run.id,
  tenantId: release.tenantId,
  subjectId: release.id,
  held: release.run.held,
});

async function moveStart(tx: Tx, release: LockedRelease, actor: Actor, type: string, before: Date | null, to: Date): Promise<boolean> {
  const [task] = await tx.rows<{ id: string }>(
    `SELECT id FROM tasks WHERE run_id = ? AND type = ? AND (status IN ('PENDING', 'READY') OR (status = 'WAITING' AND wait_reason IN ('TURN', 'TIMER'))) FOR UPDATE`,
    [release.run.id, type],
  );
  if (task === undefined) return false;
  // What still depends on another task has no instant of its own to be looked at.
  await tx.run(
    `UPDATE tasks SET not_before = ?, run_at = IF(status = 'PENDING', run_at, GREATEST(UTC_TIMESTAMP(3), ?)), fence = fence + 1 WHERE id = ?`,
    [to, to, task.id],
  );
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'task',
      entityId: task.id,
      action: 'UPDATE',
      actor,
      items: [{ field: 'notBefore', before: isoOrNull(before), after: iso(to) }],
    },
  ]);
  return true;
}

async function addReminder(tx: Tx, release: LockedRelease, actor: Actor, at: Date): Promise<void> {
  const planned = planKickoff({
    config: release.config,
    platforms: [],
    kickOffReminderDate: at,
    kickOffDate: release.kickOffDate,
  }).filter((plan) => plan.type === 'PRE_KICK_OFF_REMINDER');
  const [stage] = await tx.rows<{ id: string; queue: string; attempt: number; reminders: number }>(
    `SELECT s.id, s.queue, s.attempt,
            (SELECT COUNT(*) FROM tasks t WHERE t.stage_id = s.id AND t.type = 'PRE_KICK_OFF_REMINDER') AS reminders
     FROM stages s WHERE s.run_id = ? AND s.stage_key = 'KICKOFF' FOR UPDATE`,
    [release.run.id],
  );
  if (stage === undefined) return;
  // Task keys are unique within an attempt; a removed reminder keeps its own.
  const tasks = planned.map((plan) => (stage.reminders === 0 ? plan : { ...plan, key: `${plan.key}_${stage.reminders + 1}` }));
  await tx.run('UPDATE stages SET open_tasks = open_tasks + ? WHERE id = ?', [tasks.length, stage.id]);
  await writeHistory(tx, await insertTasks(tx, runOf(release), stage, tasks, actor));
}
