import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../engine/create-engine.ts';
import { createRunTask, type Execute } from '../engine/run-task.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { QueueName, WakeJob } from '../platform/queues.ts';
import type { RedisClient } from '../platform/redis.ts';
import { startQueueWorker } from './queue-worker.ts';

interface WorkerProcessOptions {
  engine: Engine;
  execute: Execute;
  deliver: (wake: WakeJob) => Promise<void>;
  passOnWebhook: (wake: WakeJob) => Promise<void>;
  followBlocker: (wake: WakeJob) => Promise<void>;
  cleanUp: (wake: WakeJob) => Promise<void>;
  logger: Logger;
  metrics: Metrics;
  leaseMs: number;
  prefix: string;
  blockingRedis: () => RedisClient;
  queues: readonly QueueName[];
  /** Jobs of one queue at once. */
  concurrency: number;
  /** Aborted by `close`, for whatever else works for this process. */
  stop: AbortController;
}

/** Tasks one job may run in succession before its slot serves the queue again. */
const MAX_HAND_OVERS = 32;

export interface WorkerProcess {
  /** Takes nothing more, aborts what runs, gives it back, and closes. */
  close(): Promise<void>;
}

/** Serves any subset of the queues in this process. */
export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { engine, logger, metrics, leaseMs, stop } = options;
  const runTask = createRunTask({
    ...engine,
    execute: options.execute,
    maxHandOvers: MAX_HAND_OVERS,
    stopping: () => stop.signal.aborted,
    observe: ({ task, outcome, milliseconds }) => metrics.taskDuration.observe({ type: task.type, outcome }, milliseconds / 1000),
    pause: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
  });

  async function runTasks(wake: WakeJob): Promise<void> {
    const { ran } = await runTask(wake);
    metrics.claims.inc({ outcome: ran > 0 ? 'claimed' : 'stale' });
  }

  function process(kind: string, wake: WakeJob): Promise<unknown> {
    switch (kind) {
      case 'task':
        return runTasks(wake);
      case 'run':
        return engine.advance(wake.id);
      case 'delivery':
        return options.deliver(wake);
      case 'webhook':
        return options.passOnWebhook(wake);
      case 'blocker':
        return options.followBlocker(wake);
      case 'clean-up':
        return options.cleanUp(wake);
      default:
        throw new Error(`nobody knows jobs of kind ${kind}`);
    }
  }

  const workers = options.queues.map((queue) =>
    startQueueWorker({
      queue,
      redis: options.blockingRedis(),
      prefix: options.prefix,
      concurrency: options.concurrency,
      leaseMs,
      process,
      onError: (error) => logger.error({ err: error, queue }, 'a wake-up failed; the sweep repeats it'),
    }),
  );
  const heartbeat = setInterval(() => {
    engine.leases.beat().catch((error: unknown) => logger.error({ err: error }, 'leases not renewed'));
  }, leaseMs / 4);

  return {
    async close() {
      const paused = Promise.all(workers.map((worker) => worker.pause(true)));
      const reason = new Error('the worker stops');
      stop.abort(reason);
      engine.leases.abortAll(reason);
      await paused;
      await Promise.all(workers.map((worker) => worker.close()));
      clearInterval(heartbeat);
    },
  };
}
