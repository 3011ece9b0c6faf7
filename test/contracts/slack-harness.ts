import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import { slackChannelDirectory } from '../../src/integrations/providers/slack/channel-directory.ts';
import { slackEphemeralReply } from '../../src/integrations/providers/slack/ephemeral-reply.ts';
import { slackFileSharing } from '../../src/integrations/providers/slack/file-sharing.ts';
import { slackInteractions } from '../../src/integrations/providers/slack/interactions.ts';
import { slackMessageEditing } from '../../src/integrations/providers/slack/message-editing.ts';
import { slackMessageHistory } from '../../src/integrations/providers/slack/message-history.ts';
import { slackMessaging } from '../../src/integrations/providers/slack/messaging.ts';
import { slackPeopleDirectory } from '../../src/integrations/providers/slack/people-directory.ts';
import { slackWebhook } from '../../src/integrations/providers/slack/webhook.ts';
import { Secret } from '../../src/platform/secret.ts';
import {
  buttons,
  callsOf,
  createSlackFake,
  type FakeMessage,
  links,
  mentions,
  pressRequest,
  readable,
  unescaped,
} from '../fakes/slack/index.ts';
import { type ConnectOptions, type FaultyWorld, guardedDeps } from './adapter-harness.ts';
import type { ChannelDirectoryHarness } from './channel-directory.contract.ts';
import type { EphemeralReplyHarness } from './ephemeral-reply.contract.ts';
import type { FileSharingHarness } from './file-sharing.contract.ts';
import type { InteractionHarness } from './interaction-source.contract.ts';
import type { MessageEditingHarness } from './message-editing.contract.ts';
import type { MessageHistoryHarness } from './message-history.contract.ts';
import type { MessagingHarness } from './messaging.contract.ts';
import type { ChatWorld, DialectRefusal, SeenMessage } from './messaging-world.ts';
import type { PeopleDirectoryHarness } from './people-directory.contract.ts';

/** Slack's adapters over real HTTP against the fake, as the suites about messages want them. */

export const token = 'xoxb-0123456789-hunter2';

const codes: Record<string, ProviderErrorKind> = {
  invalid_auth: 'unauthorized',
  not_authed: 'unauthorized',
  token_revoked: 'unauthorized',
  token_expired: 'unauthorized',
  account_inactive: 'unauthorized',
  missing_scope: 'forbidden',
  not_in_channel: 'forbidden',
  restricted_action: 'forbidden',
  restricted_action_read_only_channel: 'forbidden',
  channel_not_found: 'not-found',
  message_not_found: 'not-found',
  ratelimited: 'rate-limited',
  fatal_error: 'unavailable',
  internal_error: 'unavailable',
  service_unavailable: 'unavailable',
  invalid_blocks: 'invalid',
  is_archived: 'invalid',
  some_code_of_tomorrow: 'invalid',
  [`not a code but ${token}`]: 'malformed',
};

const dialect: DialectRefusal[] = [...Object.entries(codes), ['constructor', 'invalid'] as const].map(([code, kind]) => ({
  when: code,
  kind,
  fault: {
    status: 200,
    // Servers have been seen to repeat what they were sent.
    body: { ok: false, error: code, needed: token, response_metadata: { messages: [`[ERROR] ${token} [json-pointer:/blocks]`] } },
    ...(kind === 'rate-limited' ? { headers: { 'retry-after': '9' } } : {}),
  },
  ...(kind === 'rate-limited' ? { retryAfterMs: 9000 } : {}),
}));

export function connectionTo(baseUrl: string) {
  return { id: 'c1', baseUrl, credentials: { botToken: new Secret(token) }, settings: { approvals: false, files: false } };
}

export function depsOf(options: ConnectOptions = {}, observed: ProviderCall[] = []) {
  return guardedDeps('slack', observed, options);
}

export function connectAll(baseUrl: string, options: ConnectOptions = {}, observed: ProviderCall[] = []) {
  const connection = connectionTo(baseUrl);
  const deps = depsOf(options, observed);
  return {
    ...slackMessaging(connection, deps),
    ...slackMessageHistory(connection, deps),
    ...slackMessageEditing(connection, deps),
    ...slackChannelDirectory(connection, deps),
    ...slackPeopleDirectory(connection, deps),
    ...slackEphemeralReply(connection, deps),
    ...slackFileSharing(connection, deps),
  };
}

