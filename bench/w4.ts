import { sequence } from './noop-run.ts';
import { createRuns, median, openWorld, quantile, round, until } from './world.ts';

/* W4: lateness. 1,000 tasks due within the same second, rung by the scheduler's sweep alone. */

const TASKS = 1000;

export async function w4(): Promise<Record<string, number>> {
  const world = await openWorld();
  try {
    await world.start('./noop-worker.ts');
    await world.start('../src/main/scheduler.ts', { ready: 'output' });
    await createRuns(world, TASKS, sequence(1, new Date(Date.now() + 86_400_000)), 20);
    await world.db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP() + INTERVAL 3 SECOND, not_before = UTC_TIMESTAMP() + INTERVAL 3 SECOND`);
    await until(async () => {
      const [row] = await world.db.rows<{ open: number }>(`SELECT COUNT(*) AS open FROM tasks WHERE status <> 'COMPLETED'`);
      return Number(row?.open) === 0;
    }, 200);
    const rows = await world.db.rows<{ late: number }>(
      'SELECT TIMESTAMPDIFF(MICROSECOND, t.not_before, a.started_at) / 1000 AS late FROM tasks t JOIN attempts a ON a.task_id = t.id AND a.number = 1',
    );
    const late = rows.map((row) => Number(row.late));
    return { p50Ms: round(median(late), 0), p99Ms: round(quantile(late, 0.99), 0), maxMs: round(Math.max(...late), 0) };
  } finally {
    await world.close();
  }
}
