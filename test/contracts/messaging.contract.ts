import { describe, expect } from 'vitest';
import type { MessageHistory, Messaging } from '../../src/integrations/capabilities/messaging.ts';
import { type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultCase, type FaultyWrite, faultTests } from './fault-cases.ts';
import { type ChatHarness, dialectTests, lookOrPost, type MessagingWorld, say } from './messaging-world.ts';

/** What every messaging provider does, whatever it is called and however it spells it. */

export interface MessagingHarness extends ChatHarness<Messaging, MessagingWorld> {
  /** How a message is found again; null where it is posted again, and the receiver tells repeats by their key. */
  history: (() => MessageHistory) | null;
  /** Whether readers get buttons to press. */
  hasButtons: boolean;
}

interface MessagingOptions {
  skip?: readonly ContractSkip[];
  /** For providers that speak no HTTP. */
  faults?: readonly FaultCase[];
}

type Tests = ContractTests<MessagingHarness>;

export function messagingContract(name: string, makeHarness: () => Promise<MessagingHarness>, options: MessagingOptions = {}): void {
  describe(`${name} keeps the messaging contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    postTests(tests);
    channelTests(tests);
    contentTests(tests);
    dialectTests<Messaging, MessagingWorld, MessagingHarness>(tests, faultyPost);
    const { faults } = options;
    faultTests<Messaging, MessagingWorld, MessagingHarness>(tests, { reads: [], writes: [faultyPost], ...(faults && { cases: faults }) });
    tests.end();
  });
}

function postTests({ test }: Tests): void {
  test('post > is read in its channel', async ({ connect, world, channelId }) => {
    const posted = await connect().post({ channelId, content: say('1.2.0 is out'), key: 'found' });

    expect(posted).toMatchObject({ channelId, messageId: expect.stringMatching(/./) });
    expect(world.messages(channelId)).toMatchObject([{ messageId: posted.messageId, text: '1.2.0 is out', threadId: null }]);
  });

  test('post > of two keys is two messages, however long the keys', async ({ connect, world, channelId }) => {
    const key = `release:${'x'.repeat(400)}`;

    const one = await connect().post({ channelId, content: say('same'), key: `${key}1` });
    const other = await connect().post({ channelId, content: say('same'), key: `${key}2` });

    expect(world.messages(channelId).map(({ messageId }) => messageId)).toEqual([one.messageId, other.messageId]);
  });

  test('post > into a thread', async ({ connect, world, channelId }) => {
    const parent = await connect().post({ channelId, content: say('parent'), key: 'parent' });

    const reply = await connect().post({ channelId, content: say('reply'), key: 'reply', threadId: parent.messageId });

    expect(world.messages(channelId)[1]).toMatchObject({ messageId: reply.messageId, threadId: parent.messageId });
  });

  test('post > whose answer was lost is one message after the next try', async ({ connect, world, channelId, match, history }) => {
    const message = { channelId, content: say('once'), key: 'once' };
    world.failNext({ match, mode: 'drop-after' });

    const error = await providerError(connect().post(message));
    const next = await lookOrPost(connect(), history?.() ?? null, message);

    expect(error.kind).toBe('unavailable');
    expect(world.messages(channelId).map(({ messageId }) => messageId)).toEqual([next.messageId]);
  });

  test('post > is not repeated by the adapter', async ({ connect, world, channelId, match }) => {
    world.failNext({ match, status: 503, times: 3 });

    await providerError(connect().post({ channelId, content: say('once'), key: 'once' }));

    expect(world.calls.filter((call) => call.injected)).toHaveLength(1);
    expect(world.messages(channelId)).toEqual([]);
  });
}

function channelTests({ test }: Tests): void {
  test('channels > an unknown one is not-found', async ({ connect, unknown: { channelId } }) => {
    const error = await providerError(connect().post({ channelId, content: say('x'), key: 'k' }));

    expect(error.kind).toBe('not-found');
  });
}

function contentTests({ test }: Tests): void {
  const hostile = '<!channel> <@U0PERSON> <https://evil.example|click> & &lt; *b* _i_ ~s~ `c` :boom: > q';

  test('content > is shown as it was written and calls nobody', async ({ connect, world, channelId }) => {
    const sections = [{ heading: hostile, text: `${hostile}\nsecond line`, fields: [{ label: 'Build', value: hostile }] }];

    await connect().post({ channelId, content: { summary: hostile, sections }, key: 'k' });

    expect(world.messages(channelId)).toMatchObject([{ mentions: [], links: [] }]);
    const text = world.messages(channelId)[0]?.text ?? '';
    // Heading, text and value; the summary, too, where it stands above them and not in a subject of its own.
    expect([4, 5]).toContain(text.split(hostile).length);
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

  test('content > longer than the provider takes is shortened, not refused', async ({ connect, world, channelId }) => {
    const fields = Array.from({ length: 25 }, () => ({
      label: 'l'.repeat(300),
      value: 'v&'.repeat(3000),
      url: `https://x.example/${'p'.repeat(1800)}`,
    }));
    const section = { heading: '&'.repeat(500), text: '<&>'.repeat(5000), fields };
    const content = { summary: 's&'.repeat(20_000), sections: Array.from({ length: 60 }, () => section) };

    const posted = await connect().post({ channelId, content, key: 'long' });

    expect(world.messages(channelId)).toMatchObject([{ messageId: posted.messageId }]);
  });

  test('content > of one line, or with empty parts, is accepted', async ({ connect, world, channelId }) => {
    await connect().post({ channelId, content: { summary: 'only this', sections: [] }, key: 'short' });
    const fields = [{ label: '', value: '' }];
    await connect().post({ channelId, content: { summary: '', sections: [{ heading: ' ', text: '\n', fields }, {}] }, key: 'blank' });
    await connect().post({ channelId, content: { summary: '', sections: [] }, key: 'nothing' });

    expect(world.messages(channelId)[0]?.text).toBe('only this');
    expect(world.messages(channelId)).toHaveLength(3);
  });

  test('content > with actions has a button for each, or none of them', async ({ connect, world, channelId, hasButtons }) => {
    const actions = [
      { id: 'gate.approve', label: 'Approve <now>', value: 'T1:17', style: 'primary' as const },
      { id: 'gate.reject', label: 'Reject & stop', value: 'T1:18', style: 'danger' as const, confirm: 'Really <stop>?' },
    ];

    await connect().post({ channelId, content: { ...say('Approve it?'), actions }, key: 'k' });

    const [seen] = world.messages(channelId);
    expect(seen?.buttons).toEqual(hasButtons ? actions.map(({ id, label, value }) => ({ id, label, value })) : []);
    expect(seen?.text).not.toContain('T1:17');
  });
}

const onceOnly = (channelId: string) => ({ channelId, content: say('x'), key: 'one-effect' });

const faultyPost: FaultyWrite<MessagingHarness, Messaging> = {
  name: 'post',
  match: ({ match }) => match,
  call: (subject, { channelId }) => subject.post(onceOnly(channelId)),
  retry: (subject, { channelId, history }) => lookOrPost(subject, history?.() ?? null, onceOnly(channelId)),
  effects: ({ world, channelId }) => world.messages(channelId).length,
};
