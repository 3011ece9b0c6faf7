import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import { webhook } from '../../src/integrations/providers/webhook/index.ts';
import { webhookMessaging } from '../../src/integrations/providers/webhook/messaging.ts';
import { verifyWebhook } from '../../src/integrations/providers/webhook/verify.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createReceiverFake, type ReceivedMessage, type ReceiverFake } from '../fakes/webhook/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { type MessagingHarness, messagingContract } from './messaging.contract.ts';
import { type SeenMessage, say } from './messaging-world.ts';

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const connectionTo = (baseUrl: string, signingSecret = secret) => ({
  ...{ id: 'c1', baseUrl, credentials: { signingSecret: new Secret(signingSecret) }, settings: {} },
});
const depsOf = () => guardedDeps('webhook', []);

/** What a reader sees of it: the plain text, and the links of the Markdown. */
function seen({ id, threadId, text, markdown }: ReceivedMessage): SeenMessage {
  const links = [...markdown.matchAll(/(?<!\\)\]\(<([^>]*)>\)/g)].map(([, address = '']) => address);
  return { messageId: id, threadId, text, links, mentions: [], buttons: [] };
}

async function messagingHarness(): Promise<MessagingHarness> {
  const fake = await createReceiverFake({ secret });
  const observed: ProviderCall[] = [];
  return {
    connect: (options) => webhookMessaging(connectionTo(fake.baseUrl), guardedDeps('webhook', observed, options)),
    history: null,
    hasButtons: false,
    observed,
    world: {
      calls: fake.calls,
      failNext: fake.failNext,
      clearFaults: fake.clearFaults,
      messages: (channelId) => fake.messages.filter(({ channel }) => channel === channelId).map(seen),
    },
    secret,
    channelId: 'default',
    match: { method: 'POST', path: '/hooks/signalbox' },
    dialect: [
      { when: 'the receiver is gone for good', kind: 'not-found', fault: { status: 410, body: { error: secret } } },
      { when: 'it is too much', kind: 'invalid', fault: { status: 413 } },
      { when: 'it moved for ever', kind: 'invalid', fault: { status: 301, headers: { location: 'https://elsewhere.example/' } } },
      { when: 'it moved for now', kind: 'malformed', fault: { status: 307, headers: { location: 'https://elsewhere.example/' } } },
      { when: 'it took too long', kind: 'timeout', fault: { status: 408 } },
    ],
    unknown: { channelId: 'nowhere', messageId: 'msg_0' },
    close: fake.close,
  };
}

messagingContract('webhook', messagingHarness, {
  skip: [
    { reason: 'channels are labels that only the receiver understands', tests: ['channels > an unknown one is not-found'] },
    {
      reason: 'any 2xx is an acceptance; what its body says means nothing',
      tests: ['post: a web page instead of JSON is malformed, and the next try makes it one effect'],
    },
  ],
});

