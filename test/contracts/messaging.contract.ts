import { describe, expect } from 'vitest';
import type { MessageContent } from '../../src/domain/message.ts';
import type { Messaging } from '../../src/integrations/capabilities/messaging.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import type { CallMatch, Fault } from '../fakes/fake-server.ts';
import { type AdapterHarness, all, type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, expectNoSecret, providerError } from './contract-case.ts';
import { type FaultyRead, type FaultyWrite, failure, faultTests } from './fault-cases.ts';

/** What every messaging provider does, whatever it is called and however it spells it. */

export interface SeenMessage {
  messageId: string;
  threadId: string | null;
  /** Everything a reader sees, without markup. */
  text: string;
  links: string[];
  /** People and groups it calls. */
  mentions: string[];
}

export interface MessagingWorld {
  addChannel(channel: { name: string; isPrivate?: boolean; isMember?: boolean }): string;
  /** Somebody else writes so many messages. */
  chatter(channelId: string, count: number): void;
  /** Everything in the channel, oldest first, replies included. */
  messages(channelId: string): SeenMessage[];
}

/** A refusal in the provider's own words. */
export interface DialectRefusal {
  when: string;
  kind: ProviderErrorKind;
  fault: Fault;
  retryAfterMs?: number;
}

export interface MessagingHarness extends AdapterHarness<Messaging, MessagingWorld> {
  /** A channel we are in. */
  channelId: string;
  /** How many items the provider puts on a page in this test. */
  pageSize: number;
  /** The first call of each operation. */
  matches: Record<'post' | 'edit' | 'find' | 'channels', CallMatch>;
  /** The provider's own ways to refuse, and the kinds they stand for. */
  dialect: readonly DialectRefusal[];
  /** A channel id and a message id that fit the provider's pattern and name nothing. */
  unknown: { channelId: string; messageId: string };
}

type Tests = ContractTests<MessagingHarness>;

const longAgo = '2020-01-01T00:00:00.000Z';
const say = (summary: string): MessageContent => ({ summary, sections: [{ text: summary }] });

export function messagingContract(
  name: string,
  makeHarness: () => Promise<MessagingHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the messaging contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    postTests(tests);
    findTests(tests);
    channelTests(tests);
    contentTests(tests);
    dialectTests(tests);
    faultTests<Messaging, MessagingWorld, MessagingHarness>(tests, { reads: faultyReads, writes: faultyWrites });
    tests.end();
  });
}

function postTests({ test }: Tests): void {
  test('post > found by its key', async ({ connect, world, channelId }) => {
    const posted = await connect().post({ channelId, content: say('1.2.0 is out'), key: 'found' });

    expect(posted).toMatchObject({ channelId, url: expect.stringMatching(/^https?:/) });
    expect(await connect().findMessage({ channelId, key: 'found', since: longAgo })).toEqual(posted);
    expect(world.messages(channelId)).toMatchObject([{ messageId: posted.messageId, text: '1.2.0 is out', threadId: null }]);
  });

  test('post > into a thread, found there', async ({ connect, world, channelId }) => {
    const parent = await connect().post({ channelId, content: say('parent'), key: 'parent' });

    const reply = await connect().post({ channelId, content: say('reply'), key: 'reply', threadId: parent.messageId });

    expect(world.messages(channelId)[1]).toMatchObject({ messageId: reply.messageId, threadId: parent.messageId });
    expect(await connect().findMessage({ channelId, key: 'reply', since: longAgo, threadId: parent.messageId })).toEqual(reply);
    expect(await connect().findMessage({ channelId, key: 'other', since: longAgo, threadId: parent.messageId })).toBeNull();
  });

  test('post > whose answer was lost is found, so that there is one message', async ({ connect, world, channelId, matches }) => {
    world.failNext({ match: matches.post, mode: 'drop-after' });

    const error = await providerError(connect().post({ channelId, content: say('once'), key: 'once' }));
    const found = await connect().findMessage({ channelId, key: 'once', since: new Date().toISOString() });

    expect(error.kind).toBe('unavailable');
    expect(world.messages(channelId).map(({ messageId }) => messageId)).toEqual([found?.messageId]);
  });

  test('post > is not repeated by the adapter', async ({ connect, world, channelId, matches }) => {
    world.failNext({ match: matches.post, status: 503 });

    await providerError(connect().post({ channelId, content: say('once'), key: 'once' }));

    expect(world.calls).toHaveLength(1);
    expect(world.messages(channelId)).toEqual([]);
  });

  test('edit > replaces the content in place and keeps the key', async ({ connect, world, channelId }) => {
    const posted = await connect().post({ channelId, content: say('waiting for approval'), key: 'k' });

    const edited = await connect().edit({ channelId, messageId: posted.messageId, content: say('approved'), key: 'k' });

    expect(edited).toEqual(posted);
    expect(world.messages(channelId)).toMatchObject([{ messageId: posted.messageId, text: 'approved' }]);
    expect(await connect().findMessage({ channelId, key: 'k', since: longAgo })).toEqual(posted);
  });

  test('edit > of a message that is gone is not-found', async ({ connect, channelId, unknown }) => {
    const error = await providerError(connect().edit({ channelId, messageId: unknown.messageId, content: say('x'), key: 'k' }));

    expect(error.kind).toBe('not-found');
  });
}

