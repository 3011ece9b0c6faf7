import { describe, expect, it } from 'vitest';
import { completeDates } from './complete-dates.ts';
import type { ReleaseSchedule } from './schedule.ts';

const at = (text: string) => new Date(text);
const schedule: ReleaseSchedule = {
  zone: 'UTC',
  workingDays: [1, 2, 3, 4, 5],
  kickOffTime: '10:00',
  reminder: { workingDaysBefore: 1, time: '10:00' },
  slots: [{ workingDay: 1, time: '10:00', automation: true }],
  target: { workingDay: 2, time: '10:00' },
};
/** A Monday. */
const asked = { now: at('2026-11-23T09:00:00Z'), needsSlots: true };
const named = {
  kickOffDate: at('2026-11-25T12:00:00Z'),
  targetReleaseDate: at('2026-12-01T00:00:00Z'),
  regressionSlots: [{ date: at('2026-11-26T00:00:00Z') }],
};

describe('the dates of a new release', () => {
  it('are all of the schedule where a person names none', () => {
    expect(completeDates({}, schedule, asked)).toEqual({
      ok: true,
      value: {
        kickOffReminderDate: at('2026-11-23T10:00:00Z'),
        kickOffDate: at('2026-11-24T10:00:00Z'),
        regressionSlots: [{ date: at('2026-11-25T10:00:00Z'), automation: true }],
        targetReleaseDate: at('2026-11-26T10:00:00Z'),
      },
    });
  });

  it('are what a person names, before what the schedule says; the rest is counted from their kickoff', () => {
    const { kickOffDate, ...others } = named;

    expect(completeDates({ kickOffDate }, schedule, asked)).toMatchObject({
      value: { kickOffDate, targetReleaseDate: at('2026-11-27T10:00:00Z'), kickOffReminderDate: at('2026-11-24T10:00:00Z') },
    });
    expect(completeDates(others, schedule, asked)).toMatchObject({ value: { ...others, kickOffDate: at('2026-11-24T10:00:00Z') } });
    expect(completeDates({ regressionSlots: [] }, schedule, asked)).toMatchObject({ value: { regressionSlots: [] } });
  });

  it('have no reminder where a person wants none', () => {
    const { value } = completeDates({ kickOffReminderDate: null }, schedule, asked) as { value: object };
    const reminded = completeDates({ kickOffReminderDate: at('2026-11-23T23:00:00Z') }, schedule, asked);

    expect(value).not.toHaveProperty('kickOffReminderDate');
    expect(reminded).toMatchObject({ value: { kickOffReminderDate: at('2026-11-23T23:00:00Z') } });
  });

  it('are those a person names where there is no schedule, and all missing ones are told', () => {
    expect(completeDates(named, null, asked)).toEqual({ ok: true, value: named });
    expect(completeDates({}, null, asked)).toMatchObject({
      ok: false,
      problems: [{ field: '/kickOffDate' }, { field: '/targetReleaseDate' }, { field: '/regressionSlots' }],
    });
    const { regressionSlots: _slots, ...dates } = named;
    expect(completeDates(dates, null, { ...asked, needsSlots: false })).toEqual({ ok: true, value: { ...dates, regressionSlots: [] } });
  });
});
