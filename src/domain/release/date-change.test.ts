import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import { type CurrentDates, type DateChange, slotsBehind, validateDateChange, validateNewSlot } from './date-change.ts';

const pending: CurrentDates = {
  status: 'PENDING',
  kickOffReminderDate: minute(-60),
  kickOffDate: minute(0),
  targetReleaseDate: minute(600),
  slots: [
    { date: minute(60), status: 'PLANNED' },
    { date: minute(700), status: 'SKIPPED' },
  ],
};
const started: CurrentDates = { ...pending, status: 'IN_PROGRESS' };
const now = minute(-120);

const problemsOf = (current: CurrentDates, change: DateChange, at = now) =>
  validateDateChange(current, change, at).map(({ field, message }) => `${field} ${message}`);

describe('validateDateChange', () => {
  it('lets every date of a pending release move while they stay in order', () => {
    const change = { kickOffReminderDate: minute(-90), kickOffDate: minute(30), targetReleaseDate: minute(500) };

    expect(problemsOf(pending, change)).toEqual([]);
  });

  it('has nothing against a request that moves nothing, whatever the state', () => {
    const same = { kickOffReminderDate: minute(-60), kickOffDate: minute(0), targetReleaseDate: minute(600) };

    expect(problemsOf({ ...pending, status: 'COMPLETED' }, same, minute(999))).toEqual([]);
    expect(problemsOf(started, {}, minute(999))).toEqual([]);
  });

  it('needs a reason to move the target later, and none to move it earlier', () => {
    const message = '/delayReason Moving the target release date later needs a reason.';

    expect(problemsOf(started, { targetReleaseDate: minute(601) })).toEqual([message]);
    expect(problemsOf(started, { targetReleaseDate: minute(601), delayReason: '  ' })).toEqual([message]);
    expect(problemsOf(started, { targetReleaseDate: minute(601), delayReason: 'A bug' })).toEqual([]);
    expect(problemsOf(started, { targetReleaseDate: minute(599) })).toEqual([]);
  });

  it('moves kickoff and reminder only while the release is pending', () => {
    const change = { kickOffReminderDate: minute(-50), kickOffDate: minute(10) };

    expect(problemsOf(started, change)).toEqual([
      '/kickOffReminderDate The reminder can be moved only before the kickoff.',
      '/kickOffDate The kickoff can be moved only while the release is pending.',
    ]);
  });

  it('lets a reminder be taken away or added', () => {
    expect(problemsOf(pending, { kickOffReminderDate: null })).toEqual([]);
    expect(problemsOf({ ...pending, kickOffReminderDate: null }, { kickOffReminderDate: minute(-1) })).toEqual([]);
  });

  it('moves nothing into the past, and does not mind what already lies there', () => {
    expect(problemsOf(pending, { kickOffReminderDate: minute(-60.5) }, minute(-50))).toEqual([
      '/kickOffReminderDate The reminder must not be in the past.',
    ]);
    expect(problemsOf(pending, { kickOffDate: minute(10) }, minute(16))).toEqual(['/kickOffDate The kickoff must not be in the past.']);
    expect(problemsOf(started, { targetReleaseDate: minute(400) }, minute(401))).toEqual([
      '/targetReleaseDate The target release date must not be in the past.',
    ]);
    expect(problemsOf(pending, { kickOffDate: minute(10) }, minute(12))).toEqual([]);
  });

  it('keeps dates in order', () => {
    expect(problemsOf(pending, { kickOffDate: minute(-60) })).toEqual(['/kickOffReminderDate The reminder must come before the kickoff.']);
    expect(problemsOf({ ...pending, slots: [] }, { targetReleaseDate: minute(-1) })).toEqual([
      '/targetReleaseDate The target release date must come after the kickoff.',
    ]);
  });

  it('moves no date past a planned slot, and tells so at the date that moved', () => {
    expect(problemsOf(pending, { kickOffDate: minute(60) })).toEqual([
      `/kickOffDate The kickoff must come before every planned regression slot; not so ${minute(60).toISOString()}.`,
    ]);
    expect(problemsOf(pending, { targetReleaseDate: minute(60) })).toEqual([
      `/targetReleaseDate The target release date must come after every planned regression slot; not so ${minute(60).toISOString()}. Move or remove them, or ask to skip them with skipSlots.`,
    ]);
  });

  it('moves the target before planned slots when they are to be skipped, but the kickoff past none', () => {
    expect(problemsOf(pending, { targetReleaseDate: minute(60), skipSlots: true })).toEqual([]);
    expect(problemsOf(pending, { kickOffDate: minute(60), skipSlots: true })).toHaveLength(1);
    expect(slotsBehind(pending.slots, minute(60))).toEqual(pending.slots.filter(({ status }) => status === 'PLANNED'));
    expect(slotsBehind(pending.slots, minute(61))).toEqual([]);
    expect(slotsBehind(pending.slots, null)).toEqual([]);
  });

  it('moves the target of no release that has ended', () => {
    expect(problemsOf({ ...pending, status: 'ARCHIVED' }, { targetReleaseDate: minute(500) })).toEqual([
      '/targetReleaseDate The target release date of a release that is ARCHIVED cannot be moved.',
    ]);
  });

  it('refuses what is no date, and says nothing else about it', () => {
    const broken = new Date('soon');

    expect(problemsOf(pending, { kickOffReminderDate: broken, kickOffDate: broken, targetReleaseDate: broken })).toEqual([
      '/kickOffReminderDate This is not a date.',
      '/kickOffDate This is not a date.',
      '/targetReleaseDate This is not a date.',
    ]);
    expect(problemsOf({ ...pending, kickOffReminderDate: null }, { kickOffDate: broken })).toEqual(['/kickOffDate This is not a date.']);
  });
});

describe('validateNewSlot', () => {
  const messagesOf = (current: CurrentDates, date: Date, at = now) => validateNewSlot(current, date, at).map(({ message }) => message);

  it('takes a slot between kickoff and target, also one for now', () => {
    expect(messagesOf(started, minute(90), minute(90))).toEqual([]);
    expect(messagesOf(started, minute(90), minute(95))).toEqual([]);
  });

  it.each([
    ['in the past', started, minute(70), minute(80), 'A regression slot must not be in the past.'],
    ['at the kickoff', started, minute(0), now, 'A regression slot must come after the kickoff.'],
    ['at the target', started, minute(600), now, 'A regression slot must come before the target release date.'],
    ['where one is planned', started, minute(60), now, 'Two regression slots have the same date.'],
    ['that is no date', started, new Date('soon'), now, 'This is not a date.'],
    [
      'of a submitted release',
      { ...started, status: 'SUBMITTED' as const },
      minute(90),
      now,
      'A release that is SUBMITTED takes no regression slot.',
    ],
    [
      'of an archived release',
      { ...started, status: 'ARCHIVED' as const },
      minute(90),
      now,
      'A release that is ARCHIVED takes no regression slot.',
    ],
  ])('refuses a slot %s', (_what, current, date, at, expected) => {
    expect(messagesOf(current, date, at)).toEqual([expected]);
  });

  it('may take the date of a slot that was used or skipped', () => {
    const current = { ...started, slots: [{ date: minute(90), status: 'SKIPPED' as const }] };

    expect(messagesOf(current, minute(90))).toEqual([]);
  });
});
