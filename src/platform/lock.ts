import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import type { RedisClient } from './redis.ts';

/**
 * Redis locks: they keep work from interleaving and so save it; correctness is the database fence's (`src/engine`), because no lock with a
 * time limit can exclude a holder that was paused.
 *
 * Protocol, per name:
 *   1. acquire   SET <prefix>:lock:<name> <random> NX PX <ttl>; if taken, poll with jitter until `waitMs` is over, then `LockBusyError`
 *   2. work      meanwhile every ttl/3: PEXPIRE if the value is still ours (Lua: compare and extend in one step)
 *   3. release   DEL if the value is still ours (Lua)
 * Several names are taken in sorted order, so that two callers cannot each hold what the other wants; released in reverse.
 *
 * If the process dies, or Redis does not answer
 *   during 1 (SET sent, answer lost)  the key may exist without a holder; we try to delete it by our value, else it lapses after ttl
 *   between 1 and 2, during 2         nobody renews; the key lapses after ttl and the next contender gets it
 *   between 2 and 3, during 3         the same; the work is done and its effects are in the database
 * If the key is deleted, flushed or another's: the next renewal sees it and aborts `held.signal` with `LockLostError`. If Redis is silent,
 * the signal aborts a margin before the key can have lapsed, counted from when the last successful renewal was sent. So at most the time
 * to the next renewal (ttl/3) passes in which two believe to hold a flushed lock; the fence decides between them.
 */

const RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";
const RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";

const POLL_MS = { first: 20, longest: 250 };

/** Somebody else holds the lock and did not let go while we waited. */
export class LockBusyError extends Error {
  override readonly name = 'LockBusyError';
  readonly lock: string;

  constructor(lock: string) {
    super(`the lock "${lock}" is held by somebody else`);
    this.lock = lock;
  }
}

/** The lock is not ours any more, or we cannot know; work under it must stop. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
  readonly lock: string;

  constructor(lock: string, why: string) {
    super(`the lock "${lock}" was lost: ${why}`);
    this.lock = lock;
  }
}

/** Redis did not take the command; nothing is held. */
export class LockUnavailableError extends Error {
  override readonly name = 'LockUnavailableError';
}

const proof: unique symbol = Symbol('lock proof');

/** Proof that locks are held. Only `withLock` makes one; a function that must not run unlocked takes it as a parameter. */
export class LockHeld {
  readonly names: ReadonlySet<string>;
  /** Aborts with `LockLostError`, or with the caller's own reason. */
  readonly signal: AbortSignal;

  constructor(by: typeof proof, names: readonly string[], signal: AbortSignal) {
    if (by !== proof) throw new TypeError('a LockHeld is made by withLock only');
    this.names = new Set(names);
    this.signal = signal;
  }

  /** Throws when `name` is not among the held locks (a bug), or when they were lost (`LockLostError`). */
  assert(name: string): void {
    if (!this.names.has(name)) throw new TypeError(`the lock "${name}" is not held here`);
    this.signal.throwIfAborted();
  }
}

export interface LockOptions {
  /** How long a crashed holder keeps others out. */
  ttlMs: number;
  /** How long to wait for somebody else to let go; 0 = one try. */
  waitMs: number;
  /** Ends the waiting, and aborts the work through `held.signal`. */
  signal?: AbortSignal;
}

export interface Locks {
  /**
   * Runs `work` under the lock and passes its outcome on. Rejects with `LockBusyError`, `LockUnavailableError` or the signal's reason if the
   * work was not begun.
   */
  withLock<T>(name: string, options: LockOptions, work: (held: LockHeld) => Promise<T>): Promise<T>;
  /** The same under several locks; `waitMs` is for all of them together. */
  withLocks<T>(names: readonly string[], options: LockOptions, work: (held: LockHeld) => Promise<T>): Promise<T>;
}

interface LocksOptions {
  redis: RedisClient;
  prefix: string;
  logger: Logger;
}

