import { Worker } from 'bullmq';
import type { WakeJob } from '../platform/queues.ts';
import type { RedisClient } from '../platform/redis.ts';

interface QueueWorkerOptions {
  queue: string;
  /** A connection of its own: BullMQ blocks on it. */
  redis: RedisClient;
  prefix: string;
  concurrency: number;
  /** Of the rows that wake-ups are about, milliseconds. */
  leaseMs: number;
  process: (kind: string, wake: WakeJob) => Promise<unknown>;
  onError: (error: Error) => void;
}

const MAX_LOCK_MS = 15_000;

/**
 * Serves one queue. Jobs are wake-ups: one that fails or is lost is rung again by the sweep, so BullMQ keeps and retries nothing. A job whose
 * lock was lost runs elsewhere again; the fence decides which of the two counts.
 */
export function startQueueWorker(options: QueueWorkerOptions): Worker<WakeJob> {
  const worker = new Worker<WakeJob>(options.queue, (job) => options.process(job.name, job.data), {
    connection: options.redis,
    prefix: options.prefix,
    concurrency: options.concurrency,
    // While a dead worker still holds a wake-up, the same one cannot be rung again: that must not outlast the dead worker's leases.
    lockDuration: Math.min(MAX_LOCK_MS, options.leaseMs),
    stalledInterval: Math.ceil(Math.min(MAX_LOCK_MS, options.leaseMs) / 3),
    // The database owns attempts: a wake-up may stall as often as workers die.
    maxStalledCount: 1_000_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', options.onError);
  worker.on('failed', (_job, error) => options.onError(error));
  return worker;
}
