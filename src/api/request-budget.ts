import type { RedisClient } from '../platform/redis.ts';

/**
 * Requests per window and key, over all API processes, without a round trip per request: each process counts by itself and tells Redis a few
 * times a second, which answers with everybody's sum. So the limit may be overshot by what the processes admit between two reports, and while
 * Redis is away each process enforces it alone.
 */
export interface RequestBudget {
  spend(key: string): { ok: true } | { ok: false; retryAfterMs: number };
  close(): void;
}

interface BudgetOptions {
  redis: Pick<RedisClient, 'eval'> | null;
  /** Of every Redis key. */
  prefix: string;
  /** Requests per window; 0 = no limit. */
  points: number;
  windowMs?: number;
  /** How often counts are reported. */
  reportMs?: number;
  now: () => number;
}

interface Count {
  window: number;
  /** Everybody's sum as last told, ours included. */
  shared: number;
  /** Ours since then. */
  own: number;
}

const ADD =
  "local n = redis.call('incrby', KEYS[1], ARGV[1]) if n == tonumber(ARGV[1]) then redis.call('pexpire', KEYS[1], ARGV[2]) end return n";
const MAX_KEYS = 10_000;

export function createRequestBudget(options: BudgetOptions): RequestBudget {
  const { redis, prefix, points, now } = options;
  const windowMs = options.windowMs ?? 60_000;
  const reportMs = options.reportMs ?? 250;
  const counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;

  function countOf(key: string, window: number): Count {
    const known = counts.get(key);
    if (known !== undefined && known.window === window) return known;
    if (counts.size >= MAX_KEYS) forget(window);
    const fresh = { window, shared: 0, own: 0 };
    counts.set(key, fresh);
    return fresh;
  }

  function forget(window: number): void {
    for (const [key, count] of counts) if (count.window !== window) counts.delete(key);
    if (counts.size >= MAX_KEYS) counts.clear();
  }

  function report(): void {
    timer = undefined;
    if (redis === null) return;
    for (const [key, count] of counts) {
      if (count.own === 0) continue;
      const own = count.own;
      count.shared += own;
      count.own = 0;
      redis.eval(ADD, 1, `${prefix}:requests:${key}:${count.window}`, own, windowMs * 2).then(
        (sum) => {
          count.shared = Math.max(count.shared, Number(sum));
        },
        // Counted here all the same.
        () => undefined,
      );
    }
  }

  return {
    spend(key) {
      if (points === 0) return { ok: true };
      const at = now();
      const window = Math.floor(at / windowMs);
      const count = countOf(key, window);
      if (count.shared + count.own >= points) return { ok: false, retryAfterMs: (window + 1) * windowMs - at };
      count.own += 1;
      timer ??= setTimeout(report, reportMs).unref();
      return { ok: true };
    },
    close: () => clearTimeout(timer),
  };
}
