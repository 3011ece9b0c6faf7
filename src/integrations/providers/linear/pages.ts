import type { z } from 'zod';
import { linearTrouble } from './linear-error.ts';
import type { Page } from './schema.ts';
import type { LinearTransport } from './transport.ts';

/** Linear gives 50 entries a page by itself and 250 at most; larger pages cost more complexity. */
export const PAGE_SIZE = 50;
/** More pages than this mean that a cursor leads nowhere. */
const MAX_PAGES = 1_000;

/** A list to its last page; `schema` leads from `data` to the list. */
export async function* eachNode<T>(
  transport: LinearTransport,
  request: { operation: string; query: string; variables?: Record<string, unknown> },
  schema: z.ZodType<Page<T>>,
): AsyncGenerator<T> {
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const variables: Record<string, unknown> = { ...request.variables, first: PAGE_SIZE, after };
    const { nodes, pageInfo }: Page<T> = await transport.ask({ ...request, variables, schema });
    yield* nodes;
    const next = pageInfo.endCursor ?? null;
    if (!pageInfo.hasNextPage || next === null || next === after) return;
    after = next;
  }
  throw linearTrouble('malformed', `${request.operation} did not end after ${MAX_PAGES} pages`);
}
