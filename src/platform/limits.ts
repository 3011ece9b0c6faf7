import { randomUUID } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from './redis.ts';

/**
 * Politeness towards providers, per connection: how often it is called and how many calls run at once. Both degrade to limits per process
 * while Redis is away: a provider called a little too fast answers 429, which the engine waits out.
 */

export type Admission = { ok: true } | { ok: false; retryAfterMs: number };

export interface Limits {
  /** Counts one call against the budget of `points` per window. A refused call counts too, within the window. */
  admitCall(key: string, budget: { points: number; durationMs: number }): Promise<Admission>;
  /**
   * Runs `work` if fewer than `max` run under `key` anywhere. A holder that died blocks its permit until `ttlMs` after its last renewal;
   * a living one keeps it as long as the work takes.
   */
  withPermit<T>(
    key: string,
    max: number,
    ttlMs: number,
    work: () => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; retryAfterMs: number }>;
}

interface LimitsOptions {
  redis: RedisClient;
  prefix: string;
}

/** Redis's clock decides, so that holders on machines with other clocks do not outlive or outlaw each other. */
const NOW = "local t = redis.call('time') local now = t[1] * 1000 + math.floor(t[2] / 1000)";
/** KEYS 1 = set of holders scored by expiry; ARGV = holder, max, ttl. Answers 0 when admitted, else milliseconds to the next expiry. */
const TAKE = `${NOW}
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if redis.call('zcard', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('zadd', KEYS[1], now + ARGV[3], ARGV[1])
  if redis.call('pttl', KEYS[1]) < tonumber(ARGV[3]) then redis.call('pexpire', KEYS[1], ARGV[3]) end
  return 0
end
return math.max(1, redis.call('zrange', KEYS[1], 0, 0, 'WITHSCORES')[2] - now)`;
/** Extends only what is still there: a permit that lapsed may be somebody else's now. */
const RENEW = `${NOW}
if redis.call('zadd', KEYS[1], 'XX', 'CH', now + ARGV[2], ARGV[1]) == 1 then redis.call('pexpire', KEYS[1], ARGV[2]) end
return 1`;

/** A permit is usually free again long before its holder's lease would lapse. */
const BUSY_RETRY_MS = 1000;

export function createLimits({ redis, prefix }: LimitsOptions): Limits {
  const limiters = new Map<string, RateLimiterRedis>();
  const runningHere = new Map<string, number>();

  function limiterOf(points: number, durationMs: number): RateLimiterRedis {
    // The library counts whole seconds; less would mean a window that never ends.
    const duration = Math.max(1, Math.ceil(durationMs / 1000));
    const id = `${points}:${duration}`;
    const known = limiters.get(id);
    if (known) return known;
    const limiter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `${prefix}:rate:${id}`,
      points,
      duration,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ points, duration }),
    });
    limiters.set(id, limiter);
    return limiter;
  }

  async function take(key: string, holder: string, max: number, ttlMs: number): Promise<number> {
    try {
      return Number(await redis.eval(TAKE, 1, key, holder, max, ttlMs));
    } catch {
      return (runningHere.get(key) ?? 0) < max ? 0 : BUSY_RETRY_MS;
    }
  }

  function count(key: string, change: 1 | -1): void {
    const running = (runningHere.get(key) ?? 0) + change;
    if (running > 0) runningHere.set(key, running);
    else runningHere.delete(key);
  }

  return {
    async admitCall(key, { points, durationMs }) {
      try {
        await limiterOf(points, durationMs).consume(key);
        return { ok: true };
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return { ok: false, retryAfterMs: Math.max(1, refusal.msBeforeNext) };
        throw refusal;
      }
    },
    async withPermit(key, max, ttlMs, work) {
      const name = `${prefix}:permit:${key}`;
      const holder = randomUUID();
      const wait = await take(name, holder, max, ttlMs);
      if (wait > 0) return { ok: false, retryAfterMs: Math.min(wait, BUSY_RETRY_MS) };
      count(name, 1);
      // What a failed renewal or release leaves behind lapses by itself.
      const renewal = setInterval(() => void redis.eval(RENEW, 1, name, holder, ttlMs).catch(() => undefined), ttlMs / 3);
      try {
        return { ok: true, value: await work() };
      } finally {
        clearInterval(renewal);
        count(name, -1);
        await redis.zrem(name, holder).catch(() => undefined);
      }
    },
  };
}
