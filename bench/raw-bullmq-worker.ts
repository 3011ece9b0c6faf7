import { Queue, Worker } from 'bullmq';
import { createLogger } from '../src/platform/logger.ts';
import { createRedis } from '../src/platform/redis.ts';
import { parseRedisUrl } from '../src/platform/redis-target.ts';

/* BullMQ alone: a job whose end adds the next of its chain. */
const { REDIS_URL = '', SIGNALBOX_PREFIX: prefix = '', RUNS = '0' } = process.env;
const logger = createLogger({ level: 'warn', name: 'raw' });
const redis = parseRedisUrl(REDIS_URL);
const client = createRedis({ redis, logger }, 'commands');
await new Promise((resolve) => client.once('ready', resolve));
const options = { removeOnComplete: true, removeOnFail: true };
const queue = new Queue('regression', { connection: client, prefix });
let ended = 0;
const worker = new Worker<{ run: number; left: number }>(
  'regression',
  async (job) => {
    if (job.data.left > 0) await queue.add('raw', { run: job.data.run, left: job.data.left - 1 }, options);
    else ended += 1;
    if (ended === Number(RUNS)) process.send?.('done');
  },
  {
    connection: createRedis({ redis, logger }, 'blocking'),
    prefix,
    concurrency: 50,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  },
);
worker.on('error', (error) => logger.error({ err: error }));
await worker.waitUntilReady();
process.send?.('ready');
