import type { Messaging } from '../../src/integrations/capabilities/messaging.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import { slackMessaging } from '../../src/integrations/providers/slack/messaging.ts';
import { Secret } from '../../src/platform/secret.ts';
import { callsOf, createSlackFake, links, mentions, readable } from '../fakes/slack/index.ts';
import { type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { DialectRefusal, MessagingHarness } from './messaging.contract.ts';

/** Slack's adapter over real HTTP against the fake, as the messaging contract wants it. */

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
  return { id: 'c1', baseUrl, credentials: { botToken: new Secret(token) }, settings: {} };
}

export function depsOf(options: ConnectOptions = {}, observed: ProviderCall[] = []) {
  return guardedDeps('slack', observed, options);
}

export function connect(baseUrl: string, options: ConnectOptions = {}, observed: ProviderCall[] = []): Messaging {
  return slackMessaging(connectionTo(baseUrl), depsOf(options, observed));
}

export async function slackHarness(): Promise<MessagingHarness> {
  const pageSize = 5;
  const fake = await createSlackFake({ maxPageSize: pageSize });
  const workspace = fake.addWorkspace({ token });
  const observed: ProviderCall[] = [];
  return {
    connect: (options) => connect(fake.baseUrl, options, observed),
    observed,
    world: {
      calls: fake.calls,
      failNext: fake.failNext,
      clearFaults: fake.clearFaults,
      addChannel: (channel) => workspace.addChannel(channel).id,
      chatter(channelId, count) {
        for (let index = 0; index < count; index += 1) workspace.say(channelId, `chatter ${index}`);
      },
      messages: (channelId) =>
        (workspace.channels.get(channelId)?.messages ?? []).map((message) => ({
          messageId: message.ts,
          threadId: message.threadTs ?? null,
          text: readable(message),
          links: links(message),
          mentions: mentions(message),
        })),
    },
    secret: token,
    channelId: workspace.addChannel({ name: 'releases' }).id,
    pageSize,
    matches: {
      post: callsOf('chat.postMessage'),
      edit: callsOf('chat.update'),
      find: callsOf('conversations.history'),
      channels: callsOf('conversations.list'),
    },
    dialect,
    unknown: { channelId: 'C0NOWHERE000', messageId: '1500000000.000001' },
    close: fake.close,
  };
}
