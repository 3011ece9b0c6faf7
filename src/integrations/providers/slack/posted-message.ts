import type { PostedMessage } from '../../capabilities/messaging.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { SlackClient } from './client.ts';

/** A message with its address. One that is there is never an error for want of it. */
export async function postedMessage(client: SlackClient, channelId: string, messageId: string): Promise<PostedMessage> {
  try {
    const { permalink } = await client.permalink(channelId, messageId);
    return { channelId, messageId, url: permalink };
  } catch (error) {
    if (error instanceof ProviderError) return { channelId, messageId, url: null };
    throw error;
  }
}
