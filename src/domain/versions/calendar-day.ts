/** A day as versions name it. */
export interface CalendarDay {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
  /** The year its ISO week belongs to: around New Year not always that of the day. */
  weekYear: number;
  /** ISO 8601, 1 to 53. */
  week: number;
}

const DAY_MS = 86_400_000;

/** The day of an instant, by UTC: the same wherever it is asked for. */
export function calendarDay(at: Date): CalendarDay {
  const midnight = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
  // An ISO week belongs to the year its Thursday lies in.
  const thursday = new Date(midnight + (4 - (at.getUTCDay() || 7)) * DAY_MS);
  const weekYear = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(weekYear, 0, 1)) / (7 * DAY_MS)) + 1;
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate(), weekYear, week };
}

/** The 28th of December always lies in the last week of its year. */
export const weeksIn = (weekYear: number): number => calendarDay(new Date(Date.UTC(weekYear, 11, 28))).week;

export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
