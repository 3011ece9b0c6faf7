import { createHash } from 'node:crypto';
import type { Messaging } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { oneLine, plainText, shortened, webAddress } from '../../kit/portable-text.ts';
import { deliver } from './deliver.ts';
import type { WebhookConnection } from './identity.ts';
import { markdownOf } from './markdown.ts';

/** Beyond what anybody reads; receivers limit what they take. */
const MAX_CHARS = 50_000;
const MAX_SUMMARY = 300;

export function webhookMessaging(connection: WebhookConnection, deps: AdapterDeps): Messaging {
  return {
    async post({ channelId, content, key, threadId }) {
      const messageId = idOf(channelId, key);
      const { summary, sections } = shortened(content, MAX_CHARS);
      await deliver(connection, deps, messageId, {
        type: 'message',
        id: messageId,
        key,
        channel: channelId,
        threadId: threadId ?? null,
        summary: oneLine(summary, MAX_SUMMARY),
        text: plainText({ summary, sections }),
        markdown: markdownOf({ summary, sections }),
        sections: sections.map(({ heading, text, fields = [] }) => ({
          heading: heading ?? null,
          text: text ?? null,
          fields: fields.map(({ label, value, url }) => ({ label, value, url: webAddress(url) })),
        })),
      });
      return { channelId, messageId, url: null };
    },
  };
}

/**
 * By which a receiver tells repeats. The key alone is not enough: one message to two channels is two deliveries. As a digest, because ids
 * stand in a header and must not contain a full stop, which separates what is signed.
 */
function idOf(channelId: string, key: string): string {
  return `msg_${createHash('sha256')
    .update(JSON.stringify([channelId, key]))
    .digest('hex')}`;
}
