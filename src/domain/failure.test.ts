import { describe, expect, it } from 'vitest';
import { backoffMs, failureKinds, remedy, retryDecision } from './failure.ts';

describe('retryDecision', () => {
  it('decides for every kind', () => {
    expect(Object.fromEntries(failureKinds.map((kind) => [kind, retryDecision({ kind, message: 'x' })]))).toEqual({
      unauthorized: { when: 'never' },
      forbidden: { when: 'never' },
      'not-found': { when: 'never' },
      conflict: { when: 'never' },
      invalid: { when: 'never' },
      'rate-limited': { when: 'after', ms: 60_000 },
      unavailable: { when: 'later' },
      timeout: { when: 'later' },
      malformed: { when: 'later' },
      internal: { when: 'later' },
    });
  });

  it('waits for a connection that its provider refuses, and for that alone', () => {
    const connection = { category: 'scm', id: 'c', displayName: 'Acme app' };

    expect(retryDecision({ kind: 'unauthorized', message: 'x', connection })).toEqual({ when: 'restored', connection });
    expect(retryDecision({ kind: 'forbidden', message: 'x', connection })).toEqual({ when: 'never' });
  });

  it.each(['rate-limited', 'unavailable', 'timeout'] as const)('waits as long as the provider of a %s asks', (kind) => {
    expect(retryDecision({ kind, message: 'x', retryAfterMs: 5_000 })).toEqual({ when: 'after', ms: 5_000 });
  });
});

describe('backoffMs', () => {
  const policy = { baseMs: 1_000, maxMs: 60_000 };

  it('doubles up to the longest delay, half of it random', () => {
    expect([1, 2, 3, 7, 1_000].map((failures) => backoffMs(failures, policy, 0))).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
    expect(backoffMs(1, policy, 0.999)).toBe(1_000);
  });
});

describe('remedy', () => {
  it('tells a person what to do about every kind', () => {
    for (const kind of failureKinds) {
      expect(remedy({ kind, message: 'x', provider: 'jira' })).toMatch(/^[A-Z].*\.$/);
    }
    expect(remedy({ kind: 'unauthorized', message: 'x', provider: 'jira' })).toContain('the jira connection');
    const connection = { category: 'scm', id: 'c7', displayName: 'Acme app' };
    expect(remedy({ kind: 'unauthorized', message: 'x', connection })).toMatch(/owner or admin .*"Acme app".*PATCH .*scm\/c7/);
    expect(remedy({ kind: 'timeout', message: 'x' })).toContain('the provider answers again');
  });
});
