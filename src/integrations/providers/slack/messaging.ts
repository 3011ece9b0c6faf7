import type { Messaging } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { postedMessage } from './posted-message.ts';
import { render } from './render.ts';

export function slackMessaging(connection: SlackConnection, deps: AdapterDeps): Messaging {
  const client = slackClient(connection, deps);
  return {
    async post({ channelId, content, key, threadId }) {
      const message = await client.post({
        channel: channelId,
        ...render(content, key),
        ...(threadId === undefined ? {} : { thread_ts: threadId }),
      });
      return postedMessage(client, message.channel, message.ts);
    },
  };
}
