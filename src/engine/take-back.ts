import type { Tx } from '../db/client.ts';
import type { Ring, Wake } from '../platform/ring.ts';
import { endAttempts } from './end-attempts.ts';
import { statusItem, writeHistory } from './history.ts';
import { heldOnRestart } from './holds.ts';
import { next } from './transitions.ts';
import type { Actor } from './vocabulary.ts';

/**
 * Takes a task back from the worker that executes it, in the transaction that changes what it looks at: what the worker has seen is older than that, and
 * must not decide. Its fence is gone, so its outcome is discarded and its next heartbeat aborts it; the task is READY and looks anew. What the worker
 * still does outside meanwhile is found like after a crash.
 * @returns false when nobody executes it: then nothing was changed
 */
export async function takeBack(tx: Tx, taskId: string, actor: Actor, why: string | null, ring: Ring): Promise<boolean> {
  const [task] = await tx.rows<{ tenantId: string; subjectId: string }>(
    `SELECT t.tenant_id AS tenantId, r.subject_id AS subjectId FROM tasks t JOIN runs r ON r.id = t.run_id
     WHERE t.id = ? AND t.status = 'IN_PROGRESS' FOR UPDATE`,
    [taskId],
  );
  const to = next('IN_PROGRESS', 'hand-back');
  if (task === undefined || to === null) return false;
  await tx.batch([endAttempts([taskId], 'handed-back')]);
  // `held` goes by what it waited for before, so it is set before that is forgotten.
  await tx.run(
    `UPDATE tasks SET status = ?, held = ${heldOnRestart}, fence = fence + 1, wait_reason = NULL, lease_owner = NULL, run_at = UTC_TIMESTAMP(3),
       status_since = UTC_TIMESTAMP(3) WHERE id = ?`,
    [to, taskId],
  );
  await tx.run('DELETE FROM task_signals WHERE task_id = ?', [taskId]);
  await writeHistory(tx, [
    {
      ...{ tenantId: task.tenantId, scopeId: task.subjectId, entityType: 'task', entityId: taskId, action: 'UPDATE', actor, why },
      items: [statusItem('IN_PROGRESS', to)],
    },
  ]);
  const wakes = await tx.rows<Omit<Wake, 'kind' | 'rank'>>(
    'SELECT id, queue, fence, tenant_id AS tenantId FROM tasks WHERE id = ? AND held = 0',
    [taskId],
  );
  tx.afterCommit(() => ring(wakes.map((wake) => ({ kind: 'task', ...wake }))));
  return true;
}