function findTests({ test }: Tests): void {
  test('find > absent is null, in a channel with messages and in an empty one', async ({ connect, world, channelId }) => {
    world.chatter(channelId, 1);

    expect(await connect().findMessage({ channelId, key: 'k', since: longAgo })).toBeNull();
    expect(await connect().findMessage({ channelId: world.addChannel({ name: 'empty' }), key: 'k', since: longAgo })).toBeNull();
  });

  test('find > by the whole key, however long it is', async ({ connect, channelId }) => {
    const key = `release:${'x'.repeat(400)}`;
    const one = await connect().post({ channelId, content: say('one'), key: `${key}1` });
    const other = await connect().post({ channelId, content: say('other'), key: `${key}2` });

    expect(await connect().findMessage({ channelId, key: `${key}1`, since: longAgo })).toEqual(one);
    expect(await connect().findMessage({ channelId, key: `${key}2`, since: longAgo })).toEqual(other);
    expect(await connect().findMessage({ channelId, key, since: longAgo })).toBeNull();
  });

  test('find > three pages back', async ({ connect, world, channelId, pageSize }) => {
    const posted = await connect().post({ channelId, content: say('deep'), key: 'deep' });
    world.chatter(channelId, pageSize * 2 + 1);

    expect(await connect().findMessage({ channelId, key: 'deep', since: longAgo })).toEqual(posted);
  });

  test('find > three pages into a thread', async ({ connect, channelId, pageSize }) => {
    const parent = await connect().post({ channelId, content: say('parent'), key: 'parent' });
    const threadId = parent.messageId;
    let last = parent;
    for (let index = 0; index <= pageSize * 2; index += 1) {
      last = await connect().post({ channelId, content: say('reply'), key: `reply-${index}`, threadId });
    }

    expect(await connect().findMessage({ channelId, key: `reply-${pageSize * 2}`, since: longAgo, threadId })).toEqual(last);
  });

  test('find > a failure on a later page is an error, not an absence', async ({ connect, world, channelId, pageSize, matches }) => {
    world.chatter(channelId, pageSize * 2);
    world.failNext({ match: matches.find, mode: 'pass' });
    world.failNext({ match: matches.find, status: 503 });

    const error = await providerError(connect().findMessage({ channelId, key: 'k', since: longAgo }));

    expect(error.kind).toBe('unavailable');
    expect(world.calls).toHaveLength(2);
  });
}

function channelTests({ test }: Tests): void {
  test('channels > over three pages, once each, with what we may do there', async ({ connect, world, pageSize }) => {
    const wanted = Array.from({ length: pageSize * 2 + 1 }, (_, index) => {
      const channel = { name: `team-${index}`, isPrivate: index % 4 === 0, isMember: index % 2 === 0 };
      return { id: world.addChannel(channel), ...channel };
    });

    const listed = await all(connect().channels());

    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(wanted));
  });

  test('channels > an unknown one is not-found', async ({ connect, unknown: { channelId } }) => {
    expect((await providerError(connect().post({ channelId, content: say('x'), key: 'k' }))).kind).toBe('not-found');
    expect((await providerError(connect().findMessage({ channelId, key: 'k', since: longAgo }))).kind).toBe('not-found');
  });

  test('channels > one we are not in is forbidden, and the message says what to do', async ({ connect, world }) => {
    const channelId = world.addChannel({ name: 'others', isMember: false });

    const error = await providerError(connect().post({ channelId, content: say('x'), key: 'k' }));

    expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringMatching(/invite/i) });
  });
}

