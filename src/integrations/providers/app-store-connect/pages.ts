import { ascTrouble } from './asc-error.ts';
import type { Included } from './schema.ts';

export interface Page<T> {
  data: T[];
  included?: Included;
  links?: { next?: string | null | undefined } | null | undefined;
}

/** The most Apple gives at once. */
export const PAGE_SIZE = 200;

/** Every page, each with what it includes. Of the link to the next one only the cursor is taken: the address stays the connection's. */
export async function* eachPage<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<Page<T>> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield page;
    cursor = cursorOf(page.links?.next);
  } while (cursor !== undefined);
}

export async function everyPage<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for await (const { data } of eachPage(read)) all.push(...data);
  return all;
}

function cursorOf(next: string | null | undefined): string | undefined {
  if (!next) return undefined;
  const cursor = new URLSearchParams(next.split('?')[1] ?? '').get('cursor');
  if (!cursor) throw ascTrouble('malformed', 'a list goes on, but the link to its next page has no cursor');
  return cursor;
}
