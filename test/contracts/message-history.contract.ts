import { describe, expect } from 'vitest';
import type { MessageHistory, Messaging } from '../../src/integrations/capabilities/messaging.ts';
import { type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultyRead, faultTests } from './fault-cases.ts';
import { type ChatHarness, type ChatWorld, dialectTests, longAgo, say } from './messaging-world.ts';

/** Finding what was posted: an absence that is only assumed would post a message twice. */

export interface MessageHistoryHarness extends ChatHarness<MessageHistory> {
  messaging(): Messaging;
  /** How many items the provider puts on a page in this test. */
  pageSize: number;
}

type Tests = ContractTests<MessageHistoryHarness>;

export function messageHistoryContract(
  name: string,
  makeHarness: () => Promise<MessageHistoryHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the message history contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    findTests(tests);
    pageTests(tests);
    dialectTests<MessageHistory, ChatWorld, MessageHistoryHarness>(tests, faultyFind);
    faultTests<MessageHistory, ChatWorld, MessageHistoryHarness>(tests, { reads: [faultyFind], writes: [] });
    tests.end();
  });
}

function findTests({ test }: Tests): void {
  test('find > by the key it was posted under, with its address', async ({ connect, messaging, channelId }) => {
    const posted = await messaging().post({ channelId, content: say('1.2.0 is out'), key: 'found' });

    const found = await connect().findMessage({ channelId, key: 'found', since: longAgo });

    expect(found).toEqual(posted);
    expect(found?.url).toMatch(/^https?:/);
  });

  test('find > in a thread, there alone', async ({ connect, messaging, channelId }) => {
    const parent = await messaging().post({ channelId, content: say('parent'), key: 'parent' });
    const threadId = parent.messageId;

    const reply = await messaging().post({ channelId, content: say('reply'), key: 'reply', threadId });

    expect(await connect().findMessage({ channelId, key: 'reply', since: longAgo, threadId })).toEqual(reply);
    expect(await connect().findMessage({ channelId, key: 'other', since: longAgo, threadId })).toBeNull();
  });

  test('find > what was posted although the answer was lost', async ({ connect, messaging, world, channelId }) => {
    await messaging().post({ channelId, content: say('once'), key: 'once' });

    const found = await connect().findMessage({ channelId, key: 'once', since: new Date().toISOString() });

    expect(world.messages(channelId).map(({ messageId }) => messageId)).toEqual([found?.messageId]);
  });

  test('find > absent is null, in a channel with messages and in an empty one', async ({ connect, world, channelId }) => {
    world.chatter(channelId, 1);

    expect(await connect().findMessage({ channelId, key: 'k', since: longAgo })).toBeNull();
    expect(await connect().findMessage({ channelId: world.addChannel({ name: 'empty' }), key: 'k', since: longAgo })).toBeNull();
  });

  test('find > by the whole key, however long it is', async ({ connect, messaging, channelId }) => {
    const key = `release:${'x'.repeat(400)}`;
    const one = await messaging().post({ channelId, content: say('one'), key: `${key}1` });
    const other = await messaging().post({ channelId, content: say('other'), key: `${key}2` });

    expect(await connect().findMessage({ channelId, key: `${key}1`, since: longAgo })).toEqual(one);
    expect(await connect().findMessage({ channelId, key: `${key}2`, since: longAgo })).toEqual(other);
    expect(await connect().findMessage({ channelId, key, since: longAgo })).toBeNull();
  });

  test('find > in an unknown channel is not-found', async ({ connect, unknown: { channelId } }) => {
    expect((await providerError(connect().findMessage({ channelId, key: 'k', since: longAgo }))).kind).toBe('not-found');
  });

  test('find > says how late a post may show', async ({ connect }) => {
    const { postVisibleWithinMs } = connect();

    expect(postVisibleWithinMs).toBeGreaterThanOrEqual(0);
    expect(postVisibleWithinMs).toBeLessThan(60_000);
  });
}

function pageTests({ test }: Tests): void {
  test('find > three pages back', async ({ connect, messaging, world, channelId, pageSize }) => {
    const posted = await messaging().post({ channelId, content: say('deep'), key: 'deep' });
    world.chatter(channelId, pageSize * 2 + 1);

    expect(await connect().findMessage({ channelId, key: 'deep', since: longAgo })).toEqual(posted);
  });

  test('find > three pages into a thread', async ({ connect, messaging, channelId, pageSize }) => {
    const parent = await messaging().post({ channelId, content: say('parent'), key: 'parent' });
    const threadId = parent.messageId;
    let last = parent;
    for (let index = 0; index <= pageSize * 2; index += 1) {
      last = await messaging().post({ channelId, content: say('reply'), key: `reply-${index}`, threadId });
    }

    expect(await connect().findMessage({ channelId, key: `reply-${pageSize * 2}`, since: longAgo, threadId })).toEqual(last);
  });

  test('find > a failure on a later page is an error, not an absence', async ({ connect, world, channelId, pageSize, match }) => {
    world.chatter(channelId, pageSize * 2);
    world.failNext({ match, mode: 'pass' });
    world.failNext({ match, status: 503 });

    const error = await providerError(connect().findMessage({ channelId, key: 'k', since: longAgo }));

    expect(error.kind).toBe('unavailable');
    expect(world.calls).toHaveLength(2);
  });
}

const faultyFind: FaultyRead<MessageHistoryHarness, MessageHistory> = {
  name: 'find',
  match: ({ match }) => match,
  call: (subject, { channelId }) => subject.findMessage({ channelId, key: 'other', since: longAgo }),
};
