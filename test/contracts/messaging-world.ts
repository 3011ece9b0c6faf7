import { expect } from 'vitest';
import type { MessageContent } from '../../src/domain/message.ts';
import type { MessageHistory, Messaging, PostedMessage } from '../../src/integrations/capabilities/messaging.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import type { CallMatch, Fault } from '../fakes/fake-server.ts';
import type { AdapterHarness, ContractTests } from './adapter-harness.ts';
import { expectNoSecret } from './contract-case.ts';
import { type FaultyRead, failure } from './fault-cases.ts';

/** What the suites about messages share: what readers see, and the provider's own ways to refuse. */

export interface SeenMessage {
  messageId: string;
  threadId: string | null;
  /** Everything a reader sees, without markup. */
  text: string;
  links: string[];
  /** People and groups it calls. */
  mentions: string[];
  buttons: { id: string; label: string; value: string }[];
}

export interface MessagingWorld {
  /** Everything in the channel, oldest first, replies included. A receiver that tells repeats by their key shows each once. */
  messages(channelId: string): SeenMessage[];
}

export interface ChatWorld extends MessagingWorld {
  addChannel(channel: { name: string; isPrivate?: boolean; isMember?: boolean }): string;
  /** Somebody else writes so many messages. */
  chatter(channelId: string, count: number): void;
}

/** A refusal in the provider's own words. */
export interface DialectRefusal {
  when: string;
  kind: ProviderErrorKind;
  fault: Fault;
  retryAfterMs?: number;
}

export interface ChatHarness<Subject, World extends MessagingWorld = ChatWorld> extends AdapterHarness<Subject, World> {
  /** A channel we are in. */
  channelId: string;
  /** The first call of the suite's operation. */
  match: CallMatch;
  /** The provider's own ways to refuse, and the kinds they stand for. */
  dialect: readonly DialectRefusal[];
  /** A channel id and a message id that fit the provider's pattern and name nothing. */
  unknown: { channelId: string; messageId: string };
}

export const longAgo = '2020-01-01T00:00:00.000Z';
export const say = (summary: string): MessageContent => ({ summary, sections: [] });

type Message = Parameters<Messaging['post']>[0];

/** What whoever sends does about a message whose earlier post may be there: look where that is possible, else post it again. */
export async function lookOrPost(messaging: Messaging, history: MessageHistory | null, message: Message): Promise<PostedMessage> {
  const found = await history?.findMessage({ channelId: message.channelId, key: message.key, since: longAgo });
  return found ?? messaging.post(message);
}

export function dialectTests<Subject, World extends MessagingWorld, Harness extends ChatHarness<Subject, World>>(
  { test }: ContractTests<Harness>,
  operation: FaultyRead<Harness, Subject>,
): void {
  test('the provider’s own refusals have their kinds', async (harness) => {
    await operation.prepare?.(harness);
    expect(harness.dialect.length).toBeGreaterThan(0);
    for (const { when, kind, fault, retryAfterMs } of harness.dialect) {
      harness.world.failNext({ match: operation.match(harness), ...fault, times: 2 });

      const error = await failure(operation.call(harness.connect(), harness));

      expect(error, when).toBeInstanceOf(ProviderError);
      expect(error, when).toMatchObject({ kind, retryAfterMs, provider: expect.any(String) });
      if (error instanceof ProviderError) expectNoSecret(error, [harness.secret]);
      harness.world.clearFaults();
    }
  });
}
