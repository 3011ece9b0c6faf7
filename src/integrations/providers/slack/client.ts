import { type KnownBlock, type Logger, LogLevel, WebAPIPlatformError, WebAPIRequestError, WebClient } from '@slack/web-api';
import type { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER, type SlackConnection } from './identity.ts';
import {
  channelPage,
  fileAnswer,
  identity,
  messagePage,
  opened,
  permalink,
  posted,
  postedEphemeral,
  sharedFiles,
  uploadTicket,
  userAnswer,
} from './schema.ts';
import { refusalOf } from './slack-error.ts';
import { Carried, slackFetch } from './transport.ts';

/** Every method of Slack's Web API that we call. */

/** Slack recommends no more than 200 per page ("Pagination through collections"). */
const PAGE_SIZE = 200;

interface MessageArguments {
  channel: string;
  text: string;
  blocks: KnownBlock[];
}

export type SlackClient = ReturnType<typeof slackClient>;

export function slackClient(connection: SlackConnection, deps: AdapterDeps) {
  const token = connection.credentials.botToken.reveal();
  const web = new WebClient(token, {
    slackApiUrl: `${connection.baseUrl}/`,
    allowAbsoluteUrls: false,
    fetch: slackFetch(deps.fetch, deps.now),
    // The engine owns retries and waits; the client would sleep inside the call.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  });

  async function call<T>(method: string, args: Record<string, unknown>, schema: z.ZodType<T>): Promise<T> {
    let answer: unknown;
    try {
      answer = await web.apiCall(method, args);
    } catch (error) {
      throw translated(error, method);
    }
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
    throw new ProviderError('malformed', `${PROVIDER}: ${method} answered 200, but unexpected shape at ${where}`, {
      provider: PROVIDER,
      status: 200,
    });
  }

  function translated(error: unknown, method: string): unknown {
    if (error instanceof WebAPIRequestError && error.original instanceof Carried) return error.original.reason;
    if (error instanceof WebAPIPlatformError) return refusalOf(error, method, (text) => text.replaceAll(token, '[redacted]'));
    return error;
  }

  return {
    identity: () => call('auth.test', {}, identity),
    // Previews of links would bury the message; the links themselves stay.
    post: (message: MessageArguments & { thread_ts?: string }) =>
      call('chat.postMessage', { ...message, unfurl_links: false, unfurl_media: false }, posted),
    postEphemeral: (message: MessageArguments & { user: string }) => call('chat.postEphemeral', { ...message }, postedEphemeral),
    update: (message: MessageArguments & { ts: string }) => call('chat.update', { ...message }, posted),
    permalink: (channel: string, ts: string) => call('chat.getPermalink', { channel, message_ts: ts }, permalink),
    /** @param oldest seconds since 1970 with a fraction, as in `ts` */
    history: (query: { channel: string; oldest: string; cursor?: string }) =>
      call('conversations.history', { ...query, limit: PAGE_SIZE }, messagePage),
    replies: (query: { channel: string; ts: string; oldest: string; cursor?: string }) =>
      call('conversations.replies', { ...query, limit: PAGE_SIZE }, messagePage),
    channels: (query: { types: string; cursor?: string }) =>
      call('conversations.list', { ...query, exclude_archived: true, limit: PAGE_SIZE }, channelPage),
    personByEmail: (email: string) => call('users.lookupByEmail', { email }, userAnswer),
    person: (user: string) => call('users.info', { user }, userAnswer),
    openDirect: (user: string) => call('conversations.open', { users: user }, opened),
    /** @param length bytes */
    announceFile: (filename: string, length: number) => call('files.getUploadURLExternal', { filename, length }, uploadTicket),
    shareFile: (file: { files: { id: string; title: string }[]; channel_id: string; thread_ts?: string; initial_comment?: string }) =>
      call('files.completeUploadExternal', file, sharedFiles),
    file: (file: string) => call('files.info', { file }, fileAnswer),
  };
}

function ignore(): void {}

/** The client logs to the console by default; what matters of it is in the errors, and the guarded fetch measures the calls. */
const silent: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  setLevel: ignore,
  setName: ignore,
  getLevel: () => LogLevel.ERROR,
};
