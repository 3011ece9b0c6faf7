import { describe, expect } from 'vitest';
import type { MessageEditing, MessageHistory, Messaging } from '../../src/integrations/capabilities/messaging.ts';
import { type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultyWrite, faultTests } from './fault-cases.ts';
import { type ChatHarness, type ChatWorld, dialectTests, longAgo, say } from './messaging-world.ts';

/** Changing what was posted, in place. */

export interface MessageEditingHarness extends ChatHarness<MessageEditing> {
  messaging(): Messaging;
  history: (() => MessageHistory) | null;
  hasButtons: boolean;
}

type Tests = ContractTests<MessageEditingHarness>;

export function messageEditingContract(
  name: string,
  makeHarness: () => Promise<MessageEditingHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the message editing contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    editTests(tests);
    dialectTests<MessageEditing, ChatWorld, MessageEditingHarness>(tests, faultyEdit);
    faultTests<MessageEditing, ChatWorld, MessageEditingHarness>(tests, { reads: [], writes: [faultyEdit] });
    tests.end();
  });
}

function editTests({ test }: Tests): void {
  test('edit > replaces the content in place and keeps the key', async ({ connect, messaging, history, world, channelId }) => {
    const posted = await messaging().post({ channelId, content: say('waiting for approval'), key: 'k' });

    const edited = await connect().edit({ channelId, messageId: posted.messageId, content: say('approved'), key: 'k' });

    expect(edited).toEqual(posted);
    expect(world.messages(channelId)).toMatchObject([{ messageId: posted.messageId, text: 'approved' }]);
    if (history) expect(await history().findMessage({ channelId, key: 'k', since: longAgo })).toEqual(posted);
  });

  test('edit > twice with the same content is one message with that content', async ({ connect, messaging, world, channelId }) => {
    const { messageId } = await messaging().post({ channelId, content: say('before'), key: 'k' });

    for (const _time of [1, 2]) await connect().edit({ channelId, messageId, content: say('after'), key: 'k' });

    expect(world.messages(channelId)).toMatchObject([{ messageId, text: 'after' }]);
  });

  test('edit > takes the buttons away when there are none any more', async ({ connect, messaging, world, channelId, hasButtons }) => {
    const actions = [{ id: 'gate.approve', label: 'Approve', value: 'T1' }];
    const { messageId } = await messaging().post({ channelId, content: { ...say('Approve?'), actions }, key: 'k' });
    const before = world.messages(channelId)[0]?.buttons;

    await connect().edit({ channelId, messageId, content: say('Approved.'), key: 'k' });

    expect(before).toHaveLength(hasButtons ? 1 : 0);
    expect(world.messages(channelId)).toMatchObject([{ messageId, text: 'Approved.', buttons: [] }]);
  });

  test('edit > of a message that is gone is not-found', async ({ connect, channelId, unknown }) => {
    const error = await providerError(connect().edit({ channelId, messageId: unknown.messageId, content: say('x'), key: 'k' }));

    expect(error.kind).toBe('not-found');
  });

  test('edit > in an unknown channel is not-found', async ({ connect, unknown }) => {
    const error = await providerError(connect().edit({ ...unknown, content: say('x'), key: 'k' }));

    expect(error.kind).toBe('not-found');
  });
}

const faultyEdit: FaultyWrite<MessageEditingHarness, MessageEditing> = {
  name: 'edit',
  match: ({ match }) => match,
  prepare: async ({ messaging, channelId }) => void (await messaging().post({ channelId, content: say('before'), key: 'k' })),
  call: async (subject, { world, channelId, unknown }) =>
    subject.edit({ channelId, messageId: world.messages(channelId)[0]?.messageId ?? unknown.messageId, content: say('after'), key: 'k' }),
  effects: ({ world, channelId }) => world.messages(channelId).filter(({ text }) => text === 'after').length,
};
