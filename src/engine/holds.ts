import type { Sql, Tx } from '../db/client.ts';
import { type HoldReason, restartingWaits } from '../domain/run.ts';
import type { Ring } from '../platform/ring.ts';
import { writeHistory } from './history.ts';
import { type Actor, accountIdOf } from './vocabulary.ts';

/*
 * A hold keeps a run's tasks from starting. Holds are a set: each reason stands until it is lifted itself, and none overwrites another.
 * Every open task carries the flag `held` that the sweep and the claim look at, except those that only watch something already under way
 * outside (a build, an approval): they go on looking. A task IN_PROGRESS ends what it does; the flag meets it when it wants to start again.
 */

/**
 * SQL for `held` of a task that leaves IN_PROGRESS to start again: as it was claimed, a person's retry among other failures included, but held
 * when somebody paused the run meanwhile. What was only being looked at was exempt from holds and is so no longer. Precedes any assignment
 * of `wait_reason`.
 */
export const heldOnRestart = `IF(wait_reason IS NULL OR wait_reason IN (${restartingWaits.map((wait) => `'${wait}'`).join(', ')}),
  GREATEST(held, EXISTS (SELECT 1 FROM run_holds h WHERE h.run_id = tasks.run_id AND h.reason <> 'TASK_FAILURE')),
  (SELECT r.held FROM runs r WHERE r.id = tasks.run_id))`;

export interface HoldKey {
  runId: string;
  reason: HoldReason;
  /** What it is about; '' where there is only one of its reason. */
  subject: string;
}

interface RunHead {
  tenantId: string;
  subjectId: string;
  held: number;
}

/** @returns false when this very hold stood already. */
export async function placeHold(tx: Tx, hold: HoldKey, actor: Actor, note: string | null): Promise<boolean> {
  const [run] = await lockRun(tx, hold.runId);
  if (run === undefined) return false;
  const existing = await tx.rows('SELECT 1 FROM run_holds WHERE run_id = ? AND reason = ? AND subject = ?', [
    hold.runId,
    hold.reason,
    hold.subject,
  ]);
  if (existing.length > 0) return false;
  await tx.run('INSERT INTO run_holds (run_id, reason, subject, tenant_id, account_id, note) VALUES (?)', [
    [hold.runId, hold.reason, hold.subject, run.tenantId, accountIdOf(actor), note],
  ]);
  await tx.run('UPDATE runs SET held = 1, held_since = COALESCE(held_since, UTC_TIMESTAMP(3)) WHERE id = ?', [hold.runId]);
  await tx.run(
    `UPDATE tasks SET held = 1 WHERE run_id = ? AND (status IN ('PENDING', 'READY', 'IN_PROGRESS', 'FAILED')
       OR (status = 'WAITING' AND wait_reason IN (?)))`,
    [hold.runId, restartingWaits],
  );
  await recordHold(tx, run, hold, actor, note, 'ADD');
  return true;
}

/** Lifts one hold; with the last one the run goes on, its deadlines moved by the time it stood. @returns false when there was no such hold. */
export async function liftHold(tx: Tx, hold: HoldKey, actor: Actor, ring: Ring, why: string | null = null): Promise<boolean> {
  const [run] = await lockRun(tx, hold.runId);
  if (run === undefined) return false;
  const key = [hold.runId, hold.reason, hold.subject];
  const [stood] = await tx.rows<{ ms: number }>(
    `SELECT GREATEST(0, TIMESTAMPDIFF(MICROSECOND, since, UTC_TIMESTAMP(3))) DIV 1000 AS ms FROM run_holds
     WHERE run_id = ? AND reason = ? AND subject = ? FOR UPDATE`,
    key,
  );
  if (stood === undefined) return false;
  await tx.run('DELETE FROM run_holds WHERE run_id = ? AND reason = ? AND subject = ?', key);
  await recordHold(tx, run, hold, actor, why, 'REMOVE');
  const left = await tx.rows<{ reason: HoldReason }>('SELECT reason FROM run_holds WHERE run_id = ?', [hold.runId]);
  if (left.length === 0) await letGo(tx, hold.runId, ring);
  else if (left.every(({ reason }) => reason === 'TASK_FAILURE')) await letBegunGo(tx, hold.runId, Number(stood.ms), ring);
  return true;
}

