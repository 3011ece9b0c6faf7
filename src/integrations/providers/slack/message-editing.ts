import type { MessageEditing } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { postedMessage } from './posted-message.ts';
import { withinLimits } from './within-limits.ts';

export function slackMessageEditing(connection: SlackConnection, deps: AdapterDeps): MessageEditing {
  const client = slackClient(connection, deps);
  return {
    async edit({ channelId, messageId, content, key }) {
      const message = await withinLimits(content, key, (rendered) => client.update({ channel: channelId, ts: messageId, ...rendered }));
      return postedMessage(client, message.channel, message.ts);
    },
  };
}
