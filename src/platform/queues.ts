import { Queue } from 'bullmq';
import type { RedisClient } from './redis.ts';

/** The queues a worker may serve. */
export const queueNames = [
  'kickoff',
  'regression',
  'post-regression',
  'distribution',
  'deployment',
  'deliveries',
  'webhooks',
  'blockers',
  'clean-ups',
] as const;
export type QueueName = (typeof queueNames)[number];

/** Where the recurring work of the scheduler ticks. */
export const tickQueueName = 'ticks';

/** A job carries no truth: which row to look at, and the fence that makes a second look harmless. */
export interface WakeJob {
  id: string;
  fence: number;
}

interface QueueOptions {
  redis: RedisClient;
  /** Hash-tagged, so that all keys of a queue share a Cluster slot. */
  prefix: string;
  onError: (error: Error) => void;
}

export interface Queues {
  get(name: string): Queue;
  all(): Queue[];
  close(): Promise<void>;
}

export function openQueues({ redis, prefix, onError }: QueueOptions): Queues {
  const queues = new Map(
    [...queueNames, tickQueueName].map((name) => {
      const queue = new Queue(name, {
        connection: redis,
        prefix,
        defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      });
      queue.on('error', onError);
      return [name as string, queue];
    }),
  );
  return {
    get(name) {
      const queue = queues.get(name);
      if (queue === undefined) throw new Error(`there is no queue ${name}`);
      return queue;
    },
    all: () => [...queues.values()],
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
