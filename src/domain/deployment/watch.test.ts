import { describe, expect, it } from 'vitest';
import type { HealthCheck } from './target.ts';
import { beginWatch, dueToWatch, recordNotReady, recordWatched, watchStanding } from './watch.ts';

const checks: HealthCheck[] = [
  { kind: 'tcp', intervalMs: 1_000, timeoutMs: 500, successes: 2, withinMs: 10_000 },
  { kind: 'http', path: '/health', expectStatus: [200], intervalMs: 5_000, timeoutMs: 500, successes: 1, withinMs: 10_000 },
];
const probe = (check: number, at: number, ok: boolean) => ({ check, at, ok, detail: ok ? 'fine' : 'it answered 503' });
const standing = (state: ReturnType<typeof beginWatch>, now: number) => watchStanding(checks, state, { readyWithinMs: 30_000, now });
const healthy = recordWatched(beginWatch(checks), [probe(0, 0, true), probe(1, 0, true)]);

describe('what is watched', () => {
  it('stands while its probes succeed, and is probed at the interval of each check', () => {
    expect(dueToWatch(checks, beginWatch(checks), 7)).toEqual([0, 1]);
    expect(standing(healthy, 500)).toEqual({ kind: 'stands', nextAt: 1_000 });
    expect(dueToWatch(checks, healthy, 999)).toEqual([]);
    expect(dueToWatch(checks, healthy, 1_000)).toEqual([0]);
  });

  it('is unhealthy after as many failures in a row as it takes successes to be healthy, not before', () => {
    const once = recordWatched(healthy, [probe(0, 1_000, false)]);
    const recovered = recordWatched(once, [probe(0, 2_000, true), probe(0, 3_000, false)]);

    expect(standing(once, 1_000)).toEqual({ kind: 'doubtful', nextAt: 2_000, why: 'the TCP connection: it answered 503' });
    expect(standing(recovered, 3_000)).toMatchObject({ kind: 'doubtful' });
    expect(standing(recordWatched(once, [probe(0, 2_000, false)]), 2_000)).toEqual({
      kind: 'failed',
      why: 'the TCP connection: it answered 503, 2 times in a row',
    });
    expect(standing(recordWatched(healthy, [probe(1, 5_000, false)]), 5_000)).toMatchObject({ kind: 'failed' });
  });

  it('counts a probe once, however often it is told', () => {
    const told = recordWatched(recordWatched(healthy, [probe(0, 1_000, false)]), [probe(0, 1_000, false)]);

    expect(standing(told, 1_000)).toMatchObject({ kind: 'doubtful' });
  });

  it('does not stand before each check has succeeded', () => {
    expect(standing(recordWatched(beginWatch(checks), [probe(0, 0, true)]), 0)).toMatchObject({ kind: 'doubtful' });
  });

  it('may be not ready for as long as it may take to become ready, and begins that time anew', () => {
    const away = recordNotReady(recordNotReady(healthy, 1_000), 20_000);
    const back = recordWatched(away, []);

    expect(standing(away, 30_999)).toMatchObject({ kind: 'doubtful' });
    expect(standing(away, 31_000)).toMatchObject({ kind: 'failed' });
    expect(standing(recordNotReady(back, 40_000), 41_000)).toMatchObject({ kind: 'doubtful' });
  });

  it('without checks stands while it is ready', () => {
    expect(watchStanding([], beginWatch([]), { readyWithinMs: 1, now: 0 })).toEqual({ kind: 'stands', nextAt: null });
  });
});
