import type { Channel, Messaging, PostedMessage } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type SlackClient, slackClient } from './client.ts';
import { PROVIDER, type SlackConnection } from './identity.ts';
import { blockIdOf, render } from './render.ts';
import { SlackRefusal } from './slack-error.ts';

/** `since` is our clock and `ts` is Slack's; keys are unique, so that looking too far back costs nothing but a page. */
const CLOCK_TOLERANCE_SECONDS = 300;

/** History is read from where posts are written; what can be late is a post whose answer we lost and which is still being carried out. */
const POST_VISIBLE_WITHIN_MS = 2_000;

type MessagePage = Awaited<ReturnType<SlackClient['history']>>;

export function slackMessaging(connection: SlackConnection, deps: AdapterDeps): Messaging {
  const client = slackClient(connection, deps);

  /** A message that is there is never an error for want of its address. */
  async function posted(channelId: string, messageId: string): Promise<PostedMessage> {
    try {
      const { permalink } = await client.permalink(channelId, messageId);
      return { channelId, messageId, url: permalink };
    } catch (error) {
      if (error instanceof ProviderError) return { channelId, messageId, url: null };
      throw error;
    }
  }

  return {
    postVisibleWithinMs: POST_VISIBLE_WITHIN_MS,
    async findMessage({ channelId, key, since, threadId }) {
      const blockId = blockIdOf(key);
      const oldest = oldestOf(since);
      const pages = paginate('the messages', async (cursor): Promise<MessagePage> => {
        const query = { channel: channelId, oldest, ...cursor };
        return threadId === undefined ? client.history(query) : client.replies({ ...query, ts: threadId });
      });
      for await (const page of pages) {
        const found = page.messages.find((message) => message.blocks?.some((block) => block.block_id === blockId));
        if (found) return posted(channelId, found.ts);
      }
      return null;
    },

    async post({ channelId, content, key, threadId }) {
      const message = await client.post({
        channel: channelId,
        ...render(content, key),
        ...(threadId === undefined ? {} : { thread_ts: threadId }),
      });
      return posted(message.channel, message.ts);
    },

    async edit({ channelId, messageId, content, key }) {
      const message = await client.update({ channel: channelId, ts: messageId, ...render(content, key) });
      return posted(message.channel, message.ts);
    },

    channels: () => channels(client),
  };
}

/** Private channels need a scope of their own (groups:read), which an app may do without. */
async function* channels(client: SlackClient): AsyncIterable<Channel> {
  let types = 'public_channel,private_channel';
  const pages = paginate('the channels', async (cursor) => {
    try {
      return await client.channels({ types, ...cursor });
    } catch (error) {
      const mayNarrow = error instanceof SlackRefusal && error.code === 'missing_scope' && cursor.cursor === undefined;
      if (!mayNarrow) throw error;
      types = 'public_channel';
      return client.channels({ types });
    }
  });
  for await (const page of pages) {
    for (const { id, name, is_private, is_member } of page.channels) {
      yield { id, name, isPrivate: is_private ?? false, isMember: is_member ?? false };
    }
  }
}

interface Page {
  has_more?: boolean | undefined;
  response_metadata?: { next_cursor?: string | undefined } | undefined;
}

/** Ends only when Slack says that there is no more: an end we only assume could hide the message that was posted already. */
async function* paginate<P extends Page>(what: string, read: (cursor: { cursor?: string }) => Promise<P>): AsyncIterable<P> {
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

function oldestOf(since: string): string {
  const seconds = Math.floor(Date.parse(since) / 1000) - CLOCK_TOLERANCE_SECONDS;
  if (!Number.isFinite(seconds)) throw new TypeError('since is not a date');
  return `${Math.max(0, seconds)}.000000`;
}
