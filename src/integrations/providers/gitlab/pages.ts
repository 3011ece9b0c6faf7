import type { Answer } from './call.ts';
import { trouble } from './gitlab-error.ts';

/** 100,000 items; a server that always names a next page must not keep us for ever. */
const MAX_PAGES = 1_000;

/**
 * All items to the last page. Pages are counted rather than followed by the address in the `Link` header: a server's answer must not decide
 * where our token is sent.
 */
export async function* eachItem<Item>(read: (page: number) => Promise<Answer<Item[]>>): AsyncGenerator<Item> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const answer = await read(page);
    yield* answer.data;
    if (!answer.hasNext) return;
  }
  throw trouble('malformed', `a list has more than ${MAX_PAGES} pages`);
}

/** Where GitLab limits how far pages go (50,000 projects), each page starts after the last item of the one before. */
export async function* eachAfter<Item extends { id: number }>(read: (idAfter: number) => Promise<Answer<Item[]>>): AsyncGenerator<Item> {
  let last = 0;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const answer = await read(last);
    yield* answer.data;
    const reached = answer.data.at(-1)?.id ?? 0;
    if (!answer.hasNext || reached <= last) return;
    last = reached;
  }
  throw trouble('malformed', `a list has more than ${MAX_PAGES} pages`);
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
