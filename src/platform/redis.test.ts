import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { createRedis, type RedisClient, reconnectDelayMs, redisReady } from './redis.ts';
import { parseRedisUrl } from './redis-target.ts';

const url = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function open(target: string, role: 'commands' | 'blocking') {
  const lines: { msg: string }[] = [];
  const logger = createLogger({ level: 'info', name: 'test', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const client: RedisClient = createRedis({ redis: parseRedisUrl(target), logger }, role);
  closers.push(() => client.disconnect());
  return { client, lines };
}

/** Takes connections and never answers. */
async function startSilentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

describe('createRedis', () => {
  it.each(['commands', 'blocking'] as const)('runs commands (%s)', async (role) => {
    const { client } = open(url, role);
    await redisReady(client, 5000);
    const key = `test:${randomUUID()}`;

    await client.set(key, 'x', 'PX', 5000);

    expect(await client.getdel(key)).toBe('x');
  });

  it('fails a command at once where nothing listens, and logs the outage once', async () => {
    const { client, lines } = open('redis://127.0.0.1:1', 'commands');
    await expect.poll(() => lines.length).toBe(1);
    const started = performance.now();

    await expect(client.get('x')).rejects.toThrow();

    expect(performance.now() - started).toBeLessThan(500);
    expect(lines).toMatchObject([{ msg: 'redis is not reachable' }]);
  });

  it('fails a command when redis stops answering', async () => {
    const { client } = open(`redis://127.0.0.1:${await startSilentServer()}`, 'commands');
    const started = performance.now();

    await expect(client.get('x')).rejects.toThrow();

    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('is not ready where nothing listens, and says so in time', async () => {
    await expect(redisReady(open('redis://127.0.0.1:1', 'blocking').client, 50)).rejects.toThrow(/within 50 ms/);
  });

  it('keeps a command of a blocking client until redis is there', async () => {
    const { client } = open('redis://127.0.0.1:1', 'blocking');
    let isSettled = false;
    client.get('x').then(
      () => (isSettled = true),
      () => (isSettled = true),
    );

    await expect.poll(() => client.status).toBe('reconnecting');

    expect(isSettled).toBe(false);
  });

  it('chooses the client by the form of the address', () => {
    expect(open('redis+sentinel://127.0.0.1:1/mymaster', 'commands').client).toBeInstanceOf(Redis);
    expect(open('redis+cluster://127.0.0.1:1', 'commands').client).toBeInstanceOf(Cluster);
  });
});

describe('reconnectDelayMs', () => {
  it('grows to about a second and no further', () => {
    expect(reconnectDelayMs(1, 0)).toBe(200);
    expect(reconnectDelayMs(100, 0)).toBe(1000);
    expect(reconnectDelayMs(100, 1)).toBe(1200);
  });
});
