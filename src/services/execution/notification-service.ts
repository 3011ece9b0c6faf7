import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { MessageContent } from '../../domain/message.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';

export interface Announcement {
  tenantId: string;
  commsConfigId: string;
  bucket: string;
  content: MessageContent;
  /** Unique for this message; stored with it at the provider. */
  key: string;
  /** Set when an earlier attempt may have posted: messages since then are searched before anything is posted. */
  lookSince: Date | null;
  /** How long ago the latest such attempt was about to post; what it posted may still come to light. Null: longer than that takes. */
  triedAgoMs: number | null;
  /** Told before something is posted that an earlier attempt may have posted. */
  onPostingAgain: () => Promise<void>;
  /** Channels that have it already: channel id → message id. */
  posted: Record<string, string>;
  /** Told after each channel, so that a crash forgets nothing. */
  onPosted: (posted: Record<string, string>) => Promise<void>;
}

/** Messages to people. */
export interface NotificationService {
  /** Posts to every channel of the bucket that does not have the message yet. @returns channel id → message id */
  sendMessage(announcement: Announcement): Promise<Record<string, string>>;
}

export function createNotificationService(db: Database, connector: Connector): NotificationService {
  return {
    async sendMessage({ tenantId, commsConfigId, bucket, content, key, lookSince, triedAgoMs, onPostingAgain, posted, onPosted }) {
      const [row] = await db.rows<{ integrationId: string; channels: unknown }>(
        'SELECT integration_id AS integrationId, channels FROM tenant_comm_channels WHERE tenant_id = ? AND id = ?',
        [tenantId, commsConfigId],
      );
      if (row === undefined)
        throw new ProviderError('not-found', 'The channel config does not exist any more.', { provider: 'communication' });
      const channels = (parseJson(row.channels) as Record<string, string[]>)[bucket] ?? [];
      const done = { ...posted };
      if (channels.every((channelId) => done[channelId] !== undefined)) return done;
      const opened = await connector.open('communication', tenantId, row.integrationId, attemptSignal());
      const messaging = opened.provider.messaging?.(opened.connection, opened.deps);
      if (messaging === undefined)
        throw new ProviderError('invalid', `${opened.provider.displayName} sends no messages.`, { provider: opened.provider.id });
      const settlesInMs = triedAgoMs === null ? 0 : connector.comesToLightWithinMs(messaging.postVisibleWithinMs) - triedAgoMs;
      for (const channelId of channels) {
        if (done[channelId] !== undefined) continue;
        const found = lookSince === null ? null : await messaging.findMessage({ channelId, key, since: lookSince.toISOString() });
        if (found === null && lookSince !== null) {
          demandSettled(opened.provider.id, settlesInMs);
          await onPostingAgain();
        }
        const message = found ?? (await messaging.post({ channelId, content, key }));
        done[channelId] = message.messageId;
        await onPosted({ ...done });
      }
      return done;
    },
  };
}

function demandSettled(provider: string, inMs: number): void {
  if (inMs <= 0) return;
  throw new ProviderError('unavailable', 'An earlier post of this message may still be carried out.', { provider, retryAfterMs: inMs });
}
