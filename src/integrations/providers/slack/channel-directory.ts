import type { Channel, ChannelDirectory } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type SlackClient, slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { paginate } from './pages.ts';
import { SlackRefusal } from './slack-error.ts';

export function slackChannelDirectory(connection: SlackConnection, deps: AdapterDeps): ChannelDirectory {
  const client = slackClient(connection, deps);
  return { channels: () => channels(client) };
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
