import { describe, expect } from 'vitest';
import type { EphemeralReply } from '../../src/integrations/capabilities/messaging.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultyWrite, faultTests } from './fault-cases.ts';

/** Words for one person in a channel of many. */

export interface EphemeralWorld {
  /** What a person alone was shown in a channel, as text. */
  shownTo(personId: string, channelId: string): string[];
  /** What everybody reads there. */
  messages(channelId: string): string[];
}

export interface EphemeralReplyHarness extends AdapterHarness<EphemeralReply, EphemeralWorld> {
  channelId: string;
  /** In the channel. */
  personId: string;
  otherId: string;
  /** Not in the channel. */
  absentId: string;
  match: CallMatch;
}

type Tests = ContractTests<EphemeralReplyHarness>;

const content = { summary: 'Whoever created the release may not approve it.', sections: [{ text: 'Ask <!channel> & others.' }] };

export function ephemeralReplyContract(
  name: string,
  makeHarness: () => Promise<EphemeralReplyHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the ephemeral reply contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    replyTests(tests);
    faultTests<EphemeralReply, EphemeralWorld, EphemeralReplyHarness>(tests, { reads: [], writes: [faultyReply] });
    tests.end();
  });
}

function replyTests({ test }: Tests): void {
  test('one person alone is shown it, as it was written', async ({ connect, world, channelId, personId, otherId }) => {
    await connect().reply({ channelId, personId, content });

    const [shown, ...more] = world.shownTo(personId, channelId);
    expect(shown).toContain(content.summary);
    expect(shown).toContain('Ask <!channel> & others.');
    expect(more).toEqual([]);
    expect(world.shownTo(otherId, channelId)).toEqual([]);
    expect(world.messages(channelId)).toEqual([]);
  });

  test('somebody who is not in the channel is a refusal, and nobody is shown it', async ({ connect, world, channelId, absentId }) => {
    const error = await providerError(connect().reply({ channelId, personId: absentId, content }));

    expect(error.kind).toBe('forbidden');
    expect(world.shownTo(absentId, channelId)).toEqual([]);
  });
}

const faultyReply: FaultyWrite<EphemeralReplyHarness, EphemeralReply> = {
  name: 'reply',
  match: ({ match }) => match,
  call: (subject, { channelId, personId }) => subject.reply({ channelId, personId, content }),
  // Not idempotent by itself: a reply whose answer was lost is not repeated here.
  retry: async (subject, { world, channelId, personId }) =>
    world.shownTo(personId, channelId).length === 0 ? subject.reply({ channelId, personId, content }) : undefined,
  effects: ({ world, channelId, personId }) => world.shownTo(personId, channelId).length,
};
