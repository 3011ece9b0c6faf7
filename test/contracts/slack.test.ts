import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slack } from '../../src/integrations/providers/slack/index.ts';
import { verifySlack } from '../../src/integrations/providers/slack/verify.ts';
import { slackWebhook } from '../../src/integrations/providers/slack/webhook.ts';
import { allScopes, callsOf, createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { all } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { messagingContract } from './messaging.contract.ts';
import { connect, connectionTo, depsOf, slackHarness, token } from './slack-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';
import { type WebhookHarness, webhookSourceContract } from './webhook-source.contract.ts';

messagingContract('slack', slackHarness);

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

  const verify = () => verifySlack(connectionTo(fake.baseUrl), depsOf());

  describe('verify', () => {
    it('names the account', async () => {
      fake.addWorkspace({ token, name: 'Acme' });

      expect(await verify()).toEqual({ ok: true, account: 'signalbox in Acme', expiresAt: null, rateLimit: null });
    });

    it.each(['chat:write', 'channels:read', 'channels:history'])('names the missing scope %s', async (missing) => {
      fake.addWorkspace({ token, scopes: allScopes.filter((scope) => scope !== missing) });

      expect(await verify()).toEqual({ ok: false, problems: [expect.stringContaining(missing)] });
    });

    it('names every missing scope', async () => {
      fake.addWorkspace({ token, scopes: [] });

      expect(await verify()).toMatchObject({ ok: false, problems: { length: 3 } });
    });

    it('is not passed when Slack does not tell the scopes', async () => {
      fake.failNext({ status: 200, body: { ok: true, team: 'Acme', user: 'x' } });

      expect(await verify()).toMatchObject({ ok: false });
    });

    it('tells when a rotating token expires', async () => {
      fake.failNext({
        status: 200,
        headers: { 'x-oauth-scopes': allScopes.join(', ') },
        body: { ok: true, team: 'Acme', user: 'x', expires_in: 3600 },
      });

      expect(await verify()).toMatchObject({ ok: true, expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    });

    it('reports a refused token as a problem, without the token', async () => {
      const answer = await verify();

      expect(answer).toMatchObject({ ok: false, problems: [expect.stringContaining('invalid_auth')] });
      expect(JSON.stringify(answer)).not.toContain(token);
    });

    it('reports a base URL that is no Slack', async () => {
      fake.failNext({ mode: 'html' });

      expect(await verify()).toMatchObject({ ok: false, problems: [expect.stringContaining('base URL')] });
    });

    it('throws when Slack could not be asked', async () => {
      fake.failNext({ status: 503 });

      await expect(verify()).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });

  it('lists public channels when the app may not see private ones', async () => {
    const workspace = fake.addWorkspace({ token, scopes: ['channels:read'] });
    workspace.addChannel({ name: 'open' });
    workspace.addChannel({ name: 'closed', isPrivate: true });

    const channels = await all(connect(fake.baseUrl).channels());

    expect(channels.map(({ name }) => name)).toEqual(['open']);
  });

  it('names the scope that is missing', async () => {
    const channel = fake.addWorkspace({ token, scopes: [] }).addChannel({ name: 'releases' });

    const post = connect(fake.baseUrl).post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' });

    await expect(post).rejects.toThrow(/missing_scope \(give the app the scope chat:write/);
  });

  it('posts although the address of the message cannot be had', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });
    fake.failNext({ match: callsOf('chat.getPermalink'), status: 429 });

    const posted = await connect(fake.baseUrl).post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' });

    expect(posted).toEqual({ channelId: channel.id, messageId: channel.messages[0]?.ts, url: null });
  });

  it.each([
    ['no cursor', {}],
    ['the same cursor again', { response_metadata: { next_cursor: 'x' } }],
  ])('does not take a history that goes on with %s for an absence', async (_what, more) => {
    fake.addWorkspace({ token });
    fake.failNext({ status: 200, body: { ok: true, messages: [], has_more: true, ...more }, times: 3 });

    const find = connect(fake.baseUrl).findMessage({ channelId: 'C1', key: 'k', since: new Date().toISOString() });

    await expect(find).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('asks only for messages since about the time given', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });

    await connect(fake.baseUrl).findMessage({ channelId: channel.id, key: 'k', since: '2026-01-01T00:10:00.000Z' });

    expect(fake.calls[0]?.body).toMatchObject({ channel: channel.id, oldest: `${Date.parse('2026-01-01T00:05:00.000Z') / 1000}.000000` });
  });

  it('survives the rate limit of the fake', async () => {
    const channel = fake.addWorkspace({ token }).addChannel({ name: 'releases' });
    fake.limitRate({ calls: 2, retryAfterSeconds: 30 });
    const messaging = connect(fake.baseUrl);
    await messaging.post({ channelId: channel.id, content: { summary: 'x', sections: [] }, key: 'k' });

    const error = await providerError(messaging.findMessage({ channelId: channel.id, key: 'k', since: new Date().toISOString() }));
    fake.limitRate();

    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 30_000 });
    expect(await messaging.findMessage({ channelId: channel.id, key: 'k', since: new Date().toISOString() })).not.toBeNull();
  });

  it('has a manifest that parses its credentials into secrets', () => {
    const parsed = slack.credentials.parse({ botToken: token, signingSecret: 'hunter2' });

    expect(JSON.stringify(parsed)).toBe('{"botToken":"[redacted]","signingSecret":"[redacted]"}');
    expect(slack.credentials.safeParse({ botToken: '' }).success).toBe(false);
  });
});

