import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../src/integrations/capabilities/webhook-source.ts';
import { slackFileSharing } from '../../src/integrations/providers/slack/file-sharing.ts';
import { slack } from '../../src/integrations/providers/slack/index.ts';
import { slackWebhook } from '../../src/integrations/providers/slack/webhook.ts';
import { startFakeServer } from '../fakes/fake-server.ts';
import { callsOf, createSlackFake, press, type SlackFake } from '../fakes/slack/index.ts';
import { all } from './adapter-harness.ts';
import { channelDirectoryContract } from './channel-directory.contract.ts';
import { providerError } from './contract-case.ts';
import { ephemeralReplyContract } from './ephemeral-reply.contract.ts';
import { fileSharingContract } from './file-sharing.contract.ts';
import { interactionSourceContract } from './interaction-source.contract.ts';
import { messageEditingContract } from './message-editing.contract.ts';
import { messageHistoryContract } from './message-history.contract.ts';
import { messagingContract } from './messaging.contract.ts';
import { peopleDirectoryContract } from './people-directory.contract.ts';
import {
  channelDirectoryHarness,
  connectAll,
  connectionTo,
  depsOf,
  ephemeralReplyHarness,
  fileSharingHarness,
  interactionHarness,
  messageEditingHarness,
  messageHistoryHarness,
  messagingHarness,
  peopleDirectoryHarness,
  token,
} from './slack-harness.ts';
import { type WebhookHarness, webhookSourceContract } from './webhook-source.contract.ts';

messagingContract('slack', messagingHarness);
messageHistoryContract('slack', messageHistoryHarness);
messageEditingContract('slack', messageEditingHarness);
channelDirectoryContract('slack', channelDirectoryHarness);
peopleDirectoryContract('slack', peopleDirectoryHarness);
ephemeralReplyContract('slack', ephemeralReplyHarness);
fileSharingContract('slack', fileSharingHarness);
interactionSourceContract('slack', interactionHarness);

