import { describe, expect } from 'vitest';
import type { ChannelDirectory } from '../../src/integrations/capabilities/messaging.ts';
import { all, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultyRead, faultTests } from './fault-cases.ts';
import { type ChatHarness, type ChatWorld, dialectTests } from './messaging-world.ts';

/** Which channels there are, to the last page. */

export interface ChannelDirectoryHarness extends ChatHarness<ChannelDirectory> {
  /** How many items the provider puts on a page in this test. */
  pageSize: number;
}

export function channelDirectoryContract(
  name: string,
  makeHarness: () => Promise<ChannelDirectoryHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the channel directory contract`, () => {
    const tests = contractTests(makeHarness, options.skip);

    tests.test('channels > over three pages, once each, with what we may do there', async ({ connect, world, pageSize }) => {
      const wanted = Array.from({ length: pageSize * 2 + 1 }, (_, index) => {
        const channel = { name: `team-${index}`, isPrivate: index % 4 === 0, isMember: index % 2 === 0 };
        return { id: world.addChannel(channel), ...channel };
      });

      const listed = await all(connect().channels());

      expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining(wanted));
    });

    tests.test('channels > a failure on a later page is an error, not the end', async ({ connect, world, pageSize, match }) => {
      for (let index = 0; index < pageSize; index += 1) world.addChannel({ name: `team-${index}` });
      world.failNext({ match, mode: 'pass' });
      world.failNext({ match, status: 503 });

      const error = await providerError(all(connect().channels()));

      expect(error.kind).toBe('unavailable');
      expect(world.calls).toHaveLength(2);
    });

    dialectTests<ChannelDirectory, ChatWorld, ChannelDirectoryHarness>(tests, faultyList);
    faultTests<ChannelDirectory, ChatWorld, ChannelDirectoryHarness>(tests, { reads: [faultyList], writes: [] });
    tests.end();
  });
}

const faultyList: FaultyRead<ChannelDirectoryHarness, ChannelDirectory> = {
  name: 'channels',
  match: ({ match }) => match,
  call: (subject) => all(subject.channels()),
};
