import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '../src/db/client.ts';
import { migrate } from '../src/db/migrate.ts';
import type { TaskPlan } from '../src/domain/run.ts';
import { createRun } from '../src/engine/create-run.ts';
import { engineActor } from '../src/engine/vocabulary.ts';
import { createDoorbell } from '../src/platform/doorbell.ts';
import { createLogger, type Logger } from '../src/platform/logger.ts';
import { openQueues, type Queues } from '../src/platform/queues.ts';
import { createRedis } from '../src/platform/redis.ts';
import { parseRedisUrl } from '../src/platform/redis-target.ts';
import type { Ring } from '../src/platform/ring.ts';
import { Secret } from '../src/platform/secret.ts';
import { createTestDatabase, testDatabases } from '../test/support/databases.ts';

/** A database and a Redis prefix of a benchmark's own, and the processes it starts on them. */
export interface World {
  db: Database;
  ring: Ring;
  queues: Queues;
  logger: Logger;
  env: NodeJS.ProcessEnv;
  redisUrl: string;
  start(
    script: string,
    extra?: { env?: NodeJS.ProcessEnv; args?: string[]; ready?: 'message' | 'output' | 'itself' },
  ): Promise<ChildProcess>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const [server] = testDatabases();
  if (server === undefined) throw new Error('there is no database server');
  const database = await createTestDatabase(server);
  const logger = createLogger({ level: 'warn', name: 'bench' });
  const url = new Secret(database.url);
  await migrate({ url, logger });
  const redisUrl = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
  const prefix = `{bench-${randomBytes(4).toString('hex')}}`;
  const db = openDatabase({ url, poolSize: 8, timeoutMs: 120_000 });
  const redis = createRedis({ redis: parseRedisUrl(redisUrl), logger }, 'commands');
  await new Promise((resolve) => redis.once('ready', resolve));
  const queues = openQueues({ redis, prefix, onError: (error) => logger.error({ err: error }) });
  const onDropped = (count: number, error: Error) => logger.warn({ count, err: error }, 'rings dropped');
  const doorbell = createDoorbell({ queues, timeoutMs: 10_000, now: () => performance.now(), onDropped });
  const children: ChildProcess[] = [];
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    SIGNALBOX_PREFIX: prefix,
    SIGNALBOX_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    METRICS_PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
  };
  return {
    ...{ db, queues, logger, env, redisUrl },
    ring: doorbell.ring,
    async start(script, { env: more = {}, args = [], ready = 'message' } = {}) {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const child = fork(path, args, {
        execArgv: ['--import', 'tsx'],
        env: { ...env, ...more },
        // Whoever finds out by itself when the process is ready measures it: its log must cost us nothing to read.
        stdio: ['ignore', ready === 'itself' ? 'ignore' : 'pipe', 'inherit', 'ipc'],
      });
      children.push(child);
      if (ready === 'message') await once(child, 'message');
      else if (child.stdout !== null) await once(child.stdout, 'data');
      child.stdout?.resume();
      return child;
    },
    async close() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await queues.close();
      redis.disconnect();
      await db.close();
      await database.drop();
    },
  };
}

/** Creates runs of one stage, fifty to a transaction. */
export async function createRuns(world: World, count: number, tasks: TaskPlan[], tenants = 1): Promise<void> {
  for (let from = 0; from < count; from += 50) {
    await world.db.transact(async (tx) => {
      for (let index = from; index < Math.min(count, from + 50); index += 1) {
        const tenantId = `t${String(index % tenants).padStart(25, '0')}`;
        const subjectId = `s${randomBytes(12).toString('hex')}0`;
        await createRun(
          tx,
          { tenantId, kind: 'bench', subjectId, stages: [{ key: 'BENCH', queue: 'kickoff' }], tasks, wakeAt: null },
          engineActor,
        );
      }
    });
  }
}

export async function until(condition: () => Promise<boolean>, everyMs = 25): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

/** CPU seconds a process has used so far (Linux). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const round = (value: number, digits = 2) => Number(value.toFixed(digits));