type Factory<Subject> = (connection: ReturnType<typeof connectionTo>, deps: AdapterDeps) => Subject;

async function harnessOf<Subject>(factory: Factory<Subject>, method: string) {
  const pageSize = 5;
  const fake = await createSlackFake({ maxPageSize: pageSize });
  const workspace = fake.addWorkspace({ token });
  const observed: ProviderCall[] = [];
  const connection = connectionTo(fake.baseUrl);
  const world: ChatWorld & FaultyWorld = {
    calls: fake.calls,
    failNext: fake.failNext,
    clearFaults: fake.clearFaults,
    addChannel: (channel) => workspace.addChannel(channel).id,
    chatter(channelId, count) {
      for (let index = 0; index < count; index += 1) workspace.say(channelId, `chatter ${index}`);
    },
    messages: (channelId) => (workspace.channels.get(channelId)?.messages ?? []).map(seen),
  };
  return {
    connect: (options?: ConnectOptions) => factory(connection, depsOf(options, observed)),
    messaging: () => slackMessaging(connection, depsOf({}, observed)),
    history: () => slackMessageHistory(connection, depsOf({}, observed)),
    hasButtons: true,
    observed,
    world,
    workspace,
    secret: token,
    channelId: workspace.addChannel({ name: 'releases' }).id,
    pageSize,
    match: callsOf(method),
    dialect,
    unknown: { channelId: 'C0NOWHERE000', messageId: '1500000000.000001' },
    close: fake.close,
  };
}

function seen(message: FakeMessage): SeenMessage {
  return {
    messageId: message.ts,
    threadId: message.threadTs ?? null,
    text: readable(message),
    links: links(message),
    mentions: mentions(message),
    buttons: buttons(message).map(({ action_id, text, value }) => ({ id: action_id, label: unescaped(text.text), value: value ?? '' })),
  };
}

export const messagingHarness = (): Promise<MessagingHarness> => harnessOf(slackMessaging, 'chat.postMessage');
export const messageHistoryHarness = (): Promise<MessageHistoryHarness> => harnessOf(slackMessageHistory, 'conversations.history');
export const messageEditingHarness = (): Promise<MessageEditingHarness> => harnessOf(slackMessageEditing, 'chat.update');
export const channelDirectoryHarness = (): Promise<ChannelDirectoryHarness> => harnessOf(slackChannelDirectory, 'conversations.list');

/** The other side without messages. */
async function slackWorld<Subject>(factory: Factory<Subject>) {
  const fake = await createSlackFake();
  const workspace = fake.addWorkspace({ token });
  const observed: ProviderCall[] = [];
  const connection = connectionTo(fake.baseUrl);
  const wire = { calls: fake.calls, failNext: fake.failNext, clearFaults: fake.clearFaults };
  const connect = (options?: ConnectOptions) => factory(connection, depsOf(options, observed));
  return { workspace, wire, connect, observed, secret: token, close: fake.close };
}

export async function peopleDirectoryHarness(): Promise<PeopleDirectoryHarness> {
  const { workspace, wire, ...rest } = await slackWorld(slackPeopleDirectory);
  return {
    ...rest,
    world: {
      ...wire,
      addPerson: (person) => workspace.addPerson(person).id,
      directChannels: () =>
        Object.fromEntries(
          [...workspace.channels.values()].flatMap(({ id, personId }) => (personId === undefined ? [] : [[id, personId]])),
        ),
    },
    matches: { byEmail: callsOf('users.lookupByEmail'), byId: callsOf('users.info'), direct: callsOf('conversations.open') },
    unknownId: 'U0NOBODY00',
  };
}

