/** When releases of a config usually happen: wall-clock times in one zone, days counted in working days from the kickoff. */
export interface ReleaseSchedule {
  /** IANA name; offsets are those of the day in question, so times stay the same on the wall when clocks change. */
  zone: string;
  /** 1 = Monday … 7 = Sunday. */
  workingDays: number[];
  kickOffTime: WallTime;
  reminder: { workingDaysBefore: number; time: WallTime } | null;
  /** In the order of time. */
  slots: { workingDay: number; time: WallTime; automation?: boolean | undefined }[];
  target: { workingDay: number; time: WallTime };
}

/** `HH:MM`, 00:00 to 23:59. Days are counted from the kickoff's: 0 is that day itself, 1 the next working day. */
export type WallTime = string;

/** The dates of a release, as its schedule has them. */
export interface SuggestedDates {
  /** Null: the schedule has none, or it would lie in the past. */
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  regressionSlots: { date: Date; automation?: boolean }[];
  targetReleaseDate: Date;
}
