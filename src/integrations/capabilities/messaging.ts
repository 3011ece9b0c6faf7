import type { MessageContent } from '../../domain/message.ts';

/** Messages to people, bound to one connection. What a provider lacks beyond posting is a capability it does not declare. */

export interface PostedMessage {
  channelId: string;
  /** Id at the provider, with which it is edited or replied to. */
  messageId: string;
  url: string | null;
}

export interface Messaging {
  /**
   * Posts. Where there is a `message-history`, call `findMessage` first after an unknown outcome; elsewhere the receiver tells repeats by `key`,
   * which travels with the message.
   */
  post(message: { channelId: string; content: MessageContent; key: string; threadId?: string }): Promise<PostedMessage>;
}

/** Finding what was posted. */
export interface MessageHistory {
  /** How long after a post was given up for lost it may still show in `findMessage`, milliseconds. */
  readonly postVisibleWithinMs: number;
  /** Finds the message posted under `key` since `since` (ISO 8601), so that a retry after an unknown outcome posts nothing twice. */
  findMessage(query: { channelId: string; key: string; since: string; threadId?: string }): Promise<PostedMessage | null>;
}

export interface MessageEditing {
  /** Replaces the content of a message in place; one that is gone is `not-found`. */
  edit(message: { channelId: string; messageId: string; content: MessageContent; key: string }): Promise<PostedMessage>;
}

export interface Channel {
  id: string;
  name: string;
  isPrivate: boolean;
  /** Whether the connection's account may post there now. */
  isMember: boolean;
}

/** Which channels there are, for forms, to the last page. */
export interface ChannelDirectory {
  channels(): AsyncIterable<Channel>;
}

export interface Person {
  /** At the provider. */
  id: string;
  displayName: string;
  /** Confirmed by the provider; null where it does not tell. */
  email: string | null;
  /** A deactivated account or a bot is nobody to ask. */
  isActivePerson: boolean;
}

export interface PeopleDirectory {
  /** null = nobody with that address, or none the connection may see. */
  findPersonByEmail(email: string): Promise<Person | null>;
  person(id: string): Promise<Person | null>;
  /** The channel in which only this person reads what is posted. */
  directChannel(personId: string): Promise<string>;
}

/** Telling one person something where everybody talks. */
export interface EphemeralReply {
  /**
   * Shows it to this person alone, in the channel, for as long as the provider pleases: nothing to find, edit or rely on. Not idempotent. A person who
   * is not in the channel is a refusal.
   */
  reply(message: { channelId: string; personId: string; content: MessageContent }): Promise<void>;
}

export interface SharedFile {
  id: string;
  url: string | null;
}

export interface FileSharing {
  /** How long after a share was given up for lost it may still show in `findShared`, milliseconds. */
  readonly shareVisibleWithinMs: number;
  /** Streams a file into a channel or thread; nothing holds it whole in memory. Not idempotent by itself: see `onArrived`. */
  shareFile(file: {
    channelId: string;
    threadId?: string;
    name: string;
    sizeBytes: number;
    /** Plain text, shown with the file. */
    comment?: string;
    open(): AsyncIterable<Uint8Array>;
    /** Told the file's id when all of it has arrived and nobody can see it yet. What this throws keeps it unseen. */
    onArrived?(fileId: string): Promise<void>;
  }): Promise<SharedFile>;
  /** Whether a file can be seen in a channel or a thread of it; null = it cannot, so that a retry after an unknown outcome shares nothing twice. */
  findShared(query: { channelId: string; fileId: string }): Promise<SharedFile | null>;
}
