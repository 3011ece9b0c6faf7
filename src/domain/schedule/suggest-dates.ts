import { instantOf, wallOf } from '../time/wall-clock.ts';
import type { ReleaseSchedule, SuggestedDates, WallTime } from './schedule.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * The dates of a release that kicks off at `kickOff`. It may lie at another time than the schedule's, or on a day that is no working day:
 * what follows is counted from its day, and what does not come before or after it is left out. Where clocks leave out an hour, moments may meet or
 * change places: of two at one instant the first stays.
 * @param now a reminder before it is left out
 */
export function suggestDates(schedule: ReleaseSchedule, kickOff: Date, now: Date): SuggestedDates {
  const { zone, reminder, slots, target } = schedule;
  const day = dayOf(wallOf(kickOff, zone));
  const at = ({ workingDay, time }: { workingDay: number; time: WallTime }) =>
    instantOf(atTime(daysFrom(day, workingDay, schedule.workingDays), time), zone);
  const reminderDate = reminder === null ? null : at({ workingDay: -reminder.workingDaysBefore, time: reminder.time });
  const targetReleaseDate = at(target);
  return {
    kickOffReminderDate: reminderDate !== null && reminderDate > now && reminderDate < kickOff ? reminderDate : null,
    kickOffDate: kickOff,
    regressionSlots: inOrder(
      slots
        .map(({ automation, ...slot }) => ({ date: at(slot), ...(automation === undefined ? {} : { automation }) }))
        .filter(({ date }) => date > kickOff && date < targetReleaseDate),
    ),
    targetReleaseDate,
  };
}

type SuggestedSlot = SuggestedDates['regressionSlots'][number];

const inOrder = (slots: readonly SuggestedSlot[]): SuggestedSlot[] =>
  slots
    .filter(({ date }, index) => slots.findIndex((other) => other.date.getTime() === date.getTime()) === index)
    .sort((one, other) => one.date.getTime() - other.date.getTime());

/** The next kickoff by the schedule whose reminder, where it has one, can still be sent. */
export function nextKickOff(schedule: ReleaseSchedule, now: Date): Date {
  const { zone, workingDays, reminder } = schedule;
  // From the day before: a zone where midnight is left out may show today as tomorrow.
  let day = new Date(dayOf(wallOf(now, zone)).getTime() - DAY_MS);
  for (;;) {
    day = daysFrom(day, 1, workingDays);
    const kickOff = kickOffOn(schedule, day);
    const first =
      reminder === null ? kickOff : instantOf(atTime(daysFrom(day, -reminder.workingDaysBefore, workingDays), reminder.time), zone);
    if (kickOff > now && first > now) return kickOff;
  }
}

/** The kickoff by the schedule on a day, which need not be a working day. @param day its midnight, in UTC */
export function kickOffOn({ zone, kickOffTime }: ReleaseSchedule, day: Date): Date {
  return instantOf(atTime(day, kickOffTime), zone);
}

/** The `count`th working day after a day, before it where negative; 0 = the day itself, whatever it is. Days are midnights of the wall. */
function daysFrom(day: Date, count: number, workingDays: readonly number[]): Date {
  const step = count < 0 ? -DAY_MS : DAY_MS;
  let time = day.getTime();
  for (let left = Math.abs(count); left > 0; ) {
    time += step;
    // Sunday is 0 to JavaScript.
    if (workingDays.includes(new Date(time).getUTCDay() || 7)) left -= 1;
  }
  return new Date(time);
}

const dayOf = (wall: Date) => new Date(Math.floor(wall.getTime() / DAY_MS) * DAY_MS);

function atTime(day: Date, time: WallTime): Date {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return new Date(day.getTime() + (hours * 60 + minutes) * MINUTE_MS);
}