export async function fileSharingHarness(): Promise<FileSharingHarness> {
  const { workspace, wire, ...rest } = await slackWorld(slackFileSharing);
  return {
    ...rest,
    world: {
      ...wire,
      addMessage: (channelId) => workspace.say(channelId, 'look at this').ts,
      files: (channelId) =>
        [...workspace.files.values()].flatMap(({ id, name, bytes, shared }) =>
          shared?.channelId === channelId ? [{ id, name, bytes: bytes ?? Buffer.alloc(0), threadId: shared.threadTs }] : [],
        ),
    },
    channelId: workspace.addChannel({ name: 'releases' }).id,
    unknownChannelId: 'C0NOWHERE000',
    match: callsOf('files.completeUploadExternal'),
  };
}

export async function ephemeralReplyHarness(): Promise<EphemeralReplyHarness> {
  const { workspace, wire, ...rest } = await slackWorld(slackEphemeralReply);
  const channel = workspace.addChannel({ name: 'releases' });
  const [person, other, absent] = ['ada', 'bob', 'eve'].map((name) => workspace.addPerson({ email: `${name}@example.com` }).id);
  channel.absent.add(absent ?? '');
  return {
    ...rest,
    world: {
      ...wire,
      shownTo: (personId, channelId) =>
        (workspace.channels.get(channelId)?.whispers ?? []).filter((each) => each.personId === personId).map(readable),
      messages: (channelId) => (workspace.channels.get(channelId)?.messages ?? []).map(readable),
    },
    channelId: channel.id,
    ...{ personId: person ?? '', otherId: other ?? '', absentId: absent ?? '' },
    match: callsOf('chat.postEphemeral'),
  };
}

const signingSecret = 'signing-secret';

export async function interactionHarness(): Promise<InteractionHarness> {
  const fake = await createSlackFake();
  const workspace = fake.addWorkspace({ token });
  const form = (payload: object) => ({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    rawBody: Buffer.from(String(new URLSearchParams({ payload: JSON.stringify(payload) }))),
  });
  const action = { type: 'static_select', action_id: 'gate.approve', selected_option: { value: 'x' }, action_ts: '1.2' };
  const place = { user: { id: 'U01' }, channel: { id: 'C01' }, message: { ts: '1700000000.000001' } };
  return {
    subject: slackInteractions,
    settings: { wanted: { approvals: true, files: false }, unwanted: [{}, { approvals: false }, { approvals: 'yes' }] },
    press({ personId, actionId, value, channelId, messageId }) {
      const channel = workspace.channels.get(channelId) ?? { ...workspace.addChannel({ name: 'releases' }), id: channelId };
      workspace.channels.set(channelId, channel);
      const button = { type: 'button' as const, action_id: actionId, text: { type: 'plain_text', text: 'Go' }, ...(value && { value }) };
      const blocks = [{ type: 'actions', block_id: 'b', elements: [button] }];
      channel.messages = [{ ts: messageId, user: workspace.botUserId, text: 'x', blocks, isEdited: false }];
      const now = new Date('2026-01-01T00:00:00.000Z');
      return pressRequest(workspace, { channelId, messageId, actionId, personId, signingSecret, now });
    },
    deliveryId: (request) => slackWebhook(() => new Date()).deliveryId(request),
    redelivered({ headers, rawBody }) {
      const payload = JSON.parse(new URLSearchParams(Buffer.from(rawBody).toString()).get('payload') ?? '');
      const again = form({ ...payload, trigger_id: 'another', response_url: 'https://hooks.slack.com/actions/T0/2/y' });
      return { headers: { ...headers, 'x-slack-retry-num': '1' }, rawBody: again.rawBody };
    },
    others: [
      form({ type: 'block_actions', ...place, actions: [action] }),
      form({ type: 'block_actions', ...place, actions: [] }),
      form({ type: 'view_submission', ...place, actions: [{ ...action, type: 'button' }] }),
      form({ type: 'block_actions', ...place, user: undefined, actions: [{ ...action, type: 'button' }] }),
      { headers: { 'content-type': 'application/json' }, rawBody: Buffer.from('{"type":"event_callback","event":{"type":"app_mention"}}') },
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, rawBody: Buffer.from('command=%2Fsignalbox&text=approve') },
    ],
    close: fake.close,
  };
}
