import { ServiceError } from './service-error.ts';

/** Keyset pages, newest first: the cursor is the last id seen, opaque to clients. */

export interface PageRequest {
  /** 1 to 100. */
  limit: number;
  cursor?: string | undefined;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const ID = /^[0-9A-Z]{26}$/;

/** The id to go on after. @param shape of ids that are no ULIDs @throws ServiceError invalid */
export function afterId(request: PageRequest, shape = ID): string | null {
  if (request.cursor === undefined) return null;
  const id = Buffer.from(request.cursor, 'base64url').toString('latin1');
  if (!shape.test(id))
    throw new ServiceError('invalid', 'The request has invalid fields.', [{ field: '?cursor', message: 'is not one of ours' }]);
  return id;
}

/** @param rows one more than `limit` where there are more, newest first */
export function pageOf<R extends { id: string }, T>(rows: readonly R[], limit: number, view: (row: R) => T): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: items.map(view), nextCursor: hasMore ? Buffer.from(last.id, 'latin1').toString('base64url') : null };
}
