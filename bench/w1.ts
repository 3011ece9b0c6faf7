import { once } from 'node:events';
import { sweepDue } from '../src/engine/sweep.ts';
import { sequence } from './noop-run.ts';
import { createRuns, median, openWorld, round, until, type World } from './world.ts';

/* W1: throughput. 1,000 releases × 17 no-op tasks in sequence, one worker process, durable, with attempts and history, beside BullMQ chains
 * and beside one UPDATE per task. The three take turns, so that a noisy machine is noisy for all. */

const RUNS = 1000;
const TASKS = 17;

export async function w1(rounds: number): Promise<Record<string, number>> {
  const engine: number[] = [];
  const bullmq: number[] = [];
  const updates: number[] = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    const world = await openWorld();
    try {
      bullmq.push(await rawBullmq(world));
      engine.push(await throughEngine(world));
      updates.push(await bareUpdates(world));
    } finally {
      await world.close();
    }
  }
  return {
    tasksPerSecond: Math.round(median(engine)),
    rawBullmq: Math.round(median(bullmq)),
    bareUpdates: Math.round(median(updates)),
    ratio: round(median(engine.map((value, index) => value / (bullmq[index] ?? Number.NaN)))),
    ratioToUpdates: round(median(engine.map((value, index) => value / (updates[index] ?? Number.NaN)))),
  };
}

async function throughEngine(world: World): Promise<number> {
  await createRuns(world, RUNS, sequence(TASKS));
  const worker = await world.start('./noop-worker.ts');
  const started = performance.now();
  await sweepDue(world.db, ['kickoff'], world.ring);
  await until(async () => {
    const [row] = await world.db.rows<{ open: number }>(`SELECT COUNT(*) AS open FROM runs WHERE status <> 'COMPLETED'`);
    return Number(row?.open) === 0;
  });
  const seconds = (performance.now() - started) / 1000;
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  return (RUNS * TASKS) / seconds;
}

/** Chains of jobs, each adding the next: what the queue does by itself, with nothing kept. */
async function rawBullmq(world: World): Promise<number> {
  const queue = world.queues.get('regression');
  const worker = await world.start('./raw-bullmq-worker.ts', { env: { RUNS: String(RUNS), TASKS: String(TASKS) } });
  const done = once(worker, 'message');
  const started = performance.now();
  await queue.addBulk(Array.from({ length: RUNS }, (_, run) => ({ name: 'raw', data: { run, left: TASKS - 1 } })));
  await done;
  const seconds = (performance.now() - started) / 1000;
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  return (RUNS * TASKS) / seconds;
}

/** One autocommit UPDATE per task on 8 connections: the least a durable engine without batching does. */
async function bareUpdates(world: World): Promise<number> {
  const ids = (await world.db.rows<{ id: string }>('SELECT id FROM tasks ORDER BY id LIMIT 8000')).map((row) => row.id);
  const started = performance.now();
  const queue = ids.values();
  const lane = async () => {
    for (const id of queue) await world.db.run('UPDATE tasks SET fence = fence + 1 WHERE id = ?', [id]);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return ids.length / ((performance.now() - started) / 1000);
}
