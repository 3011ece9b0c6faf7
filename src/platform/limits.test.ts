import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLimits } from './limits.ts';
import { createLogger } from './logger.ts';
import { createRedis, type RedisClient, redisReady } from './redis.ts';
import { parseRedisUrl } from './redis-target.ts';

const logger = createLogger({ level: 'silent', name: 'test' });
const prefix = `test:${randomUUID()}`;
let redis: RedisClient;
let gone: RedisClient;

beforeAll(async () => {
  redis = createRedis({ redis: parseRedisUrl(process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379'), logger }, 'commands');
  gone = createRedis({ redis: parseRedisUrl('redis://127.0.0.1:1'), logger }, 'commands');
  await redisReady(redis, 5000);
});
afterAll(async () => {
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.del(...keys);
  redis.disconnect();
  gone.disconnect();
});

const limits = (client = redis) => createLimits({ redis: client, prefix });

/** Work that ends when told to. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('admitCall', () => {
  it.each([
    ['over all processes', () => [limits(), limits()]],
    ['in this process while redis is away', () => [limits(gone)]],
  ])('admits the budget and not one more, %s', async (_where, make) => {
    const members = make();
    const key = randomUUID();
    const budget = { points: 5, durationMs: 60_000 };

    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => members[index % members.length]?.admitCall(key, budget)));

    expect(answers.filter((answer) => answer?.ok)).toHaveLength(5);
    const refused = answers.find((answer) => answer && !answer.ok);
    expect(refused).toMatchObject({ ok: false, retryAfterMs: expect.any(Number) });
    expect(refused && !refused.ok ? refused.retryAfterMs : 0).toBeGreaterThan(50_000);
  });

  it('opens again when the window is over, even one below a second', async () => {
    const key = randomUUID();
    const budget = { points: 1, durationMs: 10 };
    await limits().admitCall(key, budget);
    expect(await limits().admitCall(key, budget)).toMatchObject({ ok: false });

    await expect.poll(() => limits().admitCall(key, budget), { timeout: 5000, interval: 100 }).toEqual({ ok: true });
  });

  it('counts each key apart', async () => {
    const budget = { points: 1, durationMs: 60_000 };

    expect(await limits().admitCall(randomUUID(), budget)).toEqual({ ok: true });
    expect(await limits().admitCall(randomUUID(), budget)).toEqual({ ok: true });
  });
});

describe('withPermit', () => {
  it.each([
    ['over all processes', () => [limits(), limits()]],
    ['in this process while redis is away', () => [limits(gone)]],
  ])('runs up to max at once and calls the next busy, %s', async (_where, make) => {
    const members = make();
    const key = randomUUID();
    const { open, opened } = gate();
    const started: number[] = [];
    const attempt = (index: number) =>
      members[index % members.length]?.withPermit(key, 2, 60_000, async () => {
        started.push(index);
        await opened;
        return index;
      });

    const first = attempt(0);
    const second = attempt(1);
    await expect.poll(() => started.length).toBe(2);
    const third = await attempt(2);
    open();

    expect(third).toMatchObject({ ok: false, retryAfterMs: expect.any(Number) });
    expect(await first).toEqual({ ok: true, value: 0 });
    expect(await second).toEqual({ ok: true, value: 1 });
    expect(await attempt(3)).toEqual({ ok: true, value: 3 });
  });

  it('gives the permit back when the work fails', async () => {
    const key = randomUUID();

    await expect(limits().withPermit(key, 1, 60_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');

    expect(await limits().withPermit(key, 1, 60_000, async () => 'next')).toEqual({ ok: true, value: 'next' });
  });

  it('takes over the permit of a holder that died once its lease is over', async () => {
    const key = randomUUID();
    const [seconds, micros] = await redis.time();
    await redis.zadd(
      `${prefix}:permit:${key}`,
      Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + 150,
      'a holder that was killed',
    );

    expect(await limits().withPermit(key, 1, 1000, async () => 1)).toMatchObject({ ok: false });
    await expect.poll(() => limits().withPermit(key, 1, 1000, async () => 1), { timeout: 5000 }).toEqual({ ok: true, value: 1 });
  });

  it('keeps the permit of a holder whose work outlasts the lease', async () => {
    const key = randomUUID();
    const { open, opened } = gate();
    const long = limits().withPermit(key, 1, 150, () => opened);
    const end = performance.now() + 450;
    while (performance.now() < end) await redis.ping();

    expect(await limits().withPermit(key, 1, 150, async () => 1)).toMatchObject({ ok: false });
    open();
    await long;
  });

  it('leaves nothing in redis', async () => {
    const key = randomUUID();

    await limits().withPermit(key, 1, 1000, async () => 1);

    expect(await redis.exists(`${prefix}:permit:${key}`)).toBe(0);
  });
});