describe('webhook', () => {
  let fake: ReceiverFake;
  beforeEach(async () => {
    fake = await createReceiverFake({ secret });
  });
  afterEach(() => fake.close());

  const messaging = () => webhookMessaging(connectionTo(fake.baseUrl), depsOf());

  it('sends one message in each form, with web addresses alone and no buttons', async () => {
    const fields = [
      { label: 'Build', value: '#42', url: 'https://ci.example/42' },
      { label: 'Trap', value: 'x', url: 'javascript:alert(1)' },
    ];
    const content = {
      summary: 'Release\n1.2.0',
      sections: [{ heading: 'Out', text: '*now*', fields }],
      actions: [{ id: 'a', label: 'Press', value: 'v' }],
    };

    const posted = await messaging().post({ channelId: 'default', content, key: 'k.1', threadId: 'msg_parent' });

    expect(fake.messages).toEqual([
      {
        ...{ id: posted.messageId, key: 'k.1', channel: 'default', threadId: 'msg_parent', summary: 'Release 1.2.0' },
        text: 'Out\n*now*\nBuild: #42 <https://ci.example/42>\nTrap: x',
        markdown: '## Out\n\n\\*now\\*\n\n- **Build:** [\\#42](<https://ci.example/42>)\n- **Trap:** x',
        sections: [
          {
            ...{ heading: 'Out', text: '*now*' },
            fields: [
              { label: 'Build', value: '#42', url: 'https://ci.example/42' },
              { label: 'Trap', value: 'x', url: null },
            ],
          },
        ],
      },
    ]);
  });

  it('gives one message to two channels two ids, and each try of one the same', async () => {
    const sent = [];
    for (const channelId of ['a', 'b', 'a']) sent.push(await messaging().post({ channelId, content: say('x'), key: 'k' }));

    const [a, b, again] = sent.map(({ messageId }) => messageId);

    expect(a).toMatch(/^msg_[0-9a-f]{64}$/);
    expect(b).not.toBe(a);
    expect(again).toBe(a);
    expect(fake.messages.map(({ channel }) => channel)).toEqual(['a', 'b']);
  });

  it('is accepted by any 2xx', async () => {
    for (const status of [200, 201, 202, 204]) {
      fake.failNext({ status, body: 'whatever' });

      await expect(messaging().post({ channelId: 'a', content: say('x'), key: 'k' })).resolves.toMatchObject({ url: null });
    }
  });

  it('says what to do about a receiver that is gone', async () => {
    fake.failNext({ status: 410 });

    const error = await providerError(messaging().post({ channelId: 'a', content: say('x'), key: 'k' }));

    expect(error).toMatchObject({ kind: 'not-found', status: 410, message: expect.stringContaining('gone for good') });
  });

  it('keeps what it sends within bounds', async () => {
    const sections = Array.from({ length: 100 }, () => ({ text: '*'.repeat(10_000) }));

    await messaging().post({ channelId: 'a', content: { summary: 's'.repeat(9_000), sections }, key: 'k' });

    expect(JSON.stringify(fake.messages).length).toBeLessThan(300_000);
    expect(fake.messages[0]?.text).toContain('was cut here');
  });

  describe('verify', () => {
    it('sends a signed ping, another each time', async () => {
      const verify = () => verifyWebhook(connectionTo(fake.baseUrl), depsOf());

      expect(await verify()).toEqual({ ok: true, account: new URL(fake.baseUrl).host, expiresAt: null, rateLimit: null });
      await verify();

      expect(new Set(fake.pings).size).toBe(2);
      expect(fake.messages).toEqual([]);
    });

    it('reports a receiver that knows another secret', async () => {
      const other = `whsec_${Buffer.alloc(32).toString('base64')}`;

      const answer = await verifyWebhook(connectionTo(fake.baseUrl, other), depsOf());

      expect(answer).toEqual({ ok: false, problems: [expect.stringContaining('the same secret')] });
      expect(JSON.stringify(answer)).not.toContain(other);
    });

    it.each([404, 410, 422, 301])('reports a receiver that answers %i', async (status) => {
      fake.failNext({ status });

      expect(await verifyWebhook(connectionTo(fake.baseUrl), depsOf())).toEqual({
        ok: false,
        problems: [expect.stringMatching(String(status))],
      });
    });

    it.each([
      [{ status: 503 }, 'unavailable'],
      [{ status: 429 }, 'rate-limited'],
      [{ mode: 'drop-before' as const }, 'unavailable'],
    ])('throws when the receiver could not be asked: %o', async (fault, kind) => {
      fake.failNext(fault);

      await expect(verifyWebhook(connectionTo(fake.baseUrl), depsOf())).rejects.toMatchObject({ kind });
    });
  });

  it('has a manifest that parses its secret', () => {
    expect(JSON.stringify(webhook.credentials.parse({ signingSecret: ` ${secret}\n` }))).toBe('{"signingSecret":"[redacted]"}');
  });
});
