import type { Sql } from '../db/client.ts';
import { restartingWaits, type WaitReason, waitReasons } from '../domain/run.ts';
import type { Wake } from '../platform/ring.ts';

/** Hurries the tasks that wait for this key of this connection: their next look is now. A signal nobody waits for does nothing. */
export async function signal(sql: Sql, integrationId: string, keys: readonly string[]): Promise<Wake[]> {
  if (keys.length === 0) return [];
  const waiting = await sql.rows<{ id: string }>('SELECT task_id AS id FROM task_signals WHERE integration_id = ? AND signal_key IN (?)', [
    integrationId,
    keys,
  ]);
  return hurry(
    sql,
    waiting.map((row) => row.id),
  );
}

/**
 * Makes waiting tasks due now. One that is being looked at this moment may have looked too early: it looks again as soon as it has settled.
 * One that waits out a failure or a rate limit is left alone, like all others: a hint does not make a provider ready.
 */
export function hurry(sql: Sql, taskIds: readonly string[]): Promise<Wake[]> {
  return makeDue(sql, taskIds, lookingWaits);
}

const lookingWaits = waitReasons.filter((reason) => !restartingWaits.some((restarting) => restarting === reason));

/** What tasks in the wait CONNECTION subscribe to. */
export const connectionRestored = 'connection-restored';

/** The connection works again: whatever waits for that starts anew. */
export async function restored(sql: Sql, integrationId: string): Promise<Wake[]> {
  const waiting = await sql.rows<{ id: string }>('SELECT task_id AS id FROM task_signals WHERE integration_id = ? AND signal_key = ?', [
    integrationId,
    connectionRestored,
  ]);
  return makeDue(
    sql,
    waiting.map((row) => row.id),
    ['CONNECTION'],
  );
}

async function makeDue(sql: Sql, taskIds: readonly string[], waits: readonly WaitReason[]): Promise<Wake[]> {
  if (taskIds.length === 0) return [];
  const ids = [...taskIds].sort();
  const [, , rows] = (await sql.batch([
    [`UPDATE tasks SET hurried = 1 WHERE id IN (?) AND status = 'IN_PROGRESS' ORDER BY id`, [ids]],
    [
      `UPDATE tasks SET run_at = UTC_TIMESTAMP(3), fence = fence + 1
       WHERE id IN (?) AND status = 'WAITING' AND wait_reason IN (?) ORDER BY id`,
      [ids, waits],
    ],
    [
      `SELECT id, queue, fence, tenant_id AS tenantId FROM tasks WHERE id IN (?) AND status = 'WAITING' AND held = 0 AND run_at <= UTC_TIMESTAMP(3)`,
      [ids],
    ],
  ])) as [number, number, Omit<Wake, 'kind' | 'rank'>[]];
  return rows.map((row) => ({ kind: 'task', ...row }));
}
