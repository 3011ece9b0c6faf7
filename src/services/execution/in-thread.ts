import type { MessageContent } from '../../domain/message.ts';
import type { MessageHistory, Messaging, PostedMessage } from '../../integrations/capabilities/messaging.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';

/* Messages below the status message of their release, where people want that; beside it where the thread is gone. */

export async function postInThread(
  messaging: Messaging,
  message: { channelId: string; content: MessageContent; key: string },
  threadId: string | undefined,
): Promise<PostedMessage> {
  return inThread(threadId, (thread) => messaging.post({ ...message, ...thread }));
}

/** Says it in the thread where there is one, else beside it. */
export async function inThread<T>(threadId: string | undefined, say: (thread: { threadId?: string }) => Promise<T>): Promise<T> {
  try {
    return await say(threadId === undefined ? {} : { threadId });
  } catch (error) {
    // Somebody deleted the message the thread hangs on.
    if (threadId === undefined || !isAbsent(error)) throw error;
    return say({});
  }
}

/** In the channel and in the thread: where an earlier attempt posted depends on what was there then. */
export async function findInThread(
  history: MessageHistory | undefined,
  query: { channelId: string; key: string; since: string },
  threadId: string | undefined,
): Promise<PostedMessage | null> {
  if (history === undefined) return null;
  const found = await history.findMessage(query);
  if (found !== null || threadId === undefined) return found;
  try {
    return await history.findMessage({ ...query, threadId });
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

const isAbsent = (error: unknown) => error instanceof ProviderError && error.kind === 'not-found';
