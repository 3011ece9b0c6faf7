import type { MessageContent } from '../../domain/message.ts';

/** Messaging to people, bound to one connection. */

export interface Channel {
  id: string;
  name: string;
  isPrivate: boolean;
  /** Whether the connection's account may post there now. */
  isMember: boolean;
}

export interface PostedMessage {
  channelId: string;
  /** Id at the provider, with which it is edited or replied to. */
  messageId: string;
  url: string | null;
}

export interface Messaging {
  /** How long after a post was given up for lost it may still show in `findMessage`, milliseconds. */
  readonly postVisibleWithinMs: number;
  /** Finds the message posted under `key` since `since` (ISO 8601), so that a retry after an unknown outcome posts nothing twice. */
  findMessage(query: { channelId: string; key: string; since: string; threadId?: string }): Promise<PostedMessage | null>;
  /** Posts; not idempotent by itself: after an unknown outcome call `findMessage` first. `key` is stored with the message. */
  post(message: { channelId: string; content: MessageContent; key: string; threadId?: string }): Promise<PostedMessage>;
  /** Replaces the content of a message in place. */
  edit(message: { channelId: string; messageId: string; content: MessageContent; key: string }): Promise<PostedMessage>;
  channels(): AsyncIterable<Channel>;
}
