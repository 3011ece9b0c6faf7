import { createHash } from 'node:crypto';
import type { Messaging } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { oneLine, plainText, shortened } from '../../kit/portable-text.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { htmlOf } from './html.ts';
import { isAddress, PROVIDER, type SmtpConnection } from './identity.ts';
import { withServer } from './transport.ts';

/** Beyond what anybody reads; some mail programs cut at about 100 kB of HTML. */
const MAX_CHARS = 50_000;
const MAX_SUBJECT = 200;
const MESSAGE_ID = /^<[!-;=?-~]{1,250}>$/;

export function smtpMessaging(connection: SmtpConnection, deps: AdapterDeps): Messaging {
  const { from, fromName } = connection.settings;
  return {
    async post({ channelId, content, key, threadId }) {
      if (!isAddress(channelId)) {
        // As the server would say of a mailbox it does not have.
        throw new ProviderError('not-found', `${PROVIDER}: "${oneLine(channelId, 100)}" is no e-mail address`, { provider: PROVIDER });
      }
      const messageId = messageIdOf(from, channelId, key);
      const { summary, sections } = shortened(content, MAX_CHARS);
      await withServer(connection, deps, 'send the mail', (transport) =>
        transport.sendMail({
          messageId,
          date: deps.now(),
          from: { name: oneLine(fromName, 100), address: from },
          to: { name: '', address: channelId },
          envelope: { from, to: [channelId] },
          subject: oneLine(summary, MAX_SUBJECT) || '…',
          text: plainText({ summary, sections }),
          html: htmlOf({ summary, sections }),
          // Nobody's holiday note should answer.
          headers: { 'Auto-Submitted': 'auto-generated' },
          ...(threadId !== undefined && MESSAGE_ID.test(threadId) ? { inReplyTo: threadId, references: threadId } : {}),
        }),
      );
      return { channelId, messageId, url: null };
    },
  };
}

/** The same for each try, by which mail servers and programs know repeats; another for each recipient. */
function messageIdOf(from: string, channelId: string, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([channelId, key]))
    .digest('hex');
  return `<${digest}@${from.split('@')[1] ?? ''}>`;
}
