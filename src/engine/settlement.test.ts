import { describe, expect, it } from 'vitest';
import { type FailureKind, failureKinds, retryDecision } from '../domain/failure.ts';
import { decideSettlement, type SettleState } from './settlement.ts';
import { sourcesOf } from './transitions.ts';
import type { Outcome } from './vocabulary.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const at = (ms: number) => new Date(now.getTime() + ms);
const policy = { baseMs: 1_000, maxMs: 60_000 };
const fresh: SettleState = { failures: 0, maxAttempts: 3, deadlineAt: at(3_600_000), onDeadline: 'fail', onFailure: 'hold' };
const decide = (state: Partial<SettleState>, outcome: Outcome, random = 0) =>
  decideSettlement({ ...fresh, ...state }, outcome, now, policy, random);
const failed = (kind: FailureKind, retryAfterMs?: number): Outcome => ({
  kind: 'failed',
  failure: { kind, message: `it is ${kind}`, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
});
const waiting = (forMs: number | null): Outcome => ({ kind: 'waiting', reason: 'CALLBACK', forMs });
const outcomes: Outcome[] = [
  { kind: 'completed' },
  { kind: 'handed-back' },
  waiting(1_000),
  waiting(null),
  ...failureKinds.map((kind) => failed(kind)),
];

describe('decideSettlement', () => {
  it('decides only what is possible for a task that is being executed', () => {
    const states = [
      fresh,
      { ...fresh, failures: 2 },
      { ...fresh, deadlineAt: now },
      { ...fresh, deadlineAt: at(-1), onDeadline: 'continue' as const },
    ];
    for (const state of states) {
      for (const outcome of outcomes) {
        expect(sourcesOf(decideSettlement(state, outcome, now, policy, 0.5).event)).toContain('IN_PROGRESS');
      }
    }
  });

  it('completes whatever is done, deadline or not', () => {
    expect(decide({ deadlineAt: at(-1) }, { kind: 'completed', output: { a: 1 } })).toEqual({ event: 'complete', output: { a: 1 } });
    expect(decide({}, { kind: 'completed' })).toEqual({ event: 'complete', output: null });
  });

  it('hands back whatever its process could not end, deadline or not', () => {
    expect(decide({ deadlineAt: at(-1) }, { kind: 'handed-back' })).toEqual({ event: 'hand-back' });
  });

  describe('a wait', () => {
    it('ends when its handler said', () => {
      expect(decide({}, waiting(5_000))).toMatchObject({ event: 'wait', reason: 'CALLBACK', runAt: at(5_000), signals: [] });
    });

    it('ends at the deadline at the latest', () => {
      expect(decide({ deadlineAt: at(2_000) }, waiting(5_000))).toMatchObject({ event: 'wait', runAt: at(2_000) });
      expect(decide({ deadlineAt: at(2_000) }, waiting(null))).toMatchObject({ event: 'wait', runAt: at(2_000) });
    });

    it('for an event without a deadline has no instant', () => {
      expect(decide({ deadlineAt: null }, waiting(null))).toMatchObject({ event: 'wait', runAt: null });
    });

    it.each([
      ['fail', 'fail'],
      ['continue', 'expire'],
    ] as const)('at its deadline with action %s becomes %s', (onDeadline, event) => {
      for (const deadlineAt of [now, at(-1)]) {
        expect(decide({ deadlineAt, onDeadline }, waiting(1_000))).toMatchObject({ event, failure: { kind: 'timeout' } });
      }
      expect(decide({ deadlineAt: at(1), onDeadline }, waiting(1_000))).toMatchObject({ event: 'wait', runAt: at(1) });
    });
  });

  describe('a failure', () => {
    const permanent = failureKinds.filter((kind) => retryDecision({ kind, message: '' }).when === 'never');
    const later = failureKinds.filter((kind) => retryDecision({ kind, message: '' }).when === 'later');

    it.each(permanent)('that is %s fails at once, attempts left or not, whatever the deadline says', (kind) => {
      expect(decide({}, failed(kind))).toMatchObject({ event: 'fail', failure: { kind } });
      expect(decide({ deadlineAt: now, onDeadline: 'continue' }, failed(kind))).toMatchObject({ event: 'fail', failure: { kind } });
    });

    it.each(later)('that is %s comes again while attempts are left', (kind) => {
      expect(decide({ failures: 1 }, failed(kind))).toMatchObject({ event: 'retry-later', reason: 'RETRY', counts: true });
      expect(decide({ failures: 2 }, failed(kind))).toMatchObject({ event: 'fail', failure: { kind } });
    });

    it.each([
      ['fail', 'fail'],
      ['continue', 'expire'],
    ] as const)('at the deadline with action %s becomes %s, attempts left or not', (onDeadline, event) => {
      for (const outcome of [failed('unavailable'), failed('rate-limited')]) {
        for (const failures of [0, 2]) expect(decide({ deadlineAt: now, onDeadline, failures }, outcome)).toMatchObject({ event });
      }
    });

    it('that is final passes the task over where its failure action is continue, and else fails it', () => {
      for (const [state, outcome] of [
        [{}, failed('forbidden')],
        [{ failures: 2 }, failed('unavailable')],
        [{ deadlineAt: now }, waiting(1_000)],
      ] as const) {
        expect(decide({ ...state, onFailure: 'continue' }, outcome)).toMatchObject({ event: 'pass-over' });
        expect(decide({ ...state, onFailure: 'plan' }, outcome)).toMatchObject({ event: 'fail' });
      }
      expect(decide({ failures: 1, onFailure: 'continue' }, failed('unavailable'))).toMatchObject({ event: 'retry-later' });
    });

    it('keeps what was found, however the task goes on', () => {
      const output = { found: 1 };
      for (const [state, event] of [
        [{}, 'retry-later'],
        [{ failures: 2 }, 'fail'],
        [{ failures: 2, onFailure: 'continue' }, 'pass-over'],
        [{ deadlineAt: now, onDeadline: 'continue' }, 'expire'],
      ] as const) {
        expect(decide(state, { kind: 'failed', failure: { kind: 'unavailable', message: '' }, output })).toMatchObject({ event, output });
      }
      expect(decide({ deadlineAt: now }, { ...waiting(1_000), output } as Outcome)).toMatchObject({ event: 'fail', output });
    });

    it('waits longer each time, between half of and the whole delay, and never past the deadline', () => {
      const runAt = (failures: number, random: number, deadlineMs = 3_600_000) => {
        const settlement = decide({ failures, maxAttempts: 99, deadlineAt: at(deadlineMs) }, failed('unavailable'), random);
        return settlement.event === 'retry-later' ? settlement.runAt.getTime() - now.getTime() : null;
      };

      expect([0, 1, 2, 50].map((failures) => runAt(failures, 0))).toEqual([500, 1_000, 2_000, 30_000]);
      expect([0, 1, 2, 50].map((failures) => runAt(failures, 0.9999))).toEqual([1_000, 2_000, 4_000, 59_997]);
      expect(runAt(50, 0, 700)).toBe(700);
    });

    it('with a time named by the provider waits just that and costs no attempt', () => {
      const limited = decide({ failures: 2 }, failed('rate-limited', 7_000));
      const down = decide({ failures: 2 }, failed('unavailable', 7_000));

      expect(limited).toMatchObject({ event: 'retry-later', reason: 'RATE_LIMIT', runAt: at(7_000), counts: false });
      expect(down).toMatchObject({ event: 'retry-later', runAt: at(7_000), counts: false });
      expect(decide({ deadlineAt: at(1_000) }, failed('rate-limited', 7_000))).toMatchObject({ runAt: at(1_000) });
    });
  });
});
