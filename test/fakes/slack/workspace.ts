import { createHash } from 'node:crypto';

/** One workspace with one app in it: what Slack would remember. */

export interface FakeBlock {
  type: string;
  block_id?: string;
  text?: { type: string; text: string };
  fields?: { type: string; text: string }[];
  elements?: ({ type: string; text: string } | FakeButton)[];
}

export interface FakeButton {
  type: 'button';
  action_id: string;
  /** Of the block around it. */
  block_id?: string | undefined;
  text: { type: string; text: string };
  value?: string | undefined;
  style?: string | undefined;
  confirm?: { title: { text: string }; text: { text: string }; style?: string | undefined } | undefined;
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
  /** A direct message channel with this person. */
  personId?: string;
  created: number;
  /** Oldest first, replies included. */
  messages: FakeMessage[];
  /** Shown to one person alone, oldest first; nobody else ever sees them, nor does any list. */
  whispers: (Pick<FakeMessage, 'ts' | 'text' | 'blocks'> & { personId: string })[];
  /** People of the workspace who are not in it. */
  absent: Set<string>;
}

export interface FakePerson {
  id: string;
  name: string;
  email: string;
  isEmailConfirmed: boolean;
  isBot: boolean;
  isDeleted: boolean;
}

export interface FakeFile {
  id: string;
  name: string;
  sizeBytes: number;
  /** In the address it is sent to. */
  ticket: string;
  /** Null: not there yet. */
  bytes: Buffer | null;
  /** Null: not shared yet. */
  shared: { channelId: string; threadTs: string | null; comment: string | null } | null;
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
  /** Characters that the blocks of a message may hold together. Slack names no figure: messages of 9,600 were seen to pass, of 11,300 to be refused. */
  maxBlockChars = 11_000;
  readonly channels = new Map<string, FakeChannel>();
  readonly people = new Map<string, FakePerson>();
  readonly files = new Map<string, FakeFile>();
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
    const channel = { id, name, isPrivate, isMember, isArchived, created, messages: [], whispers: [], absent: new Set<string>() };
    this.channels.set(id, channel);
    return channel;
  }

  addPerson(person: Partial<Omit<FakePerson, 'id'>> & { email: string }): FakePerson {
    const id = `U${(this.people.size + 1).toString(36).toUpperCase().padStart(10, '0')}`;
    const added = { id, name: person.email.split('@')[0] ?? '', isEmailConfirmed: true, isBot: false, isDeleted: false, ...person };
    this.people.set(id, added);
    return added;
  }

  /** The channel in which the app and one person talk; the same one every time. */
  directChannel(personId: string): FakeChannel {
    const open = [...this.channels.values()].find((channel) => channel.personId === personId);
    if (open) return open;
    const channel = { ...this.addChannel({ name: '', isPrivate: true }), personId };
    this.channels.delete(channel.id);
    channel.id = channel.id.replace('C', 'D');
    this.channels.set(channel.id, channel);
    return channel;
  }

  announceFile(name: string, sizeBytes: number): FakeFile {
    const id = `F${(this.files.size + 1).toString(36).toUpperCase().padStart(10, '0')}`;
    const ticket = createHash('sha256').update(`${this.token} ${id}`).digest('hex');
    const file = { id, name, sizeBytes, ticket, bytes: null, shared: null };
    this.files.set(id, file);
    return file;
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

  /** @returns its time */
  whisper(channelId: string, personId: string, content: Pick<FakeMessage, 'text' | 'blocks'>): string {
    const ts = this.#nextTs();
    this.channels.get(channelId)?.whispers.push({ ...content, personId, ts });
    return ts;
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
