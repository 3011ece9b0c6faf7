import { parseBlocks, stored, writtenChars } from './block-rules.ts';
import { needScope, Refusal } from './refusal.ts';
import type { FakeBlock, FakeChannel, FakeMessage, FakeWorkspace } from './workspace.ts';

/** The Web API methods, each over one workspace. A refusal is thrown and answered as 200 with `ok: false`, as Slack does. */

/** Everything arrives as text, whether from a form or a query. */
export type Arguments = Readonly<Record<string, string | undefined>>;

export interface Context {
  workspace: FakeWorkspace;
  args: Arguments;
  maxPageSize: number;
  /** Where files are sent to. */
  origin: string;
}

export type Method = (context: Context) => Record<string, unknown>;

export const conversationMethods: Readonly<Record<string, Method>> = {
  'auth.test': ({ workspace }) => ({
    url: workspace.url(),
    team: workspace.name,
    user: 'signalbox',
    team_id: workspace.teamId,
    user_id: workspace.botUserId,
    bot_id: workspace.botId,
    is_enterprise_install: false,
  }),

  'chat.postMessage': ({ workspace, args }) => {
    needScope(workspace, 'chat:write');
    const channel = channelOf(workspace, { ...args, channel: idOfName(workspace, args.channel) });
    if (channel.isArchived) throw new Refusal('is_archived');
    if (!channel.isMember) throw new Refusal('not_in_channel');
    const { thread_ts } = args;
    if (thread_ts !== undefined && !channel.messages.some(({ ts }) => ts === thread_ts)) throw new Refusal('thread_not_found');
    const message = workspace.add(channel.id, {
      user: workspace.botUserId,
      botId: workspace.botId,
      ...contentOf(workspace, args),
      ...(thread_ts === undefined ? {} : { threadTs: thread_ts }),
    });
    return { channel: channel.id, ts: message.ts, message: view(workspace, message) };
  },

  'chat.postEphemeral': ({ workspace, args }) => {
    needScope(workspace, 'chat:write');
    const channel = channelOf(workspace, args);
    if (channel.isArchived) throw new Refusal('is_archived');
    if (!channel.isMember) throw new Refusal('not_in_channel');
    const person = workspace.people.get(args.user ?? '');
    if (!person || person.isDeleted || (channel.personId ?? person.id) !== person.id) throw new Refusal('user_not_in_channel');
    if (channel.absent.has(person.id)) throw new Refusal('user_not_in_channel');
    return { message_ts: workspace.whisper(channel.id, person.id, contentOf(workspace, args)) };
  },

  'chat.update': ({ workspace, args }) => {
    needScope(workspace, 'chat:write');
    const channel = channelOf(workspace, args);
    const message = channel.messages.find(({ ts }) => ts === args.ts);
    if (!message) throw new Refusal('message_not_found');
    if (message.user !== workspace.botUserId) throw new Refusal('cant_update_message');
    Object.assign(message, contentOf(workspace, args), { isEdited: true });
    return { channel: channel.id, ts: message.ts, text: message.text, message: view(workspace, message) };
  },

  'chat.getPermalink': ({ workspace, args }) => {
    const channel = channelOf(workspace, args);
    const message = channel.messages.find(({ ts }) => ts === args.message_ts);
    if (!message) throw new Refusal('message_not_found');
    return { channel: channel.id, permalink: `${workspace.url()}archives/${channel.id}/p${message.ts.replace('.', '')}` };
  },

  'conversations.history': (context) => {
    const channel = readableChannel(context);
    const messages = channel.messages.filter(({ threadTs, ts }) => threadTs === undefined || threadTs === ts).reverse();
    const { page, more } = pageOf(context, within(context.args, messages), 100);
    return {
      messages: page.map((message) => view(context.workspace, message)),
      pin_count: 0,
      channel_actions_ts: null,
      channel_actions_count: 0,
      ...more,
    };
  },

  'conversations.replies': (context) => {
    const channel = readableChannel(context);
    const parent = channel.messages.find(({ ts }) => ts === context.args.ts);
    if (!parent) throw new Refusal('thread_not_found');
    const replies = channel.messages.filter(({ threadTs, ts }) => threadTs === parent.ts && ts !== parent.ts);
    const { page, more } = pageOf(context, within(context.args, replies), 100);
    const head = { ...view(context.workspace, parent), thread_ts: parent.ts, reply_count: replies.length, subscribed: false };
    return { messages: [head, ...page.map((message) => ({ ...view(context.workspace, message), parent_user_id: parent.user }))], ...more };
  },

  'conversations.list': (context) => {
    const types = (context.args.types ?? 'public_channel').split(',');
    if (types.includes('public_channel')) needScope(context.workspace, 'channels:read');
    if (types.includes('private_channel')) needScope(context.workspace, 'groups:read');
    const channels = [...context.workspace.channels.values()].filter(
      (channel) =>
        types.includes(channel.personId !== undefined ? 'im' : channel.isPrivate ? 'private_channel' : 'public_channel') &&
        !(channel.isPrivate && !channel.isMember) &&
        !(context.args.exclude_archived === 'true' && channel.isArchived),
    );
    const { page, more } = pageOf(context, channels, 100);
    return {
      channels: page.map((channel) => channelView(context.workspace, channel)),
      response_metadata: more.response_metadata ?? { next_cursor: '' },
    };
  },
};

