import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import { remindersAt } from './reminders.ts';

const MINUTE_MS = 60_000;
const times = { remindAfterMs: 60 * MINUTE_MS, remindEveryMs: 30 * MINUTE_MS, escalateAfterMs: 100 * MINUTE_MS };
const at = (offset: number, changes = {}) => {
  const { due, nextAt, nextKind } = remindersAt({ ...times, ...changes }, minute(0), minute(offset));
  const names = due.map((notice) => `${notice.kind} ${notice.number} at ${(notice.at.getTime() - minute(0).getTime()) / MINUTE_MS}`);
  return { due: names, next: nextAt === null ? null : `${nextKind} at ${(nextAt.getTime() - minute(0).getTime()) / MINUTE_MS}` };
};

describe('reminders of a gate', () => {
  it.each<[number, string[], string]>([
    [0, [], 'reminder at 60'],
    [59, [], 'reminder at 60'],
    [60, ['reminder 1 at 60'], 'reminder at 90'],
    [89, ['reminder 1 at 60'], 'reminder at 90'],
    [90, ['reminder 2 at 90'], 'escalation at 100'],
    [100, ['reminder 2 at 90', 'escalation 1 at 100'], 'reminder at 120'],
    [1000, ['reminder 32 at 990', 'escalation 1 at 100'], 'reminder at 1020'],
  ])('at minute %i are %j, and the next is the %s', (offset, due, next) => {
    expect(at(offset)).toEqual({ due, next });
  });

  it('are one without an interval, and none without a first', () => {
    expect(at(500, { remindEveryMs: null })).toEqual({ due: ['reminder 1 at 60', 'escalation 1 at 100'], next: null });
    expect(at(500, { remindAfterMs: null, escalateAfterMs: null })).toEqual({ due: [], next: null });
  });
});
