import type { RedisClient } from './redis.ts';

/*
 * "Look now", told to whoever listens on a channel of Redis. It carries nothing and may be lost: who listens looks by itself from time to time.
 */

interface PingOptions {
  redis: RedisClient;
  channel: string;
  /** At most one in so many milliseconds; those in between are one. */
  everyMs: number;
}

/** @returns pings, best effort: never throws, never blocks the caller */
export function createPing({ redis, channel, everyMs }: PingOptions): () => void {
  let isWaiting = false;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    const wait = Math.max(0, last + everyMs - performance.now());
    setTimeout(() => {
      isWaiting = false;
      last = performance.now();
      redis.publish(channel, '').catch(() => undefined);
    }, wait).unref();
  };
}

/** Subscribes a connection of its own, for as long as that lives; a Redis that is away is subscribed to when it is back. */
export function onPing(redis: RedisClient, channel: string, listener: () => void): void {
  redis.on('message', (from: string) => {
    if (from === channel) listener();
  });
  redis.subscribe(channel).catch(() => undefined);
}
