import type { ReleaseType } from '../release/vocabulary.ts';
import { type CalendarDay, daysIn, weeksIn } from './calendar-day.ts';
import { calverTemplate, type Unit, unitsOf } from './calver-format.ts';
import type { Scheme } from './scheme.ts';
import { compareValues, firstDifference, readTemplate, type Template, writeTemplate } from './template.ts';

/* CALVER: the day a version is planned for, and numbers that count what came out within the same day, week, month or year. */

const sampleDay: CalendarDay = { year: 2026, month: 6, day: 3, weekYear: 2026, week: 23 };

/** What was taken for a calendar version before there were formats: the month with or without its zero. */
const formerFormat = 'YYYY.0M[.MICRO]';
const FORMER_MONTH = '(?:0?[1-9]|1[0-2])';

/** @param format one that `checkCalverFormat` finds nothing wrong with; null = the former */
export function calverScheme(format: string | null): Scheme {
  const exact = calverTemplate(format ?? formerFormat);
  const template = format === null ? leniently(exact) : exact;
  const units = unitsOf(format ?? formerFormat);
  const last = units.length - 1;
  const counted = isCounter(units[last]);
  const read = (version: string) => readTemplate(template, version) ?? [];
  const example = format === null ? '2025.06 or 2025.06.1' : writeTemplate(template, valuesOn(units, sampleDay, 1));
  const write = (values: readonly number[]) => writeTemplate(template, values);
  return {
    check(version) {
      const values = readTemplate(template, version);
      if (values === null) return `is not a calendar version such as ${example}`;
      return isRealDay(units, values) ? null : 'names a day or a week that its year does not have';
    },
    compare: (a, b) => compareValues(read(a), read(b)),
    checkStep(type, version, latest) {
      const at = firstDifference(read(version), read(latest));
      if (type === 'HOTFIX') return counted && at < last ? `A hotfix raises only the last number of ${latest}.` : null;
      const own = counterOf(units, type);
      if (own === -1 || at <= own) return null;
      return `A ${type.toLowerCase()} release must raise ${type} of ${latest}, or what comes before it.`;
    },
    next(type, latest, day) {
      if (latest === null) return write(valuesOn(units, day, 0));
      const before = read(latest);
      const dated = type === 'HOTFIX' && counted ? null : datedAfter(units, before, day);
      const own = counterOf(units, type);
      const far = dated !== null && (own === -1 || firstDifference(dated, before) <= own);
      const after = far ? dated : countedAfter(units, type, before, day);
      return after === null ? null : write(after);
    },
    lineOf: (version) => (counted ? read(version).slice(0, last).join('.') : null),
  };
}

const isCounter = (unit: Unit | undefined) => unit === 'MAJOR' || unit === 'MINOR' || unit === 'MICRO';

/** The place of the counter that has the type's own name; -1 = there is none. */
const counterOf = (units: readonly string[], type: ReleaseType) => units.indexOf(type);

const leniently = ({ pieces, optionalFrom }: Template): Template => ({
  pieces: pieces.map((piece) => (typeof piece !== 'string' && piece.name === 'month' ? { ...piece, regex: FORMER_MONTH } : piece)),
  optionalFrom,
});

/** Years of weeks are those of the weeks: a version of the week around New Year would otherwise come before the one of the week before. */
function valuesOn(units: readonly Unit[], day: CalendarDay, counter: number): number[] {
  return units.map((unit) => calendarValue(unit, units, day) ?? counter);
}

function calendarValue(unit: Unit, units: readonly Unit[], day: CalendarDay): number | null {
  switch (unit) {
    case 'year':
      return units.includes('week') ? day.weekYear : day.year;
    case 'month':
    case 'day':
    case 'week':
      return day[unit];
    default:
      return null;
  }
}

/** The version of the day, its counters begun anew behind what the calendar raised; null = the calendar has not moved on. */
function datedAfter(units: readonly Unit[], before: readonly number[], day: CalendarDay): number[] | null {
  let raised = false;
  const values = units.map((unit, index) => {
    const former = before[index] ?? 0;
    const value = calendarValue(unit, units, day) ?? (raised ? 0 : former);
    raised ||= value !== former;
    return value;
  });
  return compareValues(values, before) > 0 ? values : null;
}

/** The counter of the type's own name goes up, else the last there is; null = the format counts nothing. */
function countedAfter(units: readonly Unit[], type: ReleaseType, before: readonly number[], day: CalendarDay): number[] | null {
  const own = counterOf(units, type);
  const at = own === -1 ? units.findLastIndex(isCounter) : own;
  if (at === -1) return null;
  return units.map((unit, index) => {
    const former = before[index] ?? 0;
    if (index === at) return former + 1;
    return index < at ? former : (calendarValue(unit, units, day) ?? 0);
  });
}

function isRealDay(units: readonly Unit[], values: readonly number[]): boolean {
  const of = (unit: Unit) => values[units.indexOf(unit)];
  const [year, month, day, week] = [of('year'), of('month'), of('day'), of('week')];
  if (year === undefined) return true;
  if (week !== undefined) return week <= weeksIn(year);
  return month === undefined || day === undefined || day <= daysIn(year, month);
}
