import type { MessageEditing } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { postedMessage } from './posted-message.ts';
import { render } from './render.ts';

export function slackMessageEditing(connection: SlackConnection, deps: AdapterDeps): MessageEditing {
  const client = slackClient(connection, deps);
  return {
    async edit({ channelId, messageId, content, key }) {
      const message = await client.update({ channel: channelId, ts: messageId, ...render(content, key) });
      return postedMessage(client, message.channel, message.ts);
    },
  };
}