describe('slack against the description of its API', () => {
  let peer: SpecPeer | null;
  beforeAll(async () => {
    peer = await openSpecPeer('slack');
  });
  afterAll(() => peer?.close());

  const content = {
    summary: 'a & b',
    sections: [{ heading: 'h', text: 't', fields: [{ label: 'l', value: 'v', url: 'https://example.com/' }] }],
  };

  it('sends nothing the description does not know', async ({ skip }) => {
    if (!peer) return skip('the API descriptions are not on this machine');
    const messaging = connect(`${peer.origin}/api`);
    peer.respond({ method: 'POST', path: '/api/auth.test', headers: { 'x-oauth-scopes': allScopes.join(',') } });

    expect(await verifySlack(connectionTo(`${peer.origin}/api`), depsOf())).toMatchObject({ ok: true });
    const posted = await messaging.post({ channelId: 'C0123456789', content, key: 'k' });
    await messaging.post({ channelId: 'C0123456789', content, key: 'k', threadId: posted.messageId });
    await messaging.edit({ channelId: 'C0123456789', messageId: posted.messageId, content, key: 'k' });
    const lastPage = { has_more: false, pin_count: 0, channel_actions_ts: null, channel_actions_count: 0 };
    const messages = [{ type: 'message', user: 'U0123456789', text: 'x', ts: '1700000000.000001' }];
    peer.respond({ method: 'POST', path: '/api/conversations.history', body: { ok: true, messages, ...lastPage } });
    peer.respond({ method: 'POST', path: '/api/conversations.replies', body: { ok: true, messages: [], has_more: false } });
    peer.respond({
      method: 'POST',
      path: '/api/conversations.list',
      body: { ok: true, channels: [], response_metadata: { next_cursor: '' } },
    });
    await messaging.findMessage({ channelId: 'C0123456789', key: 'k', since: new Date().toISOString() });
    await messaging.findMessage({ channelId: 'C0123456789', key: 'k', since: new Date().toISOString(), threadId: posted.messageId });
    await all(messaging.channels());

    expect(peer.violations).toEqual([]);
  });

  it('the fake answers as the description says', async ({ skip }) => {
    if (!peer) return skip('the API descriptions are not on this machine');
    const fake = await createSlackFake({ maxPageSize: 2 });
    try {
      const workspace = fake.addWorkspace({ token });
      const channel = workspace.addChannel({ name: 'releases' });
      workspace.addChannel({ name: 'private', isPrivate: true });
      workspace.addChannel({ name: 'others', isMember: false });
      const messaging = connect(fake.baseUrl);
      await verifySlack(connectionTo(fake.baseUrl), depsOf());
      const posted = await messaging.post({ channelId: channel.id, content, key: 'k' });
      await messaging.edit({ channelId: channel.id, messageId: posted.messageId, content, key: 'k' });
      for (let index = 0; index < 3; index += 1) workspace.say(channel.id, 'hello');
      await messaging.findMessage({ channelId: channel.id, key: 'k', since: new Date().toISOString() });
      await messaging.post({ channelId: channel.id, content, key: 'reply', threadId: posted.messageId });
      await messaging.findMessage({ channelId: channel.id, key: 'x', since: new Date().toISOString(), threadId: posted.messageId });
      await all(messaging.channels());
      await messaging.post({ channelId: 'C0NOWHERE000', content, key: 'k' }).catch(() => undefined);
      await messaging.edit({ channelId: channel.id, messageId: '1.2', content, key: 'k' }).catch(() => undefined);

      const problems = fake.calls.flatMap(({ method, path, status, answer }) => {
        const found = peer?.checkResponse(method, path, describedStatus(status, answer), describable(path, answer)) ?? [];
        return found.length === 0 ? [] : [{ path, found }];
      });

      expect(new Set(fake.calls.map(({ path }) => path)).size).toBe(7);
      expect(problems).toEqual([]);
    } finally {
      await fake.close();
    }
  });
});

/** `ok: false` comes with 200 and is described under `default`. */
function describedStatus(status: number, answer: unknown): number {
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false ? 500 : status;
}

/**
 * Where the description of 2021 is behind Slack's own pages: the answers of these two methods carry a cursor ("Pagination through
 * collections"), and `blocks` of an updated message is a list, as in every other message.
 */
function describable(path: string, answer: unknown): unknown {
  const body = { ...(answer as Record<string, unknown>) };
  if (/conversations\.(history|replies)$/.test(path)) delete body.response_metadata;
  if (path.endsWith('chat.update') && body.ok === true) delete (body.message as Record<string, unknown>).blocks;
  return body;
}
