import { Temporal } from 'temporal-polyfill';

/*
 * What clocks on a wall show, as dates whose UTC fields are the wall's: so calendars can count without knowing about zones. The offset of a
 * zone is that of the date in question, never of now: a time that is left out in spring is taken an hour forward, one that comes twice in
 * autumn is the first of the two.
 */

/** Whether the zone (IANA name) exists. */
export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

/** The instant at which clocks in `zone` show `wall`. */
export function instantOf(wall: Date, zone: string): Date {
  const { epochMilliseconds } = plainOf(wall).toZonedDateTime(zone, { disambiguation: 'compatible' });
  return new Date(epochMilliseconds);
}

/** What clocks in `zone` show at `instant`. */
export function wallOf(instant: Date, zone: string): Date {
  const plain = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(zone).toPlainDateTime();
  return new Date(plain.toZonedDateTime('UTC').epochMilliseconds);
}

const plainOf = (wall: Date) => Temporal.Instant.fromEpochMilliseconds(wall.getTime()).toZonedDateTimeISO('UTC').toPlainDateTime();
