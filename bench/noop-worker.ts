import { openDatabase } from '../src/db/client.ts';
import { createEngine } from '../src/engine/create-engine.ts';
import { createRunTask } from '../src/engine/run-task.ts';
import { createDoorbell } from '../src/platform/doorbell.ts';
import { createLogger } from '../src/platform/logger.ts';
import { openQueues } from '../src/platform/queues.ts';
import { createRedis } from '../src/platform/redis.ts';
import { parseRedisUrl } from '../src/platform/redis-target.ts';
import { Secret } from '../src/platform/secret.ts';
import { startQueueWorker } from '../src/workers/queue-worker.ts';
import { noopRun } from './noop-run.ts';

/* A worker process whose handlers do nothing: everything that is measured is the engine's. */
const env = process.env;
const logger = createLogger({ level: 'warn', name: 'bench' });
const db = openDatabase({ url: new Secret(env.DATABASE_URL ?? ''), poolSize: 6 });
const redis = parseRedisUrl(env.REDIS_URL ?? '');
const prefix = env.SIGNALBOX_PREFIX ?? '{bench}';
const queues = openQueues({ redis: createRedis({ redis, logger }, 'commands'), prefix, onError: (error) => logger.error({ err: error }) });
const doorbell = createDoorbell({
  queues,
  timeoutMs: 2000,
  now: () => performance.now(),
  onDropped: (count, error) => logger.warn({ count, err: error }),
});
const definitions = new Map([[noopRun.kind, noopRun]]);
const engine = createEngine({
  db,
  ring: doorbell.ring,
  definitions,
  owner: `bench-${process.pid}`,
  leaseMs: 30_000,
  backoff: { baseMs: 100, maxMs: 1000 },
});
const runTask = createRunTask({
  ...engine,
  execute: async () => ({ kind: 'completed' }),
  maxHandOvers: Number(env.HAND_OVERS ?? 32),
  stopping: () => false,
  observe: () => undefined,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
setInterval(() => void engine.leases.beat().catch((error: Error) => logger.error({ err: error })), 10_000).unref();
startQueueWorker({
  queue: 'kickoff',
  redis: createRedis({ redis, logger }, 'blocking'),
  prefix,
  concurrency: Number(env.CONCURRENCY ?? 200),
  leaseMs: 30_000,
  process: async (kind, wake) => (kind === 'run' ? engine.advance(wake.id) : runTask(wake)),
  onError: (error) => logger.error({ err: error }),
});
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