function contentTests({ test }: Tests): void {
  const hostile = '<!channel> <@U0PERSON> <https://evil.example|click> & &lt; *b* _i_ ~s~ `c` :boom: > q';

  test('content > is shown as it was written and calls nobody', async ({ connect, world, channelId }) => {
    const sections = [{ heading: hostile, text: `${hostile}\nsecond line`, fields: [{ label: 'Build', value: hostile }] }];

    await connect().post({ channelId, content: { summary: hostile, sections }, key: 'k' });

    expect(world.messages(channelId)).toMatchObject([{ mentions: [], links: [] }]);
    const text = world.messages(channelId)[0]?.text ?? '';
    expect(text.split(hostile)).toHaveLength(4);
    expect(text).toContain('\nsecond line');
  });

  test('content > links where it says so, and only to web addresses', async ({ connect, world, channelId }) => {
    const fields = [
      { label: 'Ticket', value: 'AB-1 <x>', url: 'https://tracker.example/AB-1?a=1&b=2|>' },
      { label: 'Trap', value: 'never', url: 'javascript:alert(1)' },
      { label: 'Broken', value: 'nowhere', url: 'not an address' },
    ];

    await connect().post({ channelId, content: { summary: 's', sections: [{ fields }] }, key: 'k' });

    expect(world.messages(channelId)).toMatchObject([{ links: [expect.stringMatching(/^https:\/\/tracker\.example\/AB-1/)] }]);
    for (const value of ['AB-1 <x>', 'never', 'nowhere']) expect(world.messages(channelId)[0]?.text).toContain(value);
  });

  test('content > longer than the provider takes is shortened, not refused', async ({ connect, channelId }) => {
    const fields = Array.from({ length: 25 }, () => ({
      label: 'l'.repeat(300),
      value: 'v&'.repeat(3000),
      url: `https://x.example/${'p'.repeat(1800)}`,
    }));
    const section = { heading: '&'.repeat(500), text: '<&>'.repeat(5000), fields };
    const content = { summary: 's&'.repeat(20_000), sections: Array.from({ length: 60 }, () => section) };

    const posted = await connect().post({ channelId, content, key: 'long' });

    expect(await connect().findMessage({ channelId, key: 'long', since: longAgo })).toEqual(posted);
  });

  test('content > of one line, or with empty parts, is accepted', async ({ connect, world, channelId }) => {
    await connect().post({ channelId, content: { summary: 'only this', sections: [] }, key: 'short' });
    const fields = [{ label: '', value: '' }];
    await connect().post({ channelId, content: { summary: '', sections: [{ heading: ' ', text: '\n', fields }, {}] }, key: 'blank' });
    await connect().post({ channelId, content: { summary: '', sections: [] }, key: 'nothing' });

    expect(world.messages(channelId)[0]?.text).toBe('only this');
    expect(world.messages(channelId)).toHaveLength(3);
  });
}

function dialectTests({ test }: Tests): void {
  test('the provider’s own refusals have their kinds', async (harness) => {
    expect(harness.dialect.length).toBeGreaterThan(0);
    for (const { when, kind, fault, retryAfterMs } of harness.dialect) {
      for (const operation of [...faultyWrites, ...faultyReads]) {
        harness.world.failNext({ ...fault, match: operation.match(harness), times: 2 });

        const error = await failure(operation.call(harness.connect(), harness));

        expect(error, `${operation.name}: ${when}`).toBeInstanceOf(ProviderError);
        expect(error, `${operation.name}: ${when}`).toMatchObject({ kind, retryAfterMs, provider: expect.any(String) });
        if (error instanceof ProviderError) expectNoSecret(error, [harness.secret]);
        harness.world.clearFaults();
      }
    }
  });
}

const key = 'one-effect';

const faultyReads: FaultyRead<MessagingHarness, Messaging>[] = [
  {
    name: 'find',
    match: ({ matches }) => matches.find,
    call: (subject, { channelId }) => subject.findMessage({ channelId, key: 'other', since: longAgo }),
  },
  { name: 'channels', match: ({ matches }) => matches.channels, call: (subject) => all(subject.channels()) },
];

const faultyWrites: FaultyWrite<MessagingHarness, Messaging>[] = [
  {
    name: 'find, else post',
    match: ({ matches }) => matches.post,
    call: async (subject, { channelId }) =>
      (await subject.findMessage({ channelId, key, since: longAgo })) ?? subject.post({ channelId, content: say('x'), key }),
    effects: ({ world, channelId }) => world.messages(channelId).length,
  },
  {
    name: 'edit',
    match: ({ matches }) => matches.edit,
    prepare: async (harness) => {
      const { channelId } = harness;
      await harness.connect().post({ channelId, content: say('before'), key });
    },
    call: async (subject, { world, channelId, unknown }) =>
      subject.edit({ channelId, messageId: world.messages(channelId)[0]?.messageId ?? unknown.messageId, content: say('after'), key }),
    effects: ({ world, channelId }) => world.messages(channelId).filter(({ text }) => text === 'after').length,
  },
];
