import type { Problem } from './problem.ts';

/** How far in the past a kickoff (or a slot) may lie: "now" on a form that took a while to send. */
export const PAST_TOLERANCE_MS = 5 * 60_000;

/** The dates of a release, each with the field that names it. */
export interface ReleaseDates {
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  slots: readonly { date: Date; field: string }[];
}

/** Reminder < kickoff < every slot < target, and no two slots at the same instant. Dates that are none are reported and not compared. */
export function checkDateOrder(dates: ReleaseDates): Problem[] {
  const { kickOffReminderDate: reminder, kickOffDate: kickoff, targetReleaseDate: target, slots } = dates;
  const problems: Problem[] = [];
  const require = (field: string, holds: boolean, message: string) => {
    if (!holds) problems.push({ field, message });
  };
  if (reminder !== null) require('/kickOffReminderDate', notAfter(reminder, kickoff), 'The reminder must come before the kickoff.');
  require('/targetReleaseDate', notAfter(kickoff, target), 'The target release date must come after the kickoff.');
  const seen = new Set<number>();
  for (const { date, field } of slots) {
    require(field, notAfter(kickoff, date), 'A regression slot must come after the kickoff.');
    require(field, notAfter(date, target), 'A regression slot must come before the target release date.');
    require(field, !isDate(date) || !seen.has(date.getTime()), 'Two regression slots have the same date.');
    seen.add(date.getTime());
  }
  return problems;
}

/** Whether each date is one. */
export function checkAreDates(dates: readonly { date: Date; field: string }[]): Problem[] {
  return dates.filter(({ date }) => !isDate(date)).map(({ field }) => ({ field, message: 'This is not a date.' }));
}

export const isPast = (date: Date, now: Date, toleranceMs = 0) => date.getTime() < now.getTime() - toleranceMs;

const isDate = (date: Date) => !Number.isNaN(date.getTime());

/** Strictly in order, or not comparable because one of them is no date (which is reported by itself). */
const notAfter = (first: Date, second: Date) => !isDate(first) || !isDate(second) || first < second;
