import type { Messaging } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { slackClient } from './client.ts';
import { PROVIDER, type SlackConnection } from './identity.ts';
import { postedMessage } from './posted-message.ts';
import { withinLimits } from './within-limits.ts';

export function slackMessaging(connection: SlackConnection, deps: AdapterDeps): Messaging {
  const client = slackClient(connection, deps);
  return {
    async post({ channelId, content, key, threadId }) {
      demandId(channelId);
      const thread = threadId === undefined ? {} : { thread_ts: threadId };
      const message = await withinLimits(content, key, (rendered) => client.post({ channel: channelId, ...rendered, ...thread }));
      return postedMessage(client, message.channel, message.ts);
    },
  };
}

/** Of channels and people: C…, G…, D…, U…. */
const ID = /^[A-Z][A-Z0-9]+$/;

/** Posting takes names, too, and nothing else does: what was posted by one could be neither edited nor found again, and would be posted anew each time. */
function demandId(channelId: string): void {
  if (ID.test(channelId)) return;
  const message = `${PROVIDER}: "${channelId.slice(0, 80)}" is no id of a channel: take the id from the details of the channel in Slack (C…) in place of its name`;
  throw new ProviderError('invalid', message, { provider: PROVIDER });
}
