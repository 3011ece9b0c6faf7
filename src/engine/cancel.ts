import type { Tx } from '../db/client.ts';
import type { HoldReason, TaskStatus } from '../domain/run.ts';
import type { Ring, Wake } from '../platform/ring.ts';
import { releaseAfter } from './dependants.ts';
import { endAttempts } from './end-attempts.ts';
import { type HistoryEvent, statusItem, writeHistory } from './history.ts';
import { holdLabel, liftHoldsAbout } from './holds.ts';
import { closeInStages } from './stage-counters.ts';
import { sourcesOf } from './transitions.ts';
import { type Actor, accountIdOf } from './vocabulary.ts';

interface Scope {
  id: string;
  tenantId: string;
  subjectId: string;
}

/**
 * Cancels open tasks of a run that goes on without them: what depends on them has no more to wait for, as after a skip. Whoever wants the
 * dependants gone, too, names them in the same call. One that is being executed loses its fence: its worker's next heartbeat aborts it and its
 * outcome is discarded.
 * @returns the history to write
 */
export async function cancelTasks(
  tx: Tx,
  run: Scope,
  taskIds: readonly string[],
  actor: Actor,
  why: string,
  ring: Ring,
): Promise<HistoryEvent[]> {
  const events = await close(tx, run, taskIds, actor, why, ring);
  const wakes: Wake[] = [];
  const released: HistoryEvent[] = [];
  for (const event of events) {
    const after = await releaseAfter(tx, event.entityId);
    wakes.push(...after.wakes);
    released.push({ ...event, items: [...event.items, ...after.items] });
  }
  tx.afterCommit(() => ring(wakes));
  return released;
}

async function close(tx: Tx, run: Scope, taskIds: readonly string[], actor: Actor, why: string, ring: Ring): Promise<HistoryEvent[]> {
  if (taskIds.length === 0) return [];
  const rows = await tx.rows<{ id: string; stageId: string; status: TaskStatus }>(
    'SELECT id, stage_id AS stageId, status FROM tasks WHERE id IN (?) AND run_id = ? AND status IN (?) ORDER BY id FOR UPDATE',
    [[...taskIds].sort(), run.id, sourcesOf('cancel')],
  );
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  await tx.batch([endAttempts(ids, 'cancelled')]);
  await tx.run(
    `UPDATE tasks SET status = 'CANCELLED', fence = fence + 1, wait_reason = NULL, run_at = NULL, lease_owner = NULL, note = ?, settled_by = ?,
       finished_at = UTC_TIMESTAMP(3), status_since = UTC_TIMESTAMP(3) WHERE id IN (?)`,
    [why, accountIdOf(actor), ids],
  );
  await tx.run('DELETE FROM task_signals WHERE task_id IN (?)', [ids]);
  await liftHoldsAbout(tx, run.id, ids, actor, ring);
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.stageId, (counts.get(row.stageId) ?? 0) + 1);
  await closeInStages(tx, counts);
  return rows.map((row) => ({
    tenantId: run.tenantId,
    scopeId: run.subjectId,
    entityType: 'task' as const,
    entityId: row.id,
    action: 'UPDATE' as const,
    actor,
    why,
    items: [statusItem(row.status, 'CANCELLED')],
  }));
}

/** Cancels a whole run: its open tasks, its stages, its holds. @returns false when it had ended already */
export async function cancelRun(tx: Tx, runId: string, actor: Actor, why: string, ring: Ring): Promise<boolean> {
  const [run] = await tx.rows<Scope & { status: string }>(
    'SELECT id, tenant_id AS tenantId, subject_id AS subjectId, status FROM runs WHERE id = ? FOR UPDATE',
    [runId],
  );
  if (run === undefined || run.status === 'COMPLETED' || run.status === 'CANCELLED') return false;
  const open = await tx.rows<{ id: string }>('SELECT id FROM tasks WHERE run_id = ? AND status IN (?)', [runId, sourcesOf('cancel')]);
  const ids = open.map((row) => row.id);
  const events = await close(tx, run, ids, actor, why, ring);
  const ended = await endOf(tx, run, actor, why);
  await tx.run(
    `UPDATE stages SET status = 'CANCELLED', closed_at = UTC_TIMESTAMP(3) WHERE run_id = ? AND status IN ('PENDING', 'IN_PROGRESS')`,
    [runId],
  );
  await tx.run('DELETE FROM run_holds WHERE run_id = ?', [runId]);
  await tx.run(
    `UPDATE runs SET status = 'CANCELLED', held = 0, held_since = NULL, run_at = NULL, fence = fence + 1, ended_at = UTC_TIMESTAMP(3) WHERE id = ?`,
    [runId],
  );
  await writeHistory(tx, [
    ...events,
    ...ended,
    {
      tenantId: run.tenantId,
      scopeId: run.subjectId,
      entityType: 'run',
      entityId: runId,
      action: 'UPDATE',
      actor,
      why,
      items: [statusItem(run.status, 'CANCELLED')],
    },
  ]);
  return true;
}

/** What ends with a run besides its tasks: its open stages and the holds that are left. */
async function endOf(tx: Tx, { id, tenantId, subjectId }: Scope, actor: Actor, why: string): Promise<HistoryEvent[]> {
  const stages = await tx.rows<{ id: string; status: string }>(
    `SELECT id, status FROM stages WHERE run_id = ? AND status IN ('PENDING', 'IN_PROGRESS') ORDER BY ordinal`,
    [id],
  );
  const holds = await tx.rows<{ reason: HoldReason; subject: string }>(
    'SELECT reason, subject FROM run_holds WHERE run_id = ? ORDER BY since, reason, subject',
    [id],
  );
  const of = { tenantId, scopeId: subjectId, actor, why };
  return [
    ...stages.map(
      (stage): HistoryEvent => ({
        ...{ ...of, entityType: 'stage', entityId: stage.id, action: 'UPDATE' },
        items: [statusItem(stage.status, 'CANCELLED')],
      }),
    ),
    ...holds.map(
      (hold): HistoryEvent => ({
        ...{ ...of, entityType: 'run', entityId: id, action: 'REMOVE' },
        items: [{ field: 'hold', before: holdLabel(hold), after: null }],
      }),
    ),
  ];
}
