import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocks, LockBusyError, LockHeld, LockLostError, LockUnavailableError } from './lock.ts';
import { createLogger } from './logger.ts';
import { createRedis, type RedisClient, redisReady } from './redis.ts';
import { parseRedisUrl } from './redis-target.ts';

const logger = createLogger({ level: 'silent', name: 'test' });
const prefix = `test:${randomUUID()}`;
let redis: RedisClient;

beforeAll(async () => {
  redis = createRedis({ redis: parseRedisUrl(process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379'), logger }, 'commands');
  await redisReady(redis, 5000);
});
afterAll(async () => {
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.del(...keys);
  redis.disconnect();
});

const locks = () => createLocks({ redis, prefix, logger });
const key = (name: string) => `${prefix}:lock:${name}`;
const once = (signal: AbortSignal) => new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

describe('withLock', () => {
  it('lets ten contenders in one after the other', async () => {
    let inside = 0;
    let most = 0;
    const order: number[] = [];

    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        locks().withLock('turns', { ttlMs: 5000, waitMs: 20_000 }, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await redis.ping();
          await turn();
          order.push(index);
          inside -= 1;
        }),
      ),
    );

    expect(most).toBe(1);
    expect(order.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('passes the result on and leaves no key', async () => {
    expect(await locks().withLock('result', { ttlMs: 5000, waitMs: 0 }, async () => 42)).toBe(42);

    expect(await redis.exists(key('result'))).toBe(0);
  });

  it('passes the failure on and leaves no key', async () => {
    const work = locks().withLock('failure', { ttlMs: 5000, waitMs: 0 }, () => Promise.reject(new Error('broken')));

    await expect(work).rejects.toThrow('broken');
    expect(await redis.exists(key('failure'))).toBe(0);
  });

  it('is busy when another holds it to the end of the wait, and leaves the other’s key alone', async () => {
    await redis.set(key('busy'), 'somebody', 'PX', 60_000);

    await expect(locks().withLock('busy', { ttlMs: 1000, waitMs: 60 }, async () => 1)).rejects.toThrow(LockBusyError);
    expect(await redis.get(key('busy'))).toBe('somebody');
  });

  it('stops waiting when the caller aborts', async () => {
    await redis.set(key('abort'), 'somebody', 'PX', 60_000);
    const controller = new AbortController();

    const waiting = locks().withLock('abort', { ttlMs: 1000, waitMs: 60_000, signal: controller.signal }, async () => 1);
    controller.abort(new Error('shutdown'));

    await expect(waiting).rejects.toThrow('shutdown');
  });

  it('aborts the work when the caller aborts', async () => {
    const controller = new AbortController();

    const reason = await locks().withLock('abort-work', { ttlMs: 1000, waitMs: 0, signal: controller.signal }, (held) => {
      const aborted = once(held.signal);
      controller.abort('shutdown');
      return aborted;
    });

    expect(reason).toBe('shutdown');
  });

  it('outlives its ttl as long as the work runs', async () => {
    await locks().withLock('renewed', { ttlMs: 150, waitMs: 0 }, async (held) => {
      const value = await redis.get(key('renewed'));
      const end = performance.now() + 450;
      while (performance.now() < end) await redis.ping();
      expect(await redis.get(key('renewed'))).toBe(value);
      expect(held.signal.aborted).toBe(false);
    });
  });

  it.each([
    ['deleted', (name: string) => redis.del(key(name))],
    ['taken by another', (name: string) => redis.set(key(name), 'somebody')],
  ])('aborts the work when its key is %s, and does not touch another’s key', async (how, interfere) => {
    const name = `lost-${how}`;

    const reason = await locks().withLock(name, { ttlMs: 150, waitMs: 0 }, async (held) => {
      const aborted = once(held.signal);
      await interfere(name);
      return aborted;
    });

    expect(reason).toBeInstanceOf(LockLostError);
    expect(await redis.get(key(name))).toBe(how === 'deleted' ? null : 'somebody');
  });

  it('is given to the next after a holder died', async () => {
    await redis.set(key('dead'), 'a holder that was killed', 'PX', 80);

    expect(await locks().withLock('dead', { ttlMs: 1000, waitMs: 5000 }, async () => 'mine')).toBe('mine');
  });
});

describe('withLocks', () => {
  it('cannot deadlock two callers that name the same locks in other orders', async () => {
    const both = (names: string[]) => locks().withLocks(names, { ttlMs: 5000, waitMs: 10_000 }, async () => redis.ping());

    const results = await Promise.all(Array.from({ length: 6 }, (_, index) => both(index % 2 ? ['x', 'y'] : ['y', 'x'])));

    expect(results).toHaveLength(6);
  });

  it('releases the first when the second is busy', async () => {
    await redis.set(key('second'), 'somebody', 'PX', 60_000);

    await expect(locks().withLocks(['second', 'first'], { ttlMs: 1000, waitMs: 0 }, async () => 1)).rejects.toThrow(LockBusyError);
    expect(await redis.exists(key('first'))).toBe(0);
  });
});

describe('LockHeld', () => {
  it('proves the locks that are held and no other', async () => {
    await locks().withLocks(['a', 'b'], { ttlMs: 1000, waitMs: 0 }, async (held) => {
      held.assert('a');
      held.assert('b');
      expect(() => held.assert('c')).toThrow(TypeError);
    });
  });

  it('cannot be forged', () => {
    // @ts-expect-error the symbol is the module's own
    expect(() => new LockHeld(Symbol('lock proof'), ['a'], AbortSignal.abort())).toThrow(TypeError);
  });
});

describe('when redis is away', () => {
  async function clientOf(port: number) {
    return createRedis({ redis: parseRedisUrl(`redis://127.0.0.1:${port}`), logger }, 'commands');
  }

  it('refuses at once where nothing listens', async () => {
    const gone = await clientOf(1);
    const started = performance.now();

    const attempt = createLocks({ redis: gone, prefix, logger }).withLock('x', { ttlMs: 1000, waitMs: 60_000 }, async () => 1);

    await expect(attempt).rejects.toThrow(LockUnavailableError);
    expect(performance.now() - started).toBeLessThan(2000);
    gone.disconnect();
  });

  it('aborts the work before the key can have lapsed when redis falls silent', async () => {
    const upstream = parseRedisUrl(process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379');
    if (upstream.kind !== 'single') return;
    let isSilent = false;
    const proxy = createServer((socket) => {
      const server = connect(upstream.port, upstream.host);
      socket.on('data', (data) => isSilent || server.write(data));
      server.on('data', (data) => isSilent || socket.write(data));
      socket.on('error', () => undefined).on('close', () => server.destroy());
      server.on('error', () => undefined).on('close', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const client = await clientOf((proxy.address() as AddressInfo).port);
    await redisReady(client, 5000);

    const started = performance.now();
    const reason = await createLocks({ redis: client, prefix, logger }).withLock('silent', { ttlMs: 300, waitMs: 0 }, (held) => {
      isSilent = true;
      return once(held.signal).then((aborted) => ({ aborted, after: performance.now() - started }));
    });

    expect(reason.aborted).toBeInstanceOf(LockLostError);
    expect(reason.after).toBeLessThan(300 + 50);
    client.disconnect();
    proxy.close();
  });
});
