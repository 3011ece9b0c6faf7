import type { EphemeralReply } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { withinLimits } from './within-limits.ts';

export function slackEphemeralReply(connection: SlackConnection, deps: AdapterDeps): EphemeralReply {
  const client = slackClient(connection, deps);
  return {
    async reply({ channelId, personId, content }) {
      await withinLimits(content, 'reply', (rendered) => client.postEphemeral({ channel: channelId, user: personId, ...rendered }));
    },
  };
}
