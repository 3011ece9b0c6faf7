import { describe, expect, it } from 'vitest';
import { createTokenCache, type ShortLivedToken } from './token-cache.ts';

describe('createTokenCache', () => {
  /** A cache, a clock to set, and a provider that counts what it hands out. */
  function setUp() {
    let now = Date.parse('2026-11-21T12:00:00Z');
    let handedOut = 0;
    const cache = createTokenCache(() => new Date(now));
    return {
      cache,
      pass: (ms: number) => {
        now += ms;
      },
      /** Lasts an hour. */
      obtain: async (): Promise<ShortLivedToken> => {
        handedOut += 1;
        return { value: `token-${handedOut}`, expiresAt: new Date(now + 3_600_000) };
      },
      count: () => handedOut,
    };
  }

  it('obtains a token once, however many ask one after another or at once', async () => {
    const { cache, obtain, count } = setUp();

    const tokens = await Promise.all(Array.from({ length: 10 }, () => cache.get('c-1', obtain)));
    tokens.push(await cache.get('c-1', obtain));

    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(count()).toBe(1);
  });

  it('keeps the tokens of different credentials apart', async () => {
    const { cache, obtain } = setUp();

    expect(await cache.get('c-1', obtain)).toBe('token-1');
    expect(await cache.get('c-2', obtain)).toBe('token-2');
    expect(await cache.get('c-1', obtain)).toBe('token-1');
  });

  it('obtains a new one in the last minute, before the old one ends during a call', async () => {
    const { cache, obtain, pass } = setUp();
    await cache.get('c-1', obtain);

    pass(3_539_000);
    expect(await cache.get('c-1', obtain)).toBe('token-1');
    pass(2_000);

    expect(await cache.get('c-1', obtain)).toBe('token-2');
  });

  it('obtains a new one after the provider refused the old one', async () => {
    const { cache, obtain } = setUp();
    await cache.get('c-1', obtain);

    cache.forget('c-1');

    expect(await cache.get('c-1', obtain)).toBe('token-2');
  });

  it('lets a failure go to whoever caused it, and keeps nothing of it', async () => {
    const { cache, obtain } = setUp();
    const trouble = new Error('unavailable');

    await expect(cache.get('c-1', () => Promise.reject(trouble))).rejects.toBe(trouble);

    expect(await cache.get('c-1', obtain)).toBe('token-1');
  });

  it('does not let the abort of one that obtains fail the others that wait for it', async () => {
    const { cache, obtain } = setUp();
    let abort: (reason: Error) => void = () => undefined;
    const lost = new Error('lease lost');
    const aborted = cache.get(
      'c-1',
      () =>
        new Promise((_resolve, reject) => {
          abort = reject;
        }),
    );
    const waiting = cache.get('c-1', obtain);

    abort(lost);

    await expect(aborted).rejects.toBe(lost);
    expect(await waiting).toBe('token-1');
  });

  it('obtains one for all that waited when the one that obtained it was aborted', async () => {
    const { cache, obtain, count } = setUp();
    let abort: (reason: Error) => void = () => undefined;
    const aborted = cache
      .get(
        'c-1',
        () =>
          new Promise((_resolve, reject) => {
            abort = reject;
          }),
      )
      .catch(() => null);
    const waiting = Array.from({ length: 5 }, () => cache.get('c-1', obtain));

    abort(new Error('lease lost'));
    await aborted;

    expect(new Set(await Promise.all(waiting)).size).toBe(1);
    expect(count()).toBe(1);
  });
});
