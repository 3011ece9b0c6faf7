import { Cron } from 'croner';
import { isZone } from '../time/wall-clock.ts';

/** A recurring span of time in which something may or may not happen. */
export interface Window {
  id: string;
  name: string;
  /** `allow`: exposure may grow only while one of these is open. `deny` (a freeze): it may not grow while it is open, whatever is allowed. */
  kind: 'allow' | 'deny';
  /** When it opens: minute, hour, day of month, month, day of week, on clocks of `zone`. */
  cron: string;
  /** How long it stays open, in minutes that really pass. */
  durationMinutes: number;
  /** IANA name. */
  zone: string;
}

export interface WindowProblem {
  field: 'cron' | 'durationMinutes' | 'zone';
  message: string;
}

const DAY_MINUTES = 24 * 60;
export const MAX_WINDOW_MINUTES = 31 * DAY_MINUTES;

/** Everything wrong with it at once; none = `decideWindows` takes it. */
export function windowProblems(window: Pick<Window, 'cron' | 'durationMinutes' | 'zone'>): WindowProblem[] {
  const problems: WindowProblem[] = [];
  const wrong = cronProblem(window.cron);
  if (wrong !== null) problems.push({ field: 'cron', message: wrong });
  const { durationMinutes } = window;
  if (!Number.isInteger(durationMinutes) || durationMinutes < 1 || durationMinutes > MAX_WINDOW_MINUTES) {
    problems.push({ field: 'durationMinutes', message: `must be a whole number from 1 to ${MAX_WINDOW_MINUTES} (31 days)` });
  }
  if (!isZone(window.zone))
    problems.push({ field: 'zone', message: `"${window.zone}" is no time zone (use an IANA name such as Europe/Berlin)` });
  return problems;
}

/** Enumerates on the wall's clock; see `wall-clock`. @throws Error when it is no cron expression */
export const wallCron = (expression: string): Cron => new Cron(expression, { timezone: 'UTC', mode: '5-part' });

function cronProblem(expression: string): string | null {
  try {
    const next = wallCron(expression).nextRun(new Date(0));
    return next === null ? 'never comes: there is no such date' : null;
  } catch {
    return 'is no cron expression of five fields (minute, hour, day of month, month, day of week)';
  }
}
