import type { z } from 'zod';
import type { JsonHttp } from '../../kit/http.ts';
import { redirectRefused } from '../../kit/transport.ts';
import { PROVIDER, trouble } from './identity.ts';
import { pageOf } from './schema.ts';

/** 100,000 items; a server that always names a next page must not keep us for ever. */
const MAX_PAGES = 1_000;
const NOT_YET_MS = 30_000;

export interface ListRequest<T> {
  operation: string;
  /** Begins with `/`, with its query. */
  path: string;
  item: z.ZodType<T>;
}

/** Follows `next` to the last page, never away from the API: a server's answer must not decide where our credentials are sent. */
export async function* eachItem<T>(http: JsonHttp, baseUrl: string, { operation, path, item }: ListRequest<T>): AsyncGenerator<T> {
  const schema = pageOf(item);
  let from = path;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { response, json } = await http.send({ operation, method: 'GET', path: from });
    if (!response.ok) throw redirectRefused(response, { provider: PROVIDER, doing: operation });
    if (response.status === 202) throw trouble('unavailable', `${operation}: Bitbucket is still indexing`, NOT_YET_MS);
    const read = schema.safeParse(json);
    if (!read.success) throw trouble('malformed', `${operation} answered ${response.status}, but not with a list as described`);
    yield* read.data.values;
    if (read.data.next === undefined) return;
    from = withinApi(baseUrl, read.data.next);
  }
  throw trouble('malformed', `${operation}: a list has more than ${MAX_PAGES} pages`);
}

function withinApi(baseUrl: string, next: string): string {
  const base = new URL(baseUrl);
  const url = URL.canParse(next) ? new URL(next) : null;
  const prefix = base.pathname === '/' ? '' : base.pathname;
  if (url === null || url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`)) {
    throw trouble('malformed', 'a list names a next page that is not at the base URL: check the base URL');
  }
  return url.pathname.slice(prefix.length) + url.search;
}
