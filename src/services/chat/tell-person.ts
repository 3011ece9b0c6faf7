import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { OpenConnection } from '../connections/connect.ts';
import type { Press } from './press.ts';

/** Tells whoever pressed, and nobody else: where they pressed, or alone where that cannot be done. Said twice after a crash, it does no harm. */
export async function tellPerson({ provider, connection, deps }: OpenConnection, press: Press, words: string): Promise<void> {
  const { channelId, personId } = press;
  const content = { summary: words, sections: [] };
  const replies = provider.ephemeralReply?.(connection, deps);
  if (replies !== undefined) {
    try {
      return await replies.reply({ channelId, personId, content });
    } catch (error) {
      if (!(error instanceof ProviderError) || !['forbidden', 'not-found', 'invalid'].includes(error.kind)) throw error;
    }
  }
  const people = provider.peopleDirectory?.(connection, deps);
  const messaging = provider.messaging?.(connection, deps);
  if (people === undefined || messaging === undefined) throw lacks(provider, 'way to answer one person alone');
  await messaging.post({ channelId: await people.directChannel(personId), content, key: press.eventId });
}
