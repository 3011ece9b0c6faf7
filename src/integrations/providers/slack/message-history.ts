import type { MessageHistory } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type SlackClient, slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { paginate } from './pages.ts';
import { postedMessage } from './posted-message.ts';
import { blockIdOf } from './render.ts';

/** `since` is our clock and `ts` is Slack's; keys are unique, so that looking too far back costs nothing but a page. */
const CLOCK_TOLERANCE_SECONDS = 300;

/** History is read from where posts are written; what can be late is a post whose answer we lost and which is still being carried out. */
const POST_VISIBLE_WITHIN_MS = 2_000;

type MessagePage = Awaited<ReturnType<SlackClient['history']>>;

export function slackMessageHistory(connection: SlackConnection, deps: AdapterDeps): MessageHistory {
  const client = slackClient(connection, deps);
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
        if (found) return postedMessage(client, channelId, found.ts);
      }
      return null;
    },
  };
}

function oldestOf(since: string): string {
  const seconds = Math.floor(Date.parse(since) / 1000) - CLOCK_TOLERANCE_SECONDS;
  if (!Number.isFinite(seconds)) throw new TypeError('since is not a date');
  return `${Math.max(0, seconds)}.000000`;
}