/** Lifts every hold that is about one of these tasks: they ended, so nothing about them can stand in the way. */
export async function liftHoldsAbout(tx: Tx, runId: string, taskIds: readonly string[], actor: Actor, ring: Ring): Promise<void> {
  const holds = await tx.rows<{ reason: HoldReason; subject: string }>(
    'SELECT reason, subject FROM run_holds WHERE run_id = ? AND subject IN (?)',
    [runId, taskIds],
  );
  for (const hold of holds) await liftHold(tx, { runId, ...hold }, actor, ring);
}

/** Lifts every hold of these reasons. */
export async function liftHoldsFor(
  tx: Tx,
  runId: string,
  reasons: readonly HoldReason[],
  actor: Actor,
  ring: Ring,
  why: string,
): Promise<void> {
  const holds = await tx.rows<{ reason: HoldReason; subject: string }>(
    'SELECT reason, subject FROM run_holds WHERE run_id = ? AND reason IN (?)',
    [runId, reasons],
  );
  for (const hold of holds) await liftHold(tx, { runId, ...hold }, actor, ring, why);
}

async function letGo(tx: Tx, runId: string, ring: Ring): Promise<void> {
  await tx.run(
    `UPDATE tasks t JOIN runs r ON r.id = t.run_id
     SET t.deadline_at = t.deadline_at + INTERVAL TIMESTAMPDIFF(MICROSECOND, r.held_since, UTC_TIMESTAMP(3)) MICROSECOND
     WHERE t.run_id = ? AND t.held = 1 AND t.deadline_at IS NOT NULL`,
    [runId],
  );
  await tx.run('UPDATE tasks SET held = 0 WHERE run_id = ? AND held = 1', [runId]);
  await tx.run(
    `UPDATE runs SET held = 0, held_since = NULL, run_at = IF(status IN ('PENDING', 'IN_PROGRESS'), UTC_TIMESTAMP(3), NULL), fence = fence + 1
     WHERE id = ?`,
    [runId],
  );
  await ringRun(tx, runId, ring);
}

/** Only failures are left: what had begun before, or was retried by a person meanwhile, goes on beside them. */
async function letBegunGo(tx: Tx, runId: string, stoodMs: number, ring: Ring): Promise<void> {
  // The run has been held for longer, by failures that did not keep these back.
  await tx.run(
    `UPDATE tasks SET held = 0, deadline_at = deadline_at + INTERVAL ? MICROSECOND WHERE run_id = ? AND held = 1 AND status = 'READY' AND attempt > 0`,
    [stoodMs * 1000, runId],
  );
  await ringRun(tx, runId, ring);
}

/** Rings whatever of the run is due now: used where an event, not time, made it so. */
export async function ringRun(tx: Sql & Pick<Tx, 'afterCommit'>, runId: string, ring: Ring): Promise<void> {
  const due = await tx.rows<{ id: string; queue: string; fence: number; tenantId: string }>(
    `SELECT id, queue, fence, tenant_id AS tenantId FROM tasks
     WHERE run_id = ? AND held = 0 AND status IN ('READY', 'WAITING') AND run_at <= UTC_TIMESTAMP(3)`,
    [runId],
  );
  const runs = await tx.rows<{ id: string; queue: string; fence: number; tenantId: string }>(
    `SELECT id, queue, fence, tenant_id AS tenantId FROM runs WHERE id = ? AND run_at <= UTC_TIMESTAMP(3)`,
    [runId],
  );
  tx.afterCommit(() =>
    ring([...due.map((row) => ({ kind: 'task' as const, ...row })), ...runs.map((row) => ({ kind: 'run' as const, ...row }))]),
  );
}

function lockRun(tx: Tx, runId: string): Promise<RunHead[]> {
  return tx.rows<RunHead>('SELECT tenant_id AS tenantId, subject_id AS subjectId, held FROM runs WHERE id = ? FOR UPDATE', [runId]);
}

/** As people and the history name it. */
export const holdLabel = ({ reason, subject }: Pick<HoldKey, 'reason' | 'subject'>) => (subject === '' ? reason : `${reason}(${subject})`);

function recordHold(tx: Tx, run: RunHead, hold: HoldKey, actor: Actor, why: string | null, action: 'ADD' | 'REMOVE'): Promise<void> {
  const label = holdLabel(hold);
  return writeHistory(tx, [
    {
      tenantId: run.tenantId,
      scopeId: run.subjectId,
      entityType: 'run',
      entityId: hold.runId,
      action,
      actor,
      why,
      items: [{ field: 'hold', before: action === 'REMOVE' ? label : null, after: action === 'ADD' ? label : null }],
    },
  ]);
}