export function createLocks({ redis, prefix, logger }: LocksOptions): Locks {
  const keyOf = (name: string) => `${prefix}:lock:${name}`;

  async function release(name: string, value: string): Promise<void> {
    try {
      await redis.eval(RELEASE, 1, keyOf(name), value);
    } catch (error) {
      logger.warn({ err: error, lock: name }, 'lock not released; it lapses by itself');
    }
  }

  /** Resolves to when the successful SET was sent: the key lives at least `ttlMs` from then. */
  async function acquire(name: string, value: string, ttlMs: number, giveUpAt: number, signal: AbortSignal | undefined): Promise<number> {
    for (let pause = POLL_MS.first; ; pause = Math.min(pause * 2, POLL_MS.longest)) {
      signal?.throwIfAborted();
      const sentAt = performance.now();
      let answer: unknown;
      try {
        answer = await redis.set(keyOf(name), value, 'PX', ttlMs, 'NX');
      } catch (cause) {
        await release(name, value);
        throw new LockUnavailableError(`the lock "${name}" could not be taken: redis did not answer`, { cause });
      }
      if (answer === 'OK') return sentAt;
      const left = giveUpAt - performance.now();
      if (left <= 0) throw new LockBusyError(name);
      await delay(Math.min(left, pause * (0.5 + Math.random() / 2)), undefined, signal ? { signal } : {}).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }

  /** Extends the lock until stopped; calls `lost` once if it is not ours any more. */
  function keepAlive(name: string, value: string, ttlMs: number, sentAt: number, lost: (reason: LockLostError) => void): () => void {
    const marginMs = Math.min(ttlMs / 10, 500);
    let deadline = setTimeout(silent, remaining(sentAt));
    let renewal = setTimeout(renew, ttlMs / 3);
    let isOver = false;

    function remaining(from: number): number {
      return Math.max(0, from + ttlMs - marginMs - performance.now());
    }
    function stop(): void {
      isOver = true;
      clearTimeout(deadline);
      clearTimeout(renewal);
    }
    function silent(): void {
      stop();
      lost(new LockLostError(name, 'redis has not confirmed it in time'));
    }
    function renew(): void {
      const askedAt = performance.now();
      redis.eval(RENEW, 1, keyOf(name), value, ttlMs).then(
        (answer) => {
          if (isOver) return;
          if (answer !== 1) {
            stop();
            lost(new LockLostError(name, 'its key is gone or another holds it'));
            return;
          }
          clearTimeout(deadline);
          deadline = setTimeout(silent, remaining(askedAt));
          renewal = setTimeout(renew, ttlMs / 3);
        },
        () => {
          if (!isOver) renewal = setTimeout(renew, ttlMs / 10);
        },
      );
    }
    return stop;
  }

  async function withLocks<T>(names: readonly string[], options: LockOptions, work: (held: LockHeld) => Promise<T>): Promise<T> {
    const { ttlMs, waitMs, signal } = options;
    const sorted = [...new Set(names)].sort();
    const giveUpAt = performance.now() + waitMs;
    const value = randomUUID();
    const loss = new AbortController();
    const undo: (() => Promise<void>)[] = [];
    const lost = (reason: LockLostError) => {
      logger.warn({ lock: reason.lock, why: reason.message }, 'lock lost');
      loss.abort(reason);
    };
    try {
      for (const name of sorted) {
        const sentAt = await acquire(name, value, ttlMs, giveUpAt, signal);
        const stop = keepAlive(name, value, ttlMs, sentAt, lost);
        undo.push(() => {
          stop();
          return release(name, value);
        });
      }
      const held = new LockHeld(proof, sorted, signal ? AbortSignal.any([loss.signal, signal]) : loss.signal);
      held.signal.throwIfAborted();
      return await work(held);
    } finally {
      for (const step of undo.reverse()) await step();
    }
  }

  return { withLocks, withLock: (name, options, work) => withLocks([name], options, work) };
}
