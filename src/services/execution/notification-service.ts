import type { Database } from '../../db/client.ts';
import { type Failure, retryDecision } from '../../domain/failure.ts';
import type { MessageContent } from '../../domain/message.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import type { MessageHistory, Messaging, PostedMessage } from '../../integrations/capabilities/messaging.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';
import { type Addressed, address } from './channels.ts';
import { findInThread, postInThread } from './in-thread.ts';

export interface Announcement extends Notification {
  tenantId: string;
  releaseId: string;
  commsConfigId: string;
  /** Where it goes instead of to the channels of its bucket. */
  channels?: readonly string[];
  /** Unique for this message in a channel; stored with it at the provider. */
  keyIn: (channelId: string) => string;
  /** Set when an earlier attempt may have posted: messages since then are searched before anything is posted. */
  lookSince: Date | null;
  /** How long ago the latest such attempt was about to post; what it posted may still come to light. Null: longer than that takes. */
  triedAgoMs: number | null;
  /** Told before something is posted that an earlier attempt may have posted. */
  onPostingAgain: () => Promise<void>;
  /** Channels that have it already: channel id → message id. */
  posted: Record<string, string>;
  /** Channels that refused it for good; they are not asked again. */
  refused: Record<string, Failure>;
  /** Told after each channel, so that a crash forgets nothing. */
  onPosted: (posted: Record<string, string>, message: PostedMessage) => Promise<void>;
}

export interface Sent {
  /** Channel id → message id. */
  posted: Record<string, string>;
  /** Channels that do not have it: channel id → why. */
  failures: Record<string, Failure>;
  /** Why it goes nowhere; null = it goes somewhere. */
  skipped: string | null;
}

/** Messages to people. */
export interface NotificationService {
  /**
   * Posts to every channel of its bucket that does not have the message yet. A channel that fails does not stop the others; one whose trouble
   * is the connection's does.
   */
  sendMessage(announcement: Announcement): Promise<Sent>;
}

/** What posting to one channel takes. */
interface Post {
  provider: string;
  content: MessageContent;
  messaging: Messaging;
  history: MessageHistory | undefined;
  settlesInMs: number;
  threads: Readonly<Record<string, string>>;
}

export function createNotificationService(db: Database, connector: Connector): NotificationService {
  return {
    async sendMessage(announcement) {
      const addressed = await address(db, announcement, announcement);
      const { posted, refused } = announcement;
      if (typeof addressed === 'string') return { posted, failures: {}, skipped: addressed };
      const missing = addressed.channels.filter((channelId) => posted[channelId] === undefined);
      const failures = Object.fromEntries(Object.entries(refused).filter(([channelId]) => missing.includes(channelId)));
      const open = missing.filter((channelId) => failures[channelId] === undefined);
      if (open.length === 0) return { posted, failures, skipped: null };
      const post = await openPost(addressed, announcement);
      const sent = await postToEach(post, announcement, open);
      return { posted: { ...posted, ...sent.posted }, failures: { ...failures, ...sent.failures }, skipped: null };
    },
  };

  async function openPost({ integrationId, content, threads }: Addressed, { tenantId, triedAgoMs }: Announcement): Promise<Post> {
    const { provider, connection, deps } = await connector.open('communication', tenantId, integrationId, attemptSignal());
    const messaging = provider.messaging?.(connection, deps);
    if (messaging === undefined)
      throw new ProviderError('invalid', `${provider.displayName} sends no messages.`, { provider: provider.id });
    // Where there is no history to look into, what was lost is posted again under the same key, by which the receiver tells repeats.
    const history = provider.messageHistory?.(connection, deps);
    const settlesInMs = history && triedAgoMs !== null ? connector.comesToLightWithinMs(history.postVisibleWithinMs) - triedAgoMs : 0;
    return { provider: provider.id, content, messaging, history, settlesInMs, threads };
  }
}

async function postToEach(post: Post, announcement: Announcement, channels: readonly string[]): Promise<Pick<Sent, 'posted' | 'failures'>> {
  const posted: Record<string, string> = {};
  const failures: Record<string, Failure> = Object.fromEntries(channels.map((channelId) => [channelId, notTried]));
  for (const channelId of channels) {
    try {
      const message = await findOrPost(post, announcement, channelId);
      posted[channelId] = message.messageId;
      delete failures[channelId];
      await announcement.onPosted({ ...announcement.posted, ...posted }, message);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      failures[channelId] = error.toFailure();
      if (error.kind === 'unauthorized' || error.kind === 'rate-limited') break;
    }
  }
  return { posted, failures };
}

/** What is said of the channels that come after the one at which the connection turned out not to work. */
export const notTried: Failure = { kind: 'unavailable', message: 'It was not tried: the connection does not work.' };

async function findOrPost(post: Post, announcement: Announcement, channelId: string): Promise<PostedMessage> {
  const { content, messaging, threads } = post;
  const { lookSince, onPostingAgain } = announcement;
  const key = announcement.keyIn(channelId);
  const threadId = threads[channelId];
  if (lookSince !== null) {
    const found = await findInThread(post.history, { channelId, key, since: lookSince.toISOString() }, threadId);
    if (found !== null) return found;
    demandSettled(post.provider, post.settlesInMs);
    await onPostingAgain();
  }
  return postInThread(messaging, { channelId, content, key }, threadId);
}

function demandSettled(provider: string, inMs: number): void {
  if (inMs <= 0) return;
  throw new ProviderError('unavailable', 'An earlier post of this message may still be carried out.', { provider, retryAfterMs: inMs });
}

/** Several channels' failures as one: the one that may still heal decides what happens next, and all are named. Null = none failed. */
export function failureOf(failures: Record<string, Failure>, channels: number): Failure | null {
  const entries = Object.entries(failures);
  const [first] = entries;
  if (first === undefined) return null;
  const [, decisive] = entries.find(([, failure]) => retryDecision(failure).when !== 'never') ?? first;
  if (channels === 1) return decisive;
  const named = entries.map(([channelId, { message }]) => `${channelId}: ${message}`).join(' ');
  return { ...decisive, message: `${entries.length} of ${channels} channels do not have it. ${named}`.slice(0, 1000) };
}
