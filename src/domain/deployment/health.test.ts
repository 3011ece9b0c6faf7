import { describe, expect, it } from 'vitest';
import { beginHealth, dueProbes, healthStanding, recordProbes, withoutSuccesses } from './health.ts';
import type { HealthCheck } from './target.ts';

const checks: HealthCheck[] = [{ kind: 'tcp', intervalMs: 1_000, timeoutMs: 500, successes: 2, withinMs: 10_000 }];
const probe = (at: number, ok: boolean) => ({ check: 0, at, ok, detail: ok ? 'it was connected' : 'it cannot be reached' });

describe('health', () => {
  it('is so many successes in a row', () => {
    const once = recordProbes(beginHealth(checks, 0), [probe(0, true), probe(1_000, false), probe(2_000, true)]);

    expect(healthStanding(checks, once, 2_000)).toEqual({ kind: 'pending', nextAt: 3_000 });
    expect(healthStanding(checks, recordProbes(once, [probe(3_000, true)]), 3_000)).toEqual({ kind: 'healthy' });
  });

  it('counts a probe once, however often it is told', () => {
    const told = recordProbes(recordProbes(beginHealth(checks, 0), [probe(5, true)]), [probe(5, true)]);

    expect(told.checks[0]?.successes).toBe(1);
  });

  it('that is not reached in time is none, and says what was seen last', () => {
    const seconds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((second) => probe(second * 1_000, second === 0));
    const state = recordProbes(beginHealth(checks, 0), seconds);

    expect(healthStanding(checks, state, 9_999)).toMatchObject({ kind: 'pending' });
    expect(healthStanding(checks, state, 10_000)).toEqual({ kind: 'failed', why: expect.stringContaining('it cannot be reached') });
  });

  it('is not used up by time in which nobody looked', () => {
    const before = recordProbes(beginHealth(checks, 0), [probe(0, true), probe(1_000, false)]);
    const after = recordProbes(before, [probe(3_600_000, true)]);

    expect(healthStanding(checks, after, 3_600_000)).toEqual({ kind: 'pending', nextAt: 3_601_000 });
    expect(healthStanding(checks, recordProbes(after, [probe(3_601_000, true)]), 3_601_000)).toEqual({ kind: 'healthy' });
  });

  it('ends all the same, however rarely somebody looks', () => {
    const hourly = Array.from({ length: 7 }, (_, hour) => probe(hour * 3_600_000, false));
    const at = 6 * 3_600_000;

    expect(healthStanding(checks, recordProbes(beginHealth(checks, 0), hourly.slice(0, 6)), at)).toMatchObject({ kind: 'pending' });
    expect(healthStanding(checks, recordProbes(beginHealth(checks, 0), hourly), at)).toMatchObject({ kind: 'failed' });
  });

  it('keeps what was used of its time when the side was not ready meanwhile', () => {
    const seconds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((second) => probe(second * 1_000, second % 2 === 0));
    const flapping = withoutSuccesses(recordProbes(beginHealth(checks, 0), seconds));

    expect(flapping.checks[0]).toMatchObject({ successes: 0, probes: 10 });
    expect(healthStanding(checks, flapping, 10_000)).toMatchObject({ kind: 'failed' });
  });

  it('is probed at its interval', () => {
    const state = recordProbes(beginHealth(checks, 0), [probe(500, true)]);

    expect(dueProbes(checks, null, 0)).toEqual([0]);
    expect(dueProbes(checks, state, 1_499)).toEqual([]);
    expect(dueProbes(checks, state, 1_500)).toEqual([0]);
  });

  it('without checks is there as soon as it is ready', () => {
    expect(healthStanding([], beginHealth([], 0), 0)).toEqual({ kind: 'healthy' });
  });
});
