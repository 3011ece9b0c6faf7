import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wallOf } from '../time/wall-clock.ts';
import type { ReleaseSchedule } from './schedule.ts';
import { kickOffOn, nextKickOff, suggestDates } from './suggest-dates.ts';
import { validateSchedule } from './validate-schedule.ts';

const schedule = (over: Partial<ReleaseSchedule> = {}): ReleaseSchedule => ({
  zone: 'Europe/Berlin',
  workingDays: [1, 2, 3, 4, 5],
  kickOffTime: '10:00',
  reminder: { workingDaysBefore: 1, time: '16:00' },
  slots: [
    { workingDay: 0, time: '14:00' },
    { workingDay: 2, time: '09:30', automation: false },
  ],
  target: { workingDay: 5, time: '18:00' },
  ...over,
});
const at = (text: string) => new Date(text);
const long = at('2020-01-01T00:00:00Z');

describe('the dates of a release', () => {
  it('are counted in working days from the day of its kickoff, at times on the wall of its zone', () => {
    // A Thursday.
    expect(suggestDates(schedule(), at('2026-11-26T09:00:00Z'), long)).toEqual({
      kickOffReminderDate: at('2026-11-25T15:00:00Z'),
      kickOffDate: at('2026-11-26T09:00:00Z'),
      regressionSlots: [{ date: at('2026-11-26T13:00:00Z') }, { date: at('2026-11-30T08:30:00Z'), automation: false }],
      targetReleaseDate: at('2026-12-03T17:00:00Z'),
    });
  });

  it('keep their time on the wall when clocks change between them', () => {
    // Clocks go back in Berlin on 2026-10-25 and forward on 2027-03-28.
    const autumn = suggestDates(schedule(), at('2026-10-23T08:00:00Z'), long);
    const spring = suggestDates(schedule(), at('2027-03-26T09:00:00Z'), long);

    expect(autumn.targetReleaseDate).toEqual(at('2026-10-30T17:00:00Z'));
    expect(autumn.regressionSlots.map(({ date }) => date)).toEqual([at('2026-10-23T12:00:00Z'), at('2026-10-27T08:30:00Z')]);
    expect(spring.targetReleaseDate).toEqual(at('2027-04-02T16:00:00Z'));
    expect(spring.regressionSlots.map(({ date }) => date)).toEqual([at('2027-03-26T13:00:00Z'), at('2027-03-30T07:30:00Z')]);
  });

  it.each([
    ['left out in spring is taken an hour forward', '2026-03-06T20:00:00Z', 'America/New_York', '02:30', '2026-03-08T07:30:00Z'],
    ['that comes twice in autumn is the first of the two', '2026-10-30T20:00:00Z', 'America/New_York', '01:30', '2026-11-01T05:30:00Z'],
    ['that comes twice by half an hour', '2026-04-02T20:00:00Z', 'Australia/Lord_Howe', '01:45', '2026-04-04T14:45:00Z'],
  ])('at a time %s', (_what, kickOff, zone, time, expected) => {
    const every = schedule({ zone, workingDays: [1, 2, 3, 4, 5, 6, 7], slots: [], target: { workingDay: 2, time } });

    expect(suggestDates(every, at(kickOff), long).targetReleaseDate).toEqual(at(expected));
  });

  it("begin on the day that the zone's calendar shows, not that of UTC", () => {
    // Monday in Auckland, Sunday in London.
    const auckland = suggestDates(schedule({ zone: 'Pacific/Auckland' }), at('2026-11-22T21:00:00Z'), long);

    expect(auckland.regressionSlots.map(({ date }) => date)).toEqual([at('2026-11-23T01:00:00Z'), at('2026-11-24T20:30:00Z')]);
    expect(auckland.kickOffReminderDate).toEqual(at('2026-11-20T03:00:00Z'));
  });

  it('count from a kickoff that is on no working day, too', () => {
    const saturday = suggestDates(schedule(), at('2026-11-28T09:00:00Z'), long);

    expect(saturday.regressionSlots.map(({ date }) => date)).toEqual([at('2026-11-28T13:00:00Z'), at('2026-12-01T08:30:00Z')]);
    expect(saturday.kickOffReminderDate).toEqual(at('2026-11-27T15:00:00Z'));
  });

  it('have no slot that the kickoff is too late for', () => {
    const late = suggestDates(schedule(), at('2026-11-26T13:00:00Z'), long);

    expect(late.regressionSlots.map(({ date }) => date)).toEqual([at('2026-11-30T08:30:00Z')]);
  });

  it('stay in order, each once, on the day whose clocks leave out an hour', () => {
    // In Berlin 02:00 to 03:00 is left out on Sunday, 2027-03-28: what lies there moves onto, or behind, what comes after it.
    const on = { workingDays: [1, 2, 3, 4, 5, 6, 7], kickOffTime: '01:00', reminder: null, target: { workingDay: 1, time: '04:00' } };
    const slots = (...times: string[]) => times.map((time) => ({ workingDay: 0, time }));
    const kickOff = at('2027-03-28T00:00:00Z');
    const dates = (over: Partial<ReleaseSchedule>) => {
      const { regressionSlots, targetReleaseDate } = suggestDates(schedule({ ...on, ...over }), kickOff, long);
      return [...regressionSlots.map(({ date }) => date), targetReleaseDate].map((date) => date.toISOString().slice(11, 16));
    };

    expect(dates({ slots: slots('02:00', '03:00') })).toEqual(['01:00', '02:00']);
    expect(dates({ slots: slots('02:30', '03:00') })).toEqual(['01:00', '01:30', '02:00']);
    expect(dates({ slots: slots('01:30', '02:30'), target: { workingDay: 0, time: '03:00' } })).toEqual(['00:30', '01:00']);
  });

  it('have no reminder that would come after a kickoff that somebody names', () => {
    const sameDay = schedule({ reminder: { workingDaysBefore: 0, time: '09:00' } });

    expect(suggestDates(sameDay, at('2026-11-26T07:00:00Z'), long).kickOffReminderDate).toBeNull();
    expect(suggestDates(sameDay, at('2026-11-26T08:00:00Z'), long).kickOffReminderDate).toBeNull();
    expect(suggestDates(sameDay, at('2026-11-26T08:01:00Z'), long).kickOffReminderDate).toEqual(at('2026-11-26T08:00:00Z'));
  });

  it('have no reminder that would lie in the past, and none without one in the schedule', () => {
    const kickOff = at('2026-11-26T09:00:00Z');

    expect(suggestDates(schedule(), kickOff, at('2026-11-25T15:00:00Z')).kickOffReminderDate).toBeNull();
    expect(suggestDates(schedule(), kickOff, at('2026-11-25T14:59:59Z')).kickOffReminderDate).not.toBeNull();
    expect(suggestDates(schedule({ reminder: null }), kickOff, long).kickOffReminderDate).toBeNull();
  });
});

