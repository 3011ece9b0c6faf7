import { createHash } from 'node:crypto';

/** One workspace with one app in it: what Slack would remember. */

export interface FakeBlock {
  type: string;
  block_id?: string;
  text?: { type: string; text: string };
  fields?: { type: string; text: string }[];
}

export interface FakeMessage {
  ts: string;
  user: string;
  /** Present when the app posted it. */
  botId?: string;
  text: string;
  blocks?: FakeBlock[];
  threadTs?: string;
  isEdited: boolean;
}

export interface FakeChannel {
  id: string;
  name: string;
  isPrivate: boolean;
  isMember: boolean;
  isArchived: boolean;
  created: number;
  /** Oldest first, replies included. */
  messages: FakeMessage[];
}

interface NewChannel {
  name: string;
  isPrivate?: boolean;
  isMember?: boolean;
  isArchived?: boolean;
}

export interface WorkspaceOptions {
  token: string;
  name: string;
  scopes: readonly string[];
  now: () => Date;
}

export class FakeWorkspace {
  readonly token: string;
  readonly name: string;
  readonly teamId: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly person: string;
  scopes: readonly string[];
  /** Why the token is no good any more (`token_revoked`, `account_inactive`), when it is not. */
  tokenTrouble: string | null = null;
  readonly channels = new Map<string, FakeChannel>();
  readonly #now: () => Date;
  #lastTs = 0;

  constructor({ token, name, scopes, now }: WorkspaceOptions) {
    const id = (prefix: string, what: string) =>
      prefix + createHash('sha256').update(`${token} ${what}`).digest('hex').slice(0, 9).toUpperCase();
    this.token = token;
    this.name = name;
    this.scopes = scopes;
    this.teamId = id('T', 'team');
    this.botUserId = id('U', 'bot user');
    this.botId = id('B', 'bot');
    this.person = id('U', 'person');
    this.#now = now;
  }

  addChannel({ name, isPrivate = false, isMember = true, isArchived = false }: NewChannel): FakeChannel {
    const id = `C${(this.channels.size + 1).toString(36).toUpperCase().padStart(10, '0')}`;
    const created = Math.floor(this.#now().getTime() / 1000);
    const channel = { id, name, isPrivate, isMember, isArchived, created, messages: [] };
    this.channels.set(id, channel);
    return channel;
  }

  /** A person writes. */
  say(channelId: string, text: string, threadTs?: string): FakeMessage {
    return this.add(channelId, { user: this.person, text, ...(threadTs === undefined ? {} : { threadTs }) });
  }

  add(channelId: string, message: Omit<FakeMessage, 'ts' | 'isEdited'>): FakeMessage {
    const stored = { ...message, ts: this.#nextTs(), isEdited: false };
    const channel = this.channels.get(channelId);
    if (!channel) throw new Error(`the fake has no channel ${channelId}`);
    channel.messages.push(stored);
    return stored;
  }

  url(): string {
    return `https://${this.name.toLowerCase()}.slack.com/`;
  }

  /** Seconds and microseconds, unique within the workspace. */
  #nextTs(): string {
    this.#lastTs = Math.max(this.#lastTs + 1, this.#now().getTime() * 1000);
    return `${Math.floor(this.#lastTs / 1_000_000)}.${String(this.#lastTs % 1_000_000).padStart(6, '0')}`;
  }
}
