import { describe, expect, it } from 'vitest';
import type { Database } from '../../db/client.ts';
import type { MessageHistory, Messaging, PostedMessage } from '../../integrations/capabilities/messaging.ts';
import { ProviderError, type ProviderErrorKind } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { inAttempt } from './attempt-scope.ts';
import { type Announcement, createNotificationService, failureOf } from './notification-service.ts';

const TIMEOUT_MS = 20_000;
const POST_VISIBLE_WITHIN_MS = 2_000;

interface World {
  /** Channels that have the message already; null: nobody can look into them. */
  shown?: readonly string[] | null;
  /** Channel, or `channel/thread` → how posting there fails. */
  fails?: Record<string, ProviderErrorKind>;
  channels?: string[];
  threads?: Record<string, string> | null;
  words?: Record<string, unknown>;
}

/** Two channels, unless the test says otherwise. */
function service({ shown = [], fails = {}, channels = ['C1', 'C2'], threads = null, words }: World = {}) {
  const did: string[] = [];
  const inThread = (channelId: string, threadId?: string) => (threadId === undefined ? channelId : `${channelId}/${threadId}`);
  const posted = (channelId: string): PostedMessage => ({ channelId, messageId: `in ${channelId}`, url: null });
  const history: MessageHistory = {
    postVisibleWithinMs: POST_VISIBLE_WITHIN_MS,
    findMessage: async ({ channelId, threadId }) => {
      did.push(`look in ${inThread(channelId, threadId)}`);
      return shown?.includes(inThread(channelId, threadId)) ? posted(channelId) : null;
    },
  };
  const messaging: Messaging = {
    post: async ({ channelId, key, threadId, content }) => {
      const where = inThread(channelId, threadId);
      const kind = fails[where];
      did.push(`post ${key} in ${where}${content.summary === 'Hello' ? '' : `: ${content.summary}`}`);
      if (kind !== undefined) throw new ProviderError(kind, `${where} is ${kind}`, { provider: 'chat' });
      return posted(channelId);
    },
  };
  const provider = { id: 'chat', displayName: 'Chat', messaging: () => messaging, ...(shown && { messageHistory: () => history }) };
  const row = { integrationId: 'CHAT', channels: { releases: channels, builds: [] }, threads: threads === null ? 0 : 1 };
  const db = {
    batch: async () => [[row], words === undefined ? [] : [words], threads === null ? [{ posted: { C1: 'T' } }] : [{ posted: threads }]],
  };
  const connector = {
    open: async () => ({ provider, connection: {}, deps: {} }),
    comesToLightWithinMs: (lagMs: number) => TIMEOUT_MS + lagMs,
  };
  // No more than the service asks for.
  const notifications = createNotificationService(db as unknown as Database, connector as unknown as Connector);
  const send = (how: Partial<Announcement> = {}) =>
    inAttempt({ signal: new AbortController().signal, assertOurs: () => undefined }, () =>
      notifications.sendMessage({
        ...{ type: 'RELEASE_RESUMED', data: { release: { displayId: 'REL-7', versions: [], url: null }, by: 'Ada', note: null } },
        ...{
          tenantId: 'T',
          releaseId: 'R',
          commsConfigId: 'C',
          bucket: 'releases',
          content: { summary: 'Hello', sections: [] },
          about: {},
        },
        ...{ keyIn: () => 'K', lookSince: null, triedAgoMs: null, posted: {}, refused: {} },
        onPostingAgain: async () => void did.push('intend again'),
        onPosted: async () => undefined,
        ...how,
      }),
    );
  return { did, send };
}

