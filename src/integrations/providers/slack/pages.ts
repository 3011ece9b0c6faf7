import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

interface Page {
  has_more?: boolean | undefined;
  response_metadata?: { next_cursor?: string | undefined } | undefined;
}

/** Ends only when Slack says that there is no more: an end we only assume could hide the message that was posted already. */
export async function* paginate<P extends Page>(what: string, read: (cursor: { cursor?: string }) => Promise<P>): AsyncIterable<P> {
  const seen = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const page = await read(cursor === undefined ? {} : { cursor });
    yield page;
    cursor = page.response_metadata?.next_cursor || undefined;
    if (cursor === undefined) {
      if (page.has_more)
        throw new ProviderError('malformed', `${PROVIDER}: ${what} go on, but the cursor is missing`, { provider: PROVIDER });
      return;
    }
    if (seen.has(cursor)) throw new ProviderError('malformed', `${PROVIDER}: the pages of ${what} go in circles`, { provider: PROVIDER });
    seen.add(cursor);
  }
}
