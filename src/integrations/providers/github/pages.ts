import { ProviderError } from '../../kit/provider-error.ts';
import type { Answer } from './ask.ts';
import { PROVIDER } from './identity.ts';

/** 100,000 items; a server that always names a next page must not keep us for ever. */
const MAX_PAGES = 1_000;

/**
 * All items to the last page. Pages are counted rather than followed by the address in the `Link` header: a server's answer must not decide
 * where our token is sent.
 */
export async function* eachItem<T, Item>(read: (page: number) => Promise<Answer<T>>, itemsOf: (data: T) => Item[]): AsyncGenerator<Item> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const answer = await read(page);
    yield* itemsOf(answer.data);
    if (!answer.hasNext) return;
  }
  throw new ProviderError('malformed', `${PROVIDER}: a list has more than ${MAX_PAGES} pages`, { provider: PROVIDER });
}
