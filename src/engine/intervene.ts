import type { Tx } from '../db/client.ts';
import type { TaskStatus } from '../domain/run.ts';
import type { Ring } from '../platform/ring.ts';
import { releaseAfter } from './dependants.ts';
import { endAttempts } from './end-attempts.ts';
import { type HistoryItem, statusItem, writeHistory } from './history.ts';
import { liftHoldsAbout, ringRun } from './holds.ts';
import { closeInStages } from './stage-counters.ts';
import { next } from './transitions.ts';
import { type Actor, type AttemptOutcome, accountIdOf } from './vocabulary.ts';

/** What a person may do to a task. */
export type Intervention =
  | { do: 'retry'; why: string | null }
  | { do: 'skip'; why: string }
  /** The work was done outside. */
  | { do: 'complete-outside'; why: string; output: Record<string, unknown> | null };

export type InterventionResult = { ok: true; status: TaskStatus } | { ok: false; status: TaskStatus };

interface LockedTask {
  id: string;
  tenantId: string;
  runId: string;
  subjectId: string;
  stageId: string;
  queue: string;
  status: TaskStatus;
  fence: number;
}

const attemptOutcome: Record<Intervention['do'], AttemptOutcome> = { retry: 'cancelled', skip: 'skipped', 'complete-outside': 'completed' };

/**
 * Carries out a person's word on a task, in the caller's transaction. `ok: false` tells the status in which it is not possible. A retry of a
 * failed task runs even while other failures hold the run, but not while somebody paused it: then it waits for the resume. A worker that executes
 * the task loses its fence, and with it its outcome; its next heartbeat aborts it.
 */
export async function intervene(tx: Tx, taskId: string, intervention: Intervention, actor: Actor, ring: Ring): Promise<InterventionResult> {
  const [task] = await tx.rows<LockedTask>(
    `SELECT t.id, t.tenant_id AS tenantId, t.run_id AS runId, r.subject_id AS subjectId, t.stage_id AS stageId, t.queue, t.status, t.fence
     FROM tasks t JOIN runs r ON r.id = t.run_id WHERE t.id = ? FOR UPDATE`,
    [taskId],
  );
  if (task === undefined) throw new Error(`task ${taskId} does not exist`);
  const to = next(task.status, intervention.do);
  if (to === null) return { ok: false, status: task.status };
  await tx.batch([endAttempts([task.id], attemptOutcome[intervention.do])]);
  const released = intervention.do === 'retry' ? await restart(tx, task) : await end(tx, task, to, intervention, actor, ring);
  await writeHistory(tx, [
    {
      tenantId: task.tenantId,
      scopeId: task.subjectId,
      entityType: 'task',
      entityId: task.id,
      action: 'UPDATE',
      actor,
      why: intervention.why,
      items: [statusItem(task.status, to), ...released],
    },
  ]);
  await tx.run('DELETE FROM task_signals WHERE task_id = ?', [task.id]);
  await liftHoldsAbout(tx, task.runId, [task.id], actor, ring);
  await ringRun(tx, task.runId, ring);
  return { ok: true, status: to };
}

async function restart(tx: Tx, task: LockedTask): Promise<HistoryItem[]> {
  await tx.run(
    `UPDATE tasks SET status = 'READY', fence = fence + 1, wait_reason = NULL, failures = 0, deadline_at = NULL, run_at = UTC_TIMESTAMP(3),
       status_since = UTC_TIMESTAMP(3),
       held = EXISTS (SELECT 1 FROM run_holds h WHERE h.run_id = tasks.run_id AND h.reason <> 'TASK_FAILURE')
     WHERE id = ?`,
    [task.id],
  );
  return [];
}

async function end(
  tx: Tx,
  task: LockedTask,
  to: TaskStatus,
  intervention: Exclude<Intervention, { do: 'retry' }>,
  actor: Actor,
  ring: Ring,
): Promise<HistoryItem[]> {
  const output = intervention.do === 'complete-outside' && intervention.output !== null ? JSON.stringify(intervention.output) : null;
  await tx.run(
    `UPDATE tasks SET status = ?, fence = fence + 1, lease_owner = NULL, wait_reason = NULL, run_at = NULL, note = ?, settled_by = ?,
       output = COALESCE(?, output), unmet_dependencies = 0, finished_at = UTC_TIMESTAMP(3), status_since = UTC_TIMESTAMP(3) WHERE id = ?`,
    [to, intervention.why, accountIdOf(actor), output, task.id],
  );
  const { wakes, items } = await releaseAfter(tx, task.id);
  const drained = await closeInStages(tx, new Map([[task.stageId, 1]]));
  tx.afterCommit(() => ring([...wakes, ...drained]));
  return items;
}
