import { type Queue, Worker } from 'bullmq';
import type { Logger } from '../platform/logger.ts';
import type { RedisClient } from '../platform/redis.ts';
import type { Duty } from './duties.ts';
import { dutiesAreThere, registerDuties } from './registration.ts';

interface SchedulerOptions {
  ticks: Queue;
  redis: RedisClient;
  prefix: string;
  duties: readonly Duty[];
  logger: Logger;
}

/** An emptied Redis has its schedulers back by then. */
const LOOK_EVERY_MS = 5_000;
/** Whatever else became of them. */
const REGISTER_EVERY_MS = 60_000;

/** Runs the duties whose ticks this process gets. Any number of schedulers share the ticks; a duty still running here is not begun again. */
export function startScheduler({ ticks, redis, prefix, duties, logger }: SchedulerOptions): { close: () => Promise<void> } {
  const byName = new Map(duties.map((duty) => [duty.name, duty]));
  const running = new Set<string>();

  async function tick(name: string): Promise<void> {
    const duty = byName.get(name);
    if (duty === undefined || running.has(name)) return;
    running.add(name);
    try {
      await duty.runOnce();
    } catch (error) {
      logger.error({ err: error, duty: name }, 'duty failed; its next tick tries again');
    } finally {
      running.delete(name);
    }
  }

  const worker = new Worker(ticks.name, (job) => tick(job.name), {
    connection: redis,
    prefix,
    concurrency: duties.length,
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 1_000_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', (error) => logger.error({ err: error }, 'scheduler lost Redis'));

  const register = () =>
    registerDuties(ticks, duties).catch((error: unknown) => logger.warn({ err: error }, 'duties not registered; tried again shortly'));
  async function look(): Promise<void> {
    if (!(await dutiesAreThere(ticks, duties).catch(() => true))) await register();
  }
  void register();
  const timers = [setInterval(() => void look(), LOOK_EVERY_MS), setInterval(() => void register(), REGISTER_EVERY_MS)];

  return {
    async close() {
      for (const timer of timers) clearInterval(timer);
      await worker.close();
    },
  };
}
