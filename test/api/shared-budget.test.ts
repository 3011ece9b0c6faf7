import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRequestBudget } from '../../src/api/request-budget.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createRedis, type RedisClient, redisReady } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import { testRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const space = testRedis();
let redis: RedisClient;

beforeAll(async () => {
  redis = createRedis({ redis: parseRedisUrl(space.url), logger: createLogger({ level: 'silent', name: 'test' }) }, 'commands');
  await redisReady(redis, 5000);
});
afterAll(async () => {
  redis.disconnect();
  await space.cleanup();
});

it('shares a budget between API processes through Redis, under keys that expire', async () => {
  const open = () => createRequestBudget({ redis, prefix: space.prefix, points: 100, reportMs: 5, now: () => 90_000 });
  const [one, two] = [open(), open()];

  for (let count = 0; count < 99; count += 1) one.spend('token');
  let admitted = 0;
  await waitFor(
    () => {
      if (!two.spend('token').ok) return true;
      admitted += 1;
      return null;
    },
    { what: 'the second process to learn what the first one admitted', timeoutMs: 5000 },
  );

  // Alone it would have admitted all 100.
  expect(admitted).toBeLessThan(50);
  const keys = await redis.keys(`${space.prefix}:requests:*`);
  expect(keys).toHaveLength(1);
  expect(await redis.pttl(keys[0] ?? '')).toBeGreaterThan(0);
  one.close();
  two.close();
});
