import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { MessageContent } from '../../domain/message.ts';
import { inOwnWords } from '../../domain/notifications/own-words.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import { livingKey } from '../../engine/living.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { type PressSettings, pressColumns, takesPresses } from '../chat/takes-presses.ts';
import { readOwnWords, selectOwnWords } from '../notification-templates/own-words-row.ts';
import { STATUS_MESSAGE } from '../releases/messages/status-message.ts';

/** Where a notification goes and what it says there. */
export interface Addressed {
  integrationId: string;
  channels: readonly string[];
  content: MessageContent;
  /** Channel id → the message below which replies about the release go; empty where people want none. */
  threads: Readonly<Record<string, string>>;
}

interface ChannelsRow extends Partial<PressSettings> {
  integrationId: string;
  channels: unknown;
  threads: number;
}

/**
 * Reads the tenant's channels and words, once per message.
 * @param about `channels`: where it goes instead of to those of its bucket
 * @returns why nothing is to be sent, as text
 * @throws ProviderError not-found when the channel config is gone
 */
export async function address(
  db: Database,
  about: { tenantId: string; releaseId: string; commsConfigId: string; channels?: readonly string[] },
  notification: Notification,
): Promise<Addressed | string> {
  const { tenantId, releaseId, commsConfigId } = about;
  const [rows, words, status] = (await db.batch([
    [
      `SELECT c.integration_id AS integrationId, c.channels, c.threads, ${pressColumns('i')} FROM tenant_comm_channels c
       LEFT JOIN tenant_comm_integrations i ON i.tenant_id = c.tenant_id AND i.id = c.integration_id WHERE c.tenant_id = ? AND c.id = ?`,
      [tenantId, commsConfigId],
    ],
    selectOwnWords(tenantId, notification.type),
    [
      'SELECT posted FROM deliveries WHERE tenant_id = ? AND dedupe_key = ?',
      [tenantId, livingKey({ type: STATUS_MESSAGE, subjectId: releaseId })],
    ],
  ])) as [ChannelsRow[], unknown[], { posted: unknown }[]];
  const [row] = rows;
  if (row === undefined) throw new ProviderError('not-found', 'The channel config does not exist any more.', { provider: 'communication' });
  const told = inOwnWords(notification, readOwnWords(words));
  if (told === null) return 'the tenant switched this type of notification off';
  const channels = about.channels ?? (parseJson(row.channels) as Record<string, string[]>)[told.bucket] ?? [];
  if (channels.length === 0) return `the channel config names no channel for ${told.bucket}`;
  const threads = row.threads === 1 ? (parseJson(status[0]?.posted) as Record<string, string> | null) : null;
  return {
    integrationId: row.integrationId,
    channels: [...new Set(channels)],
    content: withoutDeadButtons(told.content, row),
    threads: threads ?? {},
  };
}

/** Buttons go where presses come back from. */
function withoutDeadButtons({ actions, ...content }: MessageContent, row: ChannelsRow): MessageContent {
  const { provider, settings, webhookEnabled = false, hasWebhookSecret = false } = row;
  const answers = typeof provider === 'string' && takesPresses({ provider, settings, webhookEnabled, hasWebhookSecret });
  return actions === undefined || !answers ? content : { ...content, actions };
}
