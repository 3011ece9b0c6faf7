import { ringRun } from '../src/engine/holds.ts';
import { sequence } from './noop-run.ts';
import { createRuns, median, openWorld, quantile, round, until } from './world.ts';

/* W2: latency. One release of 17 no-op tasks on an idle system, from the ring to its completion: what Signalbox adds to provider time. */

const TASKS = 17;

export async function w2(releases: number): Promise<Record<string, number>> {
  const world = await openWorld();
  try {
    await world.start('./noop-worker.ts');
    const times: number[] = [];
    for (let index = 0; index < releases + 3; index += 1) {
      await createRuns(world, 1, sequence(TASKS));
      const [run] = await world.db.rows<{ id: string }>(`SELECT id FROM runs WHERE status = 'PENDING'`);
      if (run === undefined) throw new Error('the run is not there');
      const started = performance.now();
      await world.db.transact((tx) => ringRun(tx, run.id, world.ring));
      await until(async () => (await world.db.rows(`SELECT 1 FROM runs WHERE id = ? AND status = 'COMPLETED'`, [run.id])).length === 1, 5);
      // The first ones warm up the worker's compiler and connections.
      if (index >= 3) times.push(performance.now() - started);
    }
    return { medianMs: round(median(times), 1), p95Ms: round(quantile(times, 0.95), 1), perTaskMs: round(median(times) / TASKS, 2) };
  } finally {
    await world.close();
  }
}
