import { describe, expect, it } from 'vitest';
import type { Database } from '../../db/client.ts';
import type { Messaging, PostedMessage } from '../../integrations/capabilities/messaging.ts';
import type { Connector } from '../connections/connect.ts';
import { inAttempt } from './attempt-scope.ts';
import { type Announcement, createNotificationService } from './notification-service.ts';

const TIMEOUT_MS = 20_000;
const POST_VISIBLE_WITHIN_MS = 2_000;

/** Two channels; those named in `shown` have the message already. */
function service(shown: readonly string[] = []) {
  const did: string[] = [];
  const posted = (channelId: string): PostedMessage => ({ channelId, messageId: `in ${channelId}`, url: null });
  const messaging: Messaging = {
    postVisibleWithinMs: POST_VISIBLE_WITHIN_MS,
    findMessage: async ({ channelId }) => {
      did.push(`look in ${channelId}`);
      return shown.includes(channelId) ? posted(channelId) : null;
    },
    post: async ({ channelId }) => {
      did.push(`post in ${channelId}`);
      return posted(channelId);
    },
    edit: async ({ channelId }) => posted(channelId),
    async *channels() {},
  };
  const db = { rows: async () => [{ integrationId: 'CHAT', channels: { releases: ['C1', 'C2'] } }] };
  const connector = {
    open: async () => ({ provider: { id: 'chat', displayName: 'Chat', messaging: () => messaging }, connection: {}, deps: {} }),
    comesToLightWithinMs: (lagMs: number) => TIMEOUT_MS + lagMs,
  };
  // No more than the service asks for.
  const notifications = createNotificationService(db as unknown as Database, connector as unknown as Connector);
  const send = (how: Partial<Announcement> = {}) =>
    inAttempt({ signal: new AbortController().signal, assertOurs: () => undefined }, () =>
      notifications.sendMessage({
        ...{ tenantId: 'T', commsConfigId: 'C', bucket: 'releases', content: { title: 'Hello', sections: [] } as never, key: 'K' },
        ...{ lookSince: null, triedAgoMs: null, posted: {} },
        onPostingAgain: async () => void did.push('intend again'),
        onPosted: async () => undefined,
        ...how,
      }),
    );
  return { did, send };
}

describe('a message', () => {
  it('is posted to each channel of its bucket', async () => {
    const { did, send } = service();

    expect(await send()).toEqual({ C1: 'in C1', C2: 'in C2' });
    expect(did).toEqual(['post in C1', 'post in C2']);
  });

  it('is looked for where an earlier attempt may have posted it, and posted where it is not', async () => {
    const { did, send } = service(['C1']);

    await send({ lookSince: new Date(0), triedAgoMs: TIMEOUT_MS + POST_VISIBLE_WITHIN_MS });

    expect(did).toEqual(['look in C1', 'look in C2', 'intend again', 'post in C2']);
  });

  it('is not posted again while an earlier post may still be carried out', async () => {
    const { did, send } = service();

    await expect(send({ lookSince: new Date(0), triedAgoMs: 5_000 })).rejects.toMatchObject({
      kind: 'unavailable',
      retryAfterMs: TIMEOUT_MS + POST_VISIBLE_WITHIN_MS - 5_000,
    });
    expect(did).toEqual(['look in C1']);
  });
});