describe('the next kickoff', () => {
  it.each([
    // Wednesday 2026-11-25.
    ['is the next working day while its reminder is to come', '2026-11-25T14:00:00Z', '2026-11-26T09:00:00Z'],
    ['is a day later once the reminder is past', '2026-11-25T15:00:00Z', '2026-11-27T09:00:00Z'],
    ['leaves out the days that are no working days', '2026-11-27T14:00:00Z', '2026-11-30T09:00:00Z'],
  ])('%s', (_what, now, expected) => {
    expect(nextKickOff(schedule(), at(now))).toEqual(at(expected));
  });

  it('is today when its time is to come and nothing needs to be said before', () => {
    expect(nextKickOff(schedule({ reminder: null }), at('2026-11-25T08:59:59Z'))).toEqual(at('2026-11-25T09:00:00Z'));
    expect(nextKickOff(schedule({ reminder: null }), at('2026-11-25T09:00:00Z'))).toEqual(at('2026-11-26T09:00:00Z'));
  });

  it('on a named day is at the time of the schedule', () => {
    expect(kickOffOn(schedule(), at('2026-07-01T00:00:00Z'))).toEqual(at('2026-07-01T08:00:00Z'));
    expect(kickOffOn(schedule(), at('2026-12-01T00:00:00Z'))).toEqual(at('2026-12-01T09:00:00Z'));
  });
});

describe('a schedule', () => {
  it('that is right has no problem', () => {
    expect(validateSchedule(schedule())).toEqual([]);
  });

  it('names every moment in the wrong order, a zone that is none and a day named twice', () => {
    const wrong = schedule({
      zone: 'Mars/Olympus',
      workingDays: [1, 2, 1],
      reminder: { workingDaysBefore: 0, time: '10:00' },
      slots: [
        { workingDay: 0, time: '10:00' },
        { workingDay: 1, time: '10:00' },
        { workingDay: 1, time: '10:00' },
      ],
      target: { workingDay: 1, time: '10:00' },
    });

    expect(validateSchedule(wrong).map(({ field }) => field)).toEqual([
      '/zone',
      '/workingDays/2',
      '/reminder/time',
      '/slots/0',
      '/slots/2',
      '/target',
    ]);
    expect(validateSchedule(schedule({ slots: [], target: { workingDay: 0, time: '10:00' } })).map(({ field }) => field)).toEqual([
      '/target',
    ]);
    expect(validateSchedule(schedule({ reminder: { workingDaysBefore: 0, time: '09:59' } }))).toEqual([]);
  });
});

const zones = ['Europe/Berlin', 'America/New_York', 'Pacific/Auckland', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'UTC'];

it('whatever the zone and the day, dates stand at their times on working days, in order', () => {
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      days,
      fc.date({ min: at('2024-01-01'), max: at('2030-01-01'), noInvalidDate: true }),
      (zone, workingDays, now) => {
        const plan = schedule({ zone, workingDays });
        const kickOff = nextKickOff(plan, now);
        const { kickOffReminderDate, regressionSlots, targetReleaseDate } = suggestDates(plan, kickOff, now);

        const dates = [now, kickOffReminderDate ?? now, kickOff, ...regressionSlots.map(({ date }) => date), targetReleaseDate];
        const walls = dates.slice(1).map((date) => wallOf(date, zone));
        expect(kickOffReminderDate).not.toBeNull();
        expect(walls.map((wall) => wall.toISOString().slice(11, 16))).toEqual(['16:00', '10:00', '14:00', '09:30', '18:00']);
        for (const wall of walls) expect(workingDays).toContain(wall.getUTCDay() || 7);
        expect([...dates].sort((a, b) => a.getTime() - b.getTime())).toEqual(dates);
      },
    ),
    { numRuns: 300 },
  );
});
