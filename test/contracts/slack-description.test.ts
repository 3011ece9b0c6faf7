import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifySlack } from '../../src/integrations/providers/slack/verify.ts';
import { allScopes, createSlackFake } from '../fakes/slack/index.ts';
import { all } from './adapter-harness.ts';
import { connectAll, connectionTo, depsOf, token } from './slack-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

describe('slack against the description of its API', () => {
  let peer: SpecPeer | null;
  beforeAll(async () => {
    peer = await openSpecPeer('slack');
  });
  afterAll(() => peer?.close());

  const content = {
    summary: 'a & b',
    sections: [{ heading: 'h', text: 't', fields: [{ label: 'l', value: 'v', url: 'https://example.com/' }] }],
    actions: [{ id: 'gate.approve', label: 'Approve', value: 'T1', style: 'primary' as const, confirm: 'Sure?' }],
  };

  it('sends nothing the description does not know', async ({ skip }) => {
    if (!peer) return skip('the API descriptions are not on this machine');
    const messaging = connectAll(`${peer.origin}/api`);
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
    peer.respond({ method: 'POST', path: '/api/conversations.open', body: { ok: true, channel: { id: 'D0123456789' } } });
    await messaging.findPersonByEmail('ada@example.com');
    await messaging.person('U0123456789');
    await messaging.directChannel('U0123456789');
    peer.respond({ method: 'POST', path: '/api/chat.postEphemeral', body: { ok: true, message_ts: '1700000000.000001' } });
    await messaging.reply({ channelId: 'C0123456789', personId: 'U0123456789', content });

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
      const messaging = connectAll(fake.baseUrl);
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
      const person = workspace.addPerson({ email: 'ada@example.com' });
      await messaging.findPersonByEmail(person.email);
      await messaging.findPersonByEmail('nobody@example.com');
      await messaging.person(person.id);
      await messaging.directChannel(person.id);
      await messaging.reply({ channelId: channel.id, personId: person.id, content });

      const problems = fake.calls.flatMap(({ method, path, status, answer }) => {
        const found = peer?.checkResponse(method, path, describedStatus(status, answer), describable(path, answer)) ?? [];
        return found.length === 0 ? [] : [{ path, found }];
      });

      expect(new Set(fake.calls.map(({ path }) => path)).size).toBe(11);
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
