import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

export interface TestRedis {
  url: string;
  /** Hash-tagged like the production default; every key of the test begins with it. */
  prefix: string;
  /** Removes this test's keys and closes what this helper opened. */
  cleanup(): Promise<void>;
}

/** A key space of its own in the Redis that `npm test` started, or in the one of this machine. */
export function testRedis(): TestRedis {
  const url = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379/0';
  const prefix = `{test-${randomBytes(6).toString('hex')}}`;
  return {
    url,
    prefix,
    async cleanup() {
      const redis = new Redis(url);
      try {
        for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 500 }) as AsyncIterable<string[]>) {
          if (keys.length > 0) await redis.unlink(...keys);
        }
      } finally {
        redis.disconnect();
      }
    },
  };
}
