import { checkAreDates, checkDateOrder, isPast, PAST_TOLERANCE_MS } from './dates.ts';
import type { Problem } from './problem.ts';
import type { ReleaseStatus } from './vocabulary.ts';

/** A release's dates as they stand. */
export interface CurrentDates {
  status: ReleaseStatus;
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  slots: readonly { date: Date; status: 'PLANNED' | 'USED' | 'SKIPPED' }[];
}

/** What is to be moved; what is absent stays. */
export interface DateChange {
  /** null removes it. */
  kickOffReminderDate?: Date | null;
  kickOffDate?: Date;
  targetReleaseDate?: Date;
  /** Required when the target moves later. */
  delayReason?: string;
  /** The planned slots that an earlier target leaves behind are skipped. */
  skipSlots?: boolean;
}

const ended: readonly ReleaseStatus[] = ['COMPLETED', 'ARCHIVED'];

/** Every problem of a change of dates; none = it may be made. A date given as it stands already is no change. */
export function validateDateChange(current: CurrentDates, change: DateChange, now: Date): Problem[] {
  const reminder = change.kickOffReminderDate === undefined ? current.kickOffReminderDate : change.kickOffReminderDate;
  const kickoff = change.kickOffDate ?? current.kickOffDate;
  const target = change.targetReleaseDate ?? current.targetReleaseDate;
  const given = { kickOffReminderDate: reminder, kickOffDate: kickoff, targetReleaseDate: target };
  const invalid = checkAreDates(namedDates(given));
  if (invalid.length > 0) return invalid;

  const moved = {
    reminder: reminder?.getTime() !== current.kickOffReminderDate?.getTime(),
    kickoff: kickoff.getTime() !== current.kickOffDate.getTime(),
    target: target.getTime() !== current.targetReleaseDate.getTime(),
  };
  if (!moved.reminder && !moved.kickoff && !moved.target) return [];
  const problems: Problem[] = [];
  const require = (field: string, holds: boolean, message: string) => {
    if (!holds) problems.push({ field, message });
  };
  const open = !ended.includes(current.status);
  const pending = current.status === 'PENDING';
  if (moved.reminder) {
    require('/kickOffReminderDate', pending, 'The reminder can be moved only before the kickoff.');
    require('/kickOffReminderDate', reminder === null || !isPast(reminder, now), 'The reminder must not be in the past.');
  }
  if (moved.kickoff) {
    require('/kickOffDate', pending, 'The kickoff can be moved only while the release is pending.');
    require('/kickOffDate', !isPast(kickoff, now, PAST_TOLERANCE_MS), 'The kickoff must not be in the past.');
  }
  if (moved.target) {
    const explained = target <= current.targetReleaseDate || (change.delayReason ?? '').trim() !== '';
    require('/targetReleaseDate', open, `The target release date of a release that is ${current.status} cannot be moved.`);
    require('/targetReleaseDate', !isPast(target, now), 'The target release date must not be in the past.');
    require('/delayReason', explained, 'Moving the target release date later needs a reason.');
  }
  return [
    ...problems,
    ...checkDateOrder({ ...given, slots: [] }),
    ...slotsLeftOut(current.slots, moved.kickoff ? kickoff : null, moved.target && change.skipSlots !== true ? target : null),
  ];
}

/** Slots stay where they are: whoever moves a date past one is told so, once, at the date they moved. */
function slotsLeftOut(slots: CurrentDates['slots'], kickoff: Date | null, target: Date | null): Problem[] {
  const planned = slots.filter((slot) => slot.status === 'PLANNED');
  const problems: Problem[] = [];
  const before = planned.filter((slot) => kickoff !== null && slot.date <= kickoff);
  if (before.length > 0) {
    const message = `The kickoff must come before every planned regression slot; not so ${named(before)}.`;
    problems.push({ field: '/kickOffDate', message });
  }
  const behind = slotsBehind(planned, target);
  if (behind.length > 0) {
    const message = `The target release date must come after every planned regression slot; not so ${named(behind)}. Move or remove them, or ask to skip them with skipSlots.`;
    problems.push({ field: '/targetReleaseDate', message });
  }
  return problems;
}

/** Planned slots for which there is no time before the target; null = it does not move. */
export const slotsBehind = <Slot extends CurrentDates['slots'][number]>(slots: readonly Slot[], target: Date | null): Slot[] =>
  slots.filter((slot) => slot.status === 'PLANNED' && target !== null && slot.date >= target);

const named = (slots: CurrentDates['slots']) => slots.map(({ date }) => date.toISOString()).join(', ');

/** Every problem of a slot to be added; `date` is called `/date`. */
export function validateNewSlot(current: CurrentDates, date: Date, now: Date): Problem[] {
  const invalid = checkAreDates([{ date, field: '/date' }]);
  if (invalid.length > 0) return invalid;
  const problems: Problem[] = [];
  const require = (holds: boolean, message: string) => {
    if (!holds) problems.push({ field: '/date', message });
  };
  require(!ended.includes(current.status) &&
    current.status !== 'SUBMITTED', `A release that is ${current.status} takes no regression slot.`);
  require(!isPast(date, now, PAST_TOLERANCE_MS), 'A regression slot must not be in the past.');
  require(date > current.kickOffDate, 'A regression slot must come after the kickoff.');
  require(date < current.targetReleaseDate, 'A regression slot must come before the target release date.');
  const taken = current.slots.some((slot) => slot.status === 'PLANNED' && slot.date.getTime() === date.getTime());
  require(!taken, 'Two regression slots have the same date.');
  return problems;
}

function namedDates(dates: Pick<CurrentDates, 'kickOffReminderDate' | 'kickOffDate' | 'targetReleaseDate'>) {
  return [
    ...(dates.kickOffReminderDate === null ? [] : [{ date: dates.kickOffReminderDate, field: '/kickOffReminderDate' }]),
    { date: dates.kickOffDate, field: '/kickOffDate' },
    { date: dates.targetReleaseDate, field: '/targetReleaseDate' },
  ];
}
