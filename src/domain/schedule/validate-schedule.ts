import type { Problem } from '../release/problem.ts';
import { isZone } from '../time/wall-clock.ts';
import type { ReleaseSchedule, WallTime } from './schedule.ts';

/** What the form of a schedule cannot see: zones that are none, and moments in the wrong order. */
export function validateSchedule({ zone, workingDays, kickOffTime, reminder, slots, target }: ReleaseSchedule): Problem[] {
  const problems: Problem[] = [];
  if (!isZone(zone)) problems.push({ field: '/zone', message: 'is no time zone: name one like Europe/Berlin' });
  workingDays.forEach((day, index) => {
    if (workingDays.indexOf(day) < index) problems.push({ field: `/workingDays/${index}`, message: 'is there already' });
  });
  if (reminder !== null && reminder.workingDaysBefore === 0 && reminder.time >= kickOffTime) {
    problems.push({ field: '/reminder/time', message: 'must be before the kickoff' });
  }
  let last = { workingDay: 0, time: kickOffTime };
  slots.forEach((slot, index) => {
    if (isAfter(slot, last)) last = slot;
    else problems.push({ field: `/slots/${index}`, message: `must be after ${index === 0 ? 'the kickoff' : 'the slot before'}` });
  });
  if (!isAfter(target, last)) {
    problems.push({ field: '/target', message: `must be after the ${slots.length === 0 ? 'kickoff' : 'last slot'}` });
  }
  return problems;
}

interface Moment {
  workingDay: number;
  time: WallTime;
}

/** `HH:MM` compares as text. */
const isAfter = (one: Moment, other: Moment) =>
  one.workingDay > other.workingDay || (one.workingDay === other.workingDay && one.time > other.time);
