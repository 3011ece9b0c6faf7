import type { Statement, Tx } from '../db/client.ts';
import type { Wake } from '../platform/ring.ts';

type RunHead = Omit<Wake, 'kind' | 'rank'>;

/**
 * Takes closed tasks off their stages' counts. A stage that has none left makes its run due: the planner is asked what comes next.
 * @param closed stage id → how many of its tasks closed
 */
export async function closeInStages(tx: Tx, closed: ReadonlyMap<string, number>): Promise<Wake[]> {
  return drainedWakes((await tx.batch(closeStatements(closed))).at(-1));
}

/**
 * The same as statements; the last one's rows are the runs that became due (see `drainedWakes`).
 * @param occupied stages that certainly have an open task left: the transaction holds its row lock, so whoever closes it counts after us
 */
export function closeStatements(closed: ReadonlyMap<string, number>, occupied: ReadonlySet<string> = new Set()): Statement[] {
  if (closed.size === 0) return [];
  const byCount = new Map<number, string[]>();
  for (const [stageId, count] of closed) {
    const ids = byCount.get(count);
    if (ids === undefined) byCount.set(count, [stageId]);
    else ids.push(stageId);
  }
  const counts = [...byCount].map(
    ([count, ids]): Statement => ['UPDATE stages SET open_tasks = open_tasks - ? WHERE id IN (?)', [count, ids.sort()]],
  );
  const stageIds = [...closed.keys()].filter((id) => !occupied.has(id)).sort();
  if (stageIds.length === 0) return counts;
  return [
    ...counts,
    [
      `UPDATE stages s JOIN runs r ON r.id = s.run_id SET r.run_at = UTC_TIMESTAMP(3), r.fence = r.fence + 1
       WHERE s.id IN (?) AND s.open_tasks = 0 AND r.status IN ('PENDING', 'IN_PROGRESS')`,
      [stageIds],
    ],
    [
      `SELECT r.id, r.queue, r.fence, r.tenant_id AS tenantId FROM stages s JOIN runs r ON r.id = s.run_id
       WHERE s.id IN (?) AND s.open_tasks = 0 AND r.status IN ('PENDING', 'IN_PROGRESS')`,
      [stageIds],
    ],
  ];
}

/** @param result of the last of `closeStatements`; not rows when every stage was occupied */
export const drainedWakes = (result: unknown): Wake[] =>
  Array.isArray(result) ? (result as RunHead[]).map((run) => ({ kind: 'run', ...run })) : [];

/** Makes the planner look at the run now, which a task of it cannot go on from. */
export async function makeRunDue(tx: Tx, runId: string): Promise<Wake[]> {
  await tx.run(`UPDATE runs SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE id = ? AND status IN ('PENDING', 'IN_PROGRESS')`, [
    runId,
  ]);
  return drainedWakes(
    await tx.rows<RunHead>(
      `SELECT id, queue, fence, tenant_id AS tenantId FROM runs WHERE id = ? AND status IN ('PENDING', 'IN_PROGRESS')`,
      [runId],
    ),
  );
}

/** Makes the planner look at these runs now. */
export async function makeRunsDue(tx: Tx, runs: readonly RunHead[]): Promise<Wake[]> {
  await tx.run(`UPDATE runs SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE id IN (?) AND status IN ('PENDING', 'IN_PROGRESS')`, [
    runs.map((run) => run.id),
  ]);
  return runs.map((run) => ({ kind: 'run' as const, ...run, fence: run.fence + 1 }));
}
