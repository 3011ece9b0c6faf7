import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Database, openDatabase } from '../db/client.ts';
import { schemaCheck } from '../db/migrate.ts';
import type { RunDefinitions } from '../engine/run-definition.ts';
import { type ArtifactStore, createDirectoryStore } from '../platform/artifact-store.ts';
import { type Config, ConfigError, parseConfig } from '../platform/config.ts';
import { createKeyring, type Keyring } from '../platform/crypto.ts';
import { createDoorbell } from '../platform/doorbell.ts';
import { onShutdown, type Shutdown } from '../platform/lifecycle.ts';
import { createLimits, type Limits } from '../platform/limits.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import type { Checks } from '../platform/ops-server.ts';
import { createOutboundFetch, type Outbound } from '../platform/outbound.ts';
import { createPing } from '../platform/ping.ts';
import { openQueues, type Queues } from '../platform/queues.ts';
import { createRedis, type RedisClient } from '../platform/redis.ts';
import type { Ring } from '../platform/ring.ts';
import { type Connector, createConnector } from '../services/connections/connect.ts';
import { deploymentRunDefinition } from '../services/deployments/deployment-run.ts';
import { releaseRunDefinition } from '../services/releases/release-run.ts';

/** What every process has, built once from the environment. */
export interface Runtime {
  config: Config;
  logger: Logger;
  metrics: Metrics;
  db: Database;
  redis: RedisClient;
  queues: Queues;
  ring: Ring;
  keyring: Keyring;
  limits: Limits;
  connector: Connector;
  /** The guarded network, for what is no provider: health probes. */
  outbound: Pick<Outbound, 'fetch' | 'connect'>;
  artifacts: ArtifactStore;
  /** Through the guard, whatever its size. */
  download: typeof fetch;
  definitions: RunDefinitions;
  /** Something was committed: whoever shows it may look. */
  ping: () => void;
  shutdown: Shutdown;
  /** Unique per process; on leases, attempts and logs. */
  owner: string;
  /** A connection of its own for whoever blocks on it. */
  blockingRedis: () => RedisClient;
  /** Readiness: what this process cannot work without. */
  checks: Checks;
}

/** Every kind of run the engine is told about. */
const definitions: RunDefinitions = new Map(
  [releaseRunDefinition, deploymentRunDefinition].map((definition) => [definition.kind, definition]),
);
const RING_TIMEOUT_MS = 1500;
const PING_EVERY_MS = 100;
/** Somebody waits for the answer: better a 503 soon than nothing for long. */
const API_DATABASE_TIMEOUT_MS = 5_000;

export function openRuntime(kind: string, env: NodeJS.ProcessEnv): Runtime {
  const config = readConfig(env);
  const logger = createLogger({ level: config.logLevel, name: kind });
  const metrics = createMetrics();
  const shutdown = onShutdown(logger, { graceMs: config.shutdownGraceMs });
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    ...(kind === 'api' ? { timeoutMs: API_DATABASE_TIMEOUT_MS } : {}),
  });
  shutdown.add('database', () => db.close());
  const open = (role: 'commands' | 'blocking') => {
    const client = createRedis({ redis: config.redisUrl, logger }, role);
    shutdown.add(`redis (${role})`, () => client.disconnect());
    return client;
  };
  const redis = open('commands');
  const prefix = config.signalboxPrefix;
  const queues = openQueues({ redis, prefix, onError: () => undefined });
  shutdown.add('queues', () => queues.close());
  const onDropped = (count: number, error: Error) => logger.warn({ err: error, count }, 'rings dropped; the sweep repeats them');
  const doorbell = createDoorbell({ queues, timeoutMs: RING_TIMEOUT_MS, now: () => performance.now(), onDropped });
  shutdown.add('doorbell', () => doorbell.idle());
  const ping = createPing({ redis, channel: historyChannel(prefix), everyMs: PING_EVERY_MS });
  const outbound = createOutboundFetch({ allow: config.outboundAllow, logger });
  shutdown.add('outbound', () => outbound.close());
  const keyring = createKeyring(config.signalboxKeys);
  const limits = createLimits({ redis, prefix });
  const connector = createConnector({
    ...{ db, keyring, limits, metrics },
    fetch: outbound.fetch,
    download: outbound.download,
    connect: outbound.connect,
    timeoutMs: config.providerTimeoutMs,
    searchLagMaxMs: config.searchLagMaxMs,
    localRoot: config.localRunnerRoot,
    callsPerMinute: config.callsPerMinute,
    parallelCalls: config.parallelCalls,
    now: () => new Date(),
  });
  samplePool(metrics, db);
  sampleQueues(metrics, queues);
  return {
    ...{ config, logger, metrics, db, redis, queues, keyring, limits, connector, outbound, definitions, shutdown },
    artifacts: openArtifacts(config, shutdown),
    download: outbound.download,
    ring: (wakes) => {
      doorbell.ring(wakes);
      if (wakes.length > 0) ping();
    },
    ping,
    owner: `${kind}-${hostname().slice(0, 20)}-${process.pid}-${randomUUID().slice(0, 8)}`.replaceAll(/[^\w.-]/g, '_'),
    blockingRedis: () => open('blocking'),
    checks: {
      database: async () => {
        await db.rows('SELECT 1');
      },
      redis: async () => {
        await redis.ping();
      },
      schema: schemaCheck(db),
    },
  };
}

/** In a bucket where one is named, else in the directory. The client of buckets is large: only who needs it loads it. */
function openArtifacts(config: Config, shutdown: Shutdown): ArtifactStore {
  const { artifactsS3Bucket: bucket, artifactsS3SecretAccessKey: secretAccessKey } = config;
  if (bucket === '' || secretAccessKey === null) return createDirectoryStore(config.artifactsDir);
  const opened = import('../platform/s3-store.ts').then(({ createS3Store }) =>
    createS3Store({
      ...{ bucket, secretAccessKey, accessKeyId: config.artifactsS3AccessKeyId },
      ...{ endpoint: config.artifactsS3Endpoint, region: config.artifactsS3Region, pathStyle: config.artifactsS3PathStyle },
    }),
  );
  shutdown.add('artifacts', async () => (await opened).close());
  return {
    put: async (key, body, options) => (await opened).put(key, body, options),
    open: async (key, range) => (await opened).open(key, range),
    remove: async (key) => (await opened).remove(key),
  };
}

/** Where processes that changed something tell those that show it. */
export const historyChannel = (prefix: string) => `${prefix}:history`;

/** A wrong environment ends the process with every wrong variable named. */
function readConfig(env: NodeJS.ProcessEnv): Config {
  try {
    return parseConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

function samplePool(metrics: Metrics, db: Database): void {
  metrics.sampleWith(async () => {
    const { total, free, waiting } = db.pool();
    metrics.databasePoolConnections.set({ state: 'used' }, total - free);
    metrics.databasePoolConnections.set({ state: 'free' }, free);
    metrics.databasePoolConnections.set({ state: 'waiting' }, waiting);
  });
}

function sampleQueues(metrics: Metrics, queues: Queues): void {
  metrics.sampleWith(async () => {
    for (const queue of queues.all()) {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed', 'prioritized');
      for (const [state, count] of Object.entries(counts)) metrics.queueDepth.set({ queue: queue.name, state }, count);
    }
  });
}