webhookSourceContract('slack', async (): Promise<WebhookHarness> => {
  const secret = 'signing-secret';
  return {
    subject: slackWebhook(() => new Date()),
    secret,
    deliver({ event, payload }, deliveryId) {
      const body = JSON.stringify({ type: 'event_callback', event_id: deliveryId, event: { ...(payload as object), type: event } });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
      const headers = { 'content-type': 'application/json', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
      return { headers, rawBody: Buffer.from(body) };
    },
    // No task waits for anything that happens in Slack.
    hints: [{ name: 'somebody mentions the app', sample: { event: 'app_mention', payload: { channel: 'C1' } }, keys: [] }],
    ignored: { event: 'reaction_added', payload: { user: 'U1' } },
    close: async () => undefined,
  };
});

describe('slack', () => {
  let fake: SlackFake;
  beforeEach(async () => {
    fake = await createSlackFake({ maxPageSize: 5 });
  });
  afterEach(() => fake.close());

  it('lists public channels when the app may not see private ones', async () => {
    const workspace = fake.addWorkspace({ token, scopes: ['channels:read'] });
    workspace.addChannel({ name: 'open' });
    workspace.addChannel({ name: 'closed', isPrivate: true });

    const channels = await all(connectAll(fake.baseUrl).channels());

    expect(channels.map(({ name }) => name)).toEqual(['open']);
  });

  it('says what to do about a channel the app is not in', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'others', isMember: false });

    const error = await providerError(
      connectAll(fake.baseUrl).post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' }),
    );

    expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringMatching(/invite/i) });
  });

  it.each(['#releases', 'releases'])(
    'takes no name for a channel: what was posted by one, %s, could not be edited or found again',
    async (name) => {
      const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });

      const error = await providerError(
        connectAll(fake.baseUrl).post({ channelId: name, content: { summary: 'x', sections: [] }, key: 'k' }),
      );

      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('the id') });
      expect(channel.messages).toEqual([]);
    },
  );

  it('names the scope that is missing', async () => {
    const channel = fake.addWorkspace({ token, scopes: [] }).addChannel({ name: 'releases' });

    const post = connectAll(fake.baseUrl).post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' });

    await expect(post).rejects.toThrow(/missing_scope \(give the app the scope chat:write/);
  });

  it('posts although the address of the message cannot be had', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });
    fake.failNext({ match: callsOf('chat.getPermalink'), status: 429 });

    const posted = await connectAll(fake.baseUrl).post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' });

    expect(posted).toEqual({ channelId: channel.id, messageId: channel.messages[0]?.ts, url: null });
  });

  it.each([
    ['no cursor', {}],
    ['the same cursor again', { response_metadata: { next_cursor: 'x' } }],
  ])('does not take a history that goes on with %s for an absence', async (_what, more) => {
    fake.addWorkspace({ token });
    fake.failNext({ status: 200, body: { ok: true, messages: [], has_more: true, ...more }, times: 3 });

    const find = connectAll(fake.baseUrl).findMessage({ channelId: 'C1', key: 'k', since: new Date().toISOString() });

    await expect(find).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('asks only for messages since about the time given', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });

    await connectAll(fake.baseUrl).findMessage({ channelId: channel.id, key: 'k', since: '2026-01-01T00:10:00.000Z' });

    expect(fake.calls[0]?.body).toMatchObject({ channel: channel.id, oldest: `${Date.parse('2026-01-01T00:05:00.000Z') / 1000}.000000` });
  });

  it('survives the rate limit of the fake', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });
    fake.limitRate({ calls: 2, retryAfterSeconds: 30 });
    const messaging = connectAll(fake.baseUrl);
    await messaging.post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' });

    const error = await providerError(messaging.findMessage({ channelId: channel.id, key: 'k', since: new Date().toISOString() }));
    fake.limitRate();

    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 30_000 });
    expect(await messaging.findMessage({ channelId: channel.id, key: 'k', since: new Date().toISOString() })).not.toBeNull();
  });

  it('shares a file with nobody that the store refused, and sends it no token', async () => {
    const workspace = fake.addWorkspace({ token });
    const channelId = workspace.addChannel({ name: 'releases' }).id;
    const file = {
      channelId,
      name: 'a.txt',
      sizeBytes: 1,
      open: async function* () {
        yield Buffer.from('a');
      },
    };
    const kinds: [number, string][] = [
      [302, 'malformed'],
      [400, 'invalid'],
      [404, 'not-found'],
      [429, 'rate-limited'],
      [503, 'unavailable'],
    ];
    for (const [status, kind] of kinds) {
      fake.failNext({ match: { path: /^\/upload\// }, status, headers: { location: 'https://elsewhere.example/', 'retry-after': '9' } });

      expect(await providerError(connectAll(fake.baseUrl).shareFile(file))).toMatchObject(
        status === 302 ? { kind } : { kind, retryAfterMs: 9_000 },
      );
    }
    await connectAll(fake.baseUrl).shareFile(file);

    expect(fake.calls.filter(({ path }) => path.startsWith('/upload/')).map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: kinds.length + 1 }, () => undefined),
    );
    expect([...workspace.files.values()].filter(({ shared }) => shared !== null)).toHaveLength(1);
  });

  it('does not send a file over an address that is not encrypted when Slack itself is', async () => {
    const answers = [{ ok: true, upload_url: 'http://files.example/upload', file_id: 'F1' }];
    const fetched: string[] = [];
    const deps = depsOf();
    const fetch = async (input: Parameters<typeof globalThis.fetch>[0]) => {
      fetched.push(String(input));
      return new Response(JSON.stringify(answers.shift()), { headers: { 'content-type': 'application/json' } });
    };
    const sharing = slackFileSharing(connectionTo('https://slack.example/api'), { ...deps, fetch });
    const open = async function* () {
      yield Buffer.from('a');
    };

    const error = await providerError(sharing.shareFile({ channelId: 'C1', name: 'a.txt', sizeBytes: 1, open }));

    expect(error).toMatchObject({ kind: 'malformed', message: expect.stringContaining('not encrypted') });
    expect(fetched).toEqual(['https://slack.example/api/files.getUploadURLExternal']);
  });

  it('knows that its own bot is nobody to ask', async () => {
    fake.addWorkspace({ token });
    const user = { id: 'USLACKBOT', deleted: false, is_bot: false, profile: { real_name: 'Slackbot' } };
    fake.failNext({ match: callsOf('users.info'), status: 200, body: { ok: true, user } });

    expect(await connectAll(fake.baseUrl).person('USLACKBOT')).toMatchObject({ displayName: 'Slackbot', isActivePerson: false });
  });

  it('posts a button whose press comes back signed, as it was posted', async () => {
    const workspace = fake.addWorkspace({ token });
    const channelId = workspace.addChannel({ name: 'releases' }).id;
    const received: WebhookRequest[] = [];
    const app = await startFakeServer();
    app.route('POST', '/hook', ({ headers, rawBody }) => {
      received.push({ headers: headers as WebhookRequest['headers'], rawBody });
      return { status: 200 };
    });
    const action = { id: 'gate.approve', label: 'Approve', value: 'T1:17', confirm: 'Sure?' };
    const content = { summary: 'Approve?', sections: [], actions: [action] };
    const { messageId } = await connectAll(fake.baseUrl).post({ channelId, content, key: 'k' });

    await press(workspace, `${app.origin}/hook`, { channelId, messageId, actionId: action.id, personId: 'U1', signingSecret: 's3cret' });
    await app.close();

    const [request] = received;
    expect(request && slack.webhook?.verify(request, 's3cret')).toBe(true);
    expect(request && slack.interactions?.parseInteraction(request)).toEqual({
      ...{ personId: 'U1', actionId: 'gate.approve', value: 'T1:17', channelId, messageId },
    });
  });

  it('has a manifest that parses its credentials into secrets', () => {
    const parsed = slack.credentials.parse({ botToken: token, signingSecret: 'hunter2' });

    expect(JSON.stringify(parsed)).toBe('{"botToken":"[redacted]","signingSecret":"[redacted]"}');
    expect(slack.credentials.safeParse({ botToken: '' }).success).toBe(false);
  });
});
