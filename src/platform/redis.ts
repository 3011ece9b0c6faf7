import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import type { Logger } from './logger.ts';
import type { RedisTarget } from './redis-target.ts';

export type RedisClient = Redis | Cluster;

/**
 * `commands`: a command fails at once while Redis is away and after 2 s when it hangs; whoever sends it decides what then. A time-out is
 * ambiguous: Redis may still run the command. `blocking`: for BullMQ Workers, whose blocking reads must outlast an outage and are never
 * timed out.
 */
export type RedisRole = 'commands' | 'blocking';

interface RedisOptions {
  redis: RedisTarget;
  logger: Logger;
}

const COMMAND_TIMEOUT_MS = 2000;
const CONNECT_TIMEOUT_MS = 5000;

/** BullMQ's own default grows to 20 s and left workers idle for as long after Redis was back. */
export function reconnectDelayMs(attempt: number, random = Math.random()): number {
  return Math.min(100 * 2 ** Math.min(attempt, 5), 1000) + Math.round(random * 200);
}

/** Connects in the background and for ever. Connection trouble is logged, once per outage; only commands fail. */
export function createRedis({ redis: target, logger }: RedisOptions, role: RedisRole): RedisClient {
  const client = connect(target, role);
  let isDown = false;
  client.on('error', (error: unknown) => {
    if (!isDown) logger.error({ err: error, role }, 'redis is not reachable');
    isDown = true;
  });
  client.on('ready', () => {
    if (isDown) logger.info({ role }, 'redis is reachable again');
    isDown = false;
  });
  return client;
}

function connect(target: RedisTarget, role: RedisRole): RedisClient {
  const common = commonOptions(target, role);
  const reconnect = { retryStrategy: (attempt: number) => reconnectDelayMs(attempt) };
  const offline = { enableOfflineQueue: role === 'blocking' };
  switch (target.kind) {
    case 'single':
      return new Redis({ ...common, ...reconnect, ...offline, host: target.host, port: target.port, db: target.db });
    case 'sentinel':
      return new Redis({
        ...common,
        ...reconnect,
        ...offline,
        sentinels: target.sentinels,
        name: target.master,
        db: target.db,
        sentinelRetryStrategy: (attempt) => reconnectDelayMs(attempt),
        ...(target.password === null ? {} : { sentinelPassword: target.password.reveal() }),
        ...(target.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      });
    case 'cluster':
      return new Cluster(target.nodes, {
        ...offline,
        redisOptions: common,
        clusterRetryStrategy: (attempt) => reconnectDelayMs(attempt),
        // With TLS the certificate names the host, so addresses are not resolved here.
        ...(target.tls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
      });
    default:
      return target satisfies never;
  }
}

function commonOptions(target: RedisTarget, role: RedisRole) {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A primary that became a replica refuses writes; reconnecting finds the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(target.username === null ? {} : { username: target.username }),
    ...(target.password === null ? {} : { password: target.password.reveal() }),
    ...(target.tls ? { tls: {} } : {}),
    ...(role === 'blocking' ? { maxRetriesPerRequest: null } : { maxRetriesPerRequest: 0, commandTimeout: COMMAND_TIMEOUT_MS }),
  } satisfies CommonRedisOptions & { tls?: object };
}

/** Resolves when commands will be taken; rejects when that is not so in time. */
export async function redisReady(client: RedisClient, timeoutMs: number): Promise<void> {
  if (client.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const onReady = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      client.off('ready', onReady);
      reject(new Error(`redis was not reachable within ${timeoutMs} ms`));
    }, timeoutMs);
    client.once('ready', onReady);
  });
}