/** "Can be an encoded ID, or a name", says this one method; every other takes ids alone. */
function idOfName({ channels }: FakeWorkspace, idOrName = ''): string {
  return [...channels.values()].find(({ name }) => [name, `#${name}`].includes(idOrName))?.id ?? idOrName;
}

export function channelOf(workspace: FakeWorkspace, args: Arguments): FakeChannel {
  const channel = workspace.channels.get(args.channel ?? '');
  if (!channel || (channel.isPrivate && !channel.isMember)) throw new Refusal('channel_not_found');
  return channel;
}

function readableChannel({ workspace, args }: Context): FakeChannel {
  const channel = channelOf(workspace, args);
  needScope(workspace, channel.personId !== undefined ? 'im:history' : channel.isPrivate ? 'groups:history' : 'channels:history');
  if (!channel.isMember) throw new Refusal('not_in_channel');
  return channel;
}

function contentOf({ maxBlockChars }: FakeWorkspace, args: Arguments): { text: string; blocks?: FakeBlock[] } {
  if (!args.text && !args.blocks) throw new Refusal('no_text');
  if ((args.text ?? '').length > 40_000) throw new Refusal('msg_too_long');
  if (args.blocks === undefined) return { text: stored(args.text ?? '') };
  const parsed = parseBlocks(args.blocks);
  if ('problems' in parsed) throw new Refusal('invalid_blocks', { response_metadata: { messages: parsed.problems } });
  if (writtenChars(parsed.blocks) > maxBlockChars) throw new Refusal('msg_blocks_too_long');
  return { text: stored(args.text ?? ''), blocks: parsed.blocks };
}

function within(args: Arguments, messages: FakeMessage[]): FakeMessage[] {
  const isInclusive = args.inclusive === 'true';
  return messages.filter(({ ts }) => {
    if (args.oldest !== undefined && (isInclusive ? Number(ts) < Number(args.oldest) : Number(ts) <= Number(args.oldest))) return false;
    return args.latest === undefined || (isInclusive ? Number(ts) <= Number(args.latest) : Number(ts) < Number(args.latest));
  });
}

/** Slack may return fewer than `limit`; only the cursor says whether there is more. */
function pageOf<T>({ args, maxPageSize }: Context, items: T[], defaultLimit: number) {
  const start = args.cursor === undefined ? 0 : Number(Buffer.from(args.cursor, 'base64').toString().replace('next:', ''));
  if (!Number.isInteger(start)) throw new Refusal('invalid_cursor');
  const end = start + Math.min(Number(args.limit ?? defaultLimit), maxPageSize);
  const hasMore = end < items.length;
  return {
    page: items.slice(start, end),
    more: {
      has_more: hasMore,
      ...(hasMore ? { response_metadata: { next_cursor: Buffer.from(`next:${end}`).toString('base64') } } : {}),
    },
  };
}

function view(workspace: FakeWorkspace, message: FakeMessage): Record<string, unknown> {
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: workspace.teamId,
    ...(message.botId === undefined ? {} : { bot_id: message.botId }),
    ...(message.blocks === undefined ? {} : { blocks: message.blocks }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
  };
}

function channelView(workspace: FakeWorkspace, channel: FakeChannel): Record<string, unknown> {
  const topic = { value: '', creator: '', last_set: 0 };
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    created: channel.created,
    creator: workspace.person,
    is_archived: channel.isArchived,
    is_channel: !channel.isPrivate,
    is_ext_shared: false,
    is_general: false,
    is_group: channel.isPrivate,
    is_im: false,
    is_member: channel.isMember,
    is_mpim: false,
    is_org_shared: false,
    is_private: channel.isPrivate,
    is_shared: false,
    num_members: channel.isMember ? 2 : 1,
    parent_conversation: null,
    pending_connected_team_ids: [],
    pending_shared: [],
    previous_names: [],
    purpose: topic,
    shared_team_ids: [workspace.teamId],
    topic,
    unlinked: 0,
  };
}
