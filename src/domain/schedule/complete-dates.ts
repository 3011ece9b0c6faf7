import type { Checked, Problem } from '../release/problem.ts';
import type { ReleaseSchedule } from './schedule.ts';
import { nextKickOff, suggestDates } from './suggest-dates.ts';

/** The dates that a person named. A reminder that is null is none, whatever the schedule says. */
export interface NamedDates {
  kickOffReminderDate?: Date | null | undefined;
  kickOffDate?: Date | undefined;
  targetReleaseDate?: Date | undefined;
  regressionSlots?: { date: Date; automation?: boolean | undefined }[] | undefined;
}

export interface CompleteDates {
  kickOffReminderDate?: Date;
  kickOffDate: Date;
  targetReleaseDate: Date;
  regressionSlots: { date: Date; automation?: boolean }[];
}

/** What a person named, and the schedule's where they named nothing. @param needsSlots a hotfix does without */
export function completeDates(
  named: NamedDates,
  schedule: ReleaseSchedule | null,
  { now, needsSlots }: { now: Date; needsSlots: boolean },
): Checked<CompleteDates> {
  const slots = named.regressionSlots?.map(({ date, automation }) => ({ date, ...(automation === undefined ? {} : { automation }) }));
  if (schedule === null) {
    const { kickOffDate, targetReleaseDate, kickOffReminderDate } = named;
    const regressionSlots = slots ?? (needsSlots ? undefined : []);
    if (kickOffDate === undefined || targetReleaseDate === undefined || regressionSlots === undefined) {
      return { ok: false, problems: missing({ kickOffDate, targetReleaseDate, regressionSlots }) };
    }
    return { ok: true, value: { kickOffDate, targetReleaseDate, regressionSlots, ...reminderOf(kickOffReminderDate) } };
  }
  const suggested = suggestDates(schedule, named.kickOffDate ?? nextKickOff(schedule, now), now);
  const reminder = named.kickOffReminderDate === undefined ? suggested.kickOffReminderDate : named.kickOffReminderDate;
  return {
    ok: true,
    value: {
      kickOffDate: suggested.kickOffDate,
      targetReleaseDate: named.targetReleaseDate ?? suggested.targetReleaseDate,
      regressionSlots: slots ?? suggested.regressionSlots,
      ...reminderOf(reminder),
    },
  };
}

const reminderOf = (date: Date | null | undefined) => (date === undefined || date === null ? {} : { kickOffReminderDate: date });

const missing = (dates: Record<string, unknown>): Problem[] =>
  Object.entries(dates)
    .filter(([, value]) => value === undefined)
    .map(([field]) => ({ field: `/${field}`, message: 'is required: the release config has no schedule it could come from' }));