describe('a message', () => {
  it('is posted to each channel of its bucket, once where a channel is named twice', async () => {
    const { did, send } = service({ channels: ['C1', 'C2', 'C1'] });

    expect(await send()).toEqual({ posted: { C1: 'in C1', C2: 'in C2' }, failures: {}, skipped: null });
    expect(did).toEqual(['post K in C1', 'post K in C2']);
  });

  it('is looked for where an earlier attempt may have posted it, and posted where it is not', async () => {
    const { did, send } = service({ shown: ['C1'] });

    await send({ lookSince: new Date(0), triedAgoMs: TIMEOUT_MS + POST_VISIBLE_WITHIN_MS });

    expect(did).toEqual(['look in C1', 'look in C2', 'intend again', 'post K in C2']);
  });

  it('is not posted again while an earlier post may still be carried out', async () => {
    const { did, send } = service({ channels: ['C1'] });

    const { failures } = await send({ lookSince: new Date(0), triedAgoMs: 5_000 });

    expect(failures.C1).toMatchObject({ kind: 'unavailable', retryAfterMs: TIMEOUT_MS + POST_VISIBLE_WITHIN_MS - 5_000 });
    expect(did).toEqual(['look in C1']);
  });

  it('is posted again at once under the same key where nobody can look, so that the receiver tells the repeat', async () => {
    const { did, send } = service({ shown: null });

    await send({ lookSince: new Date(0), triedAgoMs: 0, posted: { C1: 'in C1' } });

    expect(did).toEqual(['intend again', 'post K in C2']);
  });

  it.each(['forbidden', 'not-found', 'invalid', 'unavailable', 'timeout'] as const)(
    'that one channel does not take (%s) goes to the others all the same',
    async (kind) => {
      const { send } = service({ channels: ['C1', 'C2', 'C3'], fails: { C1: kind } });

      const sent = await send();

      expect(sent.posted).toEqual({ C2: 'in C2', C3: 'in C3' });
      expect(sent.failures).toEqual({ C1: { kind, message: `C1 is ${kind}`, provider: 'chat' } });
    },
  );

  it.each(['unauthorized', 'rate-limited'] as const)(
    'asks no further channel when the whole connection is %s, and forgets none',
    async (kind) => {
      const { did, send } = service({ channels: ['C1', 'C2', 'C3'], fails: { C2: kind } });

      const { posted, failures } = await send();

      expect(did).toEqual(['post K in C1', 'post K in C2']);
      expect(posted).toEqual({ C1: 'in C1' });
      expect(Object.entries(failures).map(([channelId, failure]) => [channelId, failure.kind])).toEqual([
        ['C2', kind],
        ['C3', 'unavailable'],
      ]);
    },
  );

  it('is not offered again to a channel that refused it for good, whose refusal is kept', async () => {
    const { did, send } = service();
    const refusal = { kind: 'forbidden', message: 'not_in_channel' } as const;

    const sent = await send({ refused: { C1: refusal, GONE: refusal } });

    expect(did).toEqual(['post K in C2']);
    expect(sent.failures).toEqual({ C1: refusal });
  });

  it('breaks off at once when the attempt is not ours any more', async () => {
    const { send } = service();

    await expect(send({ onPosted: () => Promise.reject(new Error('the lease is over')) })).rejects.toThrow('the lease is over');
  });

  it('hangs below the status message where people want threads, and stands alone where there is none', async () => {
    const { did, send } = service({ threads: { C1: 'T1' } });

    await send();

    expect(did).toEqual(['post K in C1/T1', 'post K in C2']);
  });

  it('stands alone where people want no threads', async () => {
    const { did, send } = service();

    await send();

    expect(did).toEqual(['post K in C1', 'post K in C2']);
  });

  it('stands alone where the status message was deleted', async () => {
    const { did, send } = service({ channels: ['C1'], threads: { C1: 'T1' }, fails: { 'C1/T1': 'not-found' } });

    const { posted } = await send();

    expect(posted).toEqual({ C1: 'in C1' });
    expect(did).toEqual(['post K in C1/T1', 'post K in C1']);
  });

  it('is looked for in the channel and in the thread: the thread may have begun between two attempts', async () => {
    const { did, send } = service({ channels: ['C1'], threads: { C1: 'T1' }, shown: ['C1/T1'] });

    await send({ lookSince: new Date(0) });

    expect(did).toEqual(['look in C1', 'look in C1/T1']);
  });

  it('is told in the words of the tenant', async () => {
    const words = { isEnabled: 1, bucket: null, headline: '{{by}} lets {{release.displayId}} go on', body: null };
    const { did, send } = service({ channels: ['C1'], words });

    await send();

    expect(did).toEqual(['post K in C1: Ada lets REL-7 go on']);
  });

  it.each([
    ['the tenant switched its type off', { isEnabled: 0, bucket: null, headline: null, body: null }, /switched this type/],
    ['its bucket has no channel', { isEnabled: 1, bucket: 'builds', headline: null, body: null }, /no channel for builds/],
  ])('goes nowhere when %s, and says why', async (_when, words, why) => {
    const { did, send } = service({ words });

    const { skipped } = await send();

    expect(skipped).toMatch(why);
    expect(did).toEqual([]);
  });
});

describe('failureOf', () => {
  const forbidden = { kind: 'forbidden', message: 'not_in_channel' } as const;
  const down = { kind: 'unavailable', message: 'it is down' } as const;

  it('is none where no channel failed, and the channel’s own where there is one channel', () => {
    expect(failureOf({}, 3)).toBeNull();
    expect(failureOf({ C1: forbidden }, 1)).toBe(forbidden);
  });

  it('names every channel, and heals where one of them may', () => {
    expect(failureOf({ C1: forbidden, C2: down }, 3)).toEqual({
      kind: 'unavailable',
      message: '2 of 3 channels do not have it. C1: not_in_channel C2: it is down',
    });
  });
});
