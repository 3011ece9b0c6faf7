import { sql } from 'drizzle-orm';
import { customType, datetime } from 'drizzle-orm/mysql-core';

/** ULID: sortable by creation, 26 characters, compared byte by byte. */
export const id = customType<{ data: string; driverData: string }>({
  dataType: () => 'char(26) character set ascii collate ascii_bin',
});

/** Words of our own vocabulary (statuses, types, keys): ASCII, case-sensitive. */
export const word = customType<{ data: string; driverData: string; config: { length: number }; configRequired: true }>({
  dataType: (config) => `varchar(${config.length}) character set ascii collate ascii_bin`,
});

/** Names that come from people and providers: any script, compared exactly. */
export const name = customType<{ data: string; driverData: string; config: { length: number }; configRequired: true }>({
  dataType: (config) => `varchar(${config.length}) character set utf8mb4 collate utf8mb4_bin`,
});

/** Millisecond instant, UTC. */
export const instant = (column: string) => datetime(column, { mode: 'date', fsp: 3 });

/** The database's clock, UTC, milliseconds: the only clock that decides. */
export const now = sql`(utc_timestamp(3))`;

/**
 * JSON objects and arrays, parsed on both servers: MySQL's driver hands out objects, MariaDB's may hand out text. JSON `null` and SQL NULL
 * read the same, so only objects and arrays are stored.
 */
export function json<T extends object>(column: string) {
  return customType<{ data: T; driverData: string }>({
    dataType: () => 'json',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value: unknown) => parseJson(value) as T,
  })(column);
}

/** For hand-written queries, which bypass the column types. */
export function parseJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
