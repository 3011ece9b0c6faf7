import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { packageNamePattern } from './identity.ts';

/**
 * Real-time developer notifications, pushed by Cloud Pub/Sub. A push signs nothing that could be checked without fetching Google's keys, and
 * has no headers of our own; so the secret is a parameter of the address, as Pub/Sub recommends. Notifications tell about purchases, never about
 * review or rollout: each is a hint to look at its app, no more.
 */
export const googlePlayWebhook: WebhookSource = {
  verify: ({ query }, secret) => isSecret(query?.token, secret),

  deliveryId(request) {
    const push = pushSchema.safeParse(jsonOf(request.rawBody));
    const digest = createHash('sha256').update(request.rawBody).digest('hex');
    return push.success ? push.data.message.messageId : `sha256:${digest}`;
  },

  parse,
};

/** Digests have one length, whatever was sent: the time taken tells nothing about the secret. */
function isSecret(given: string | undefined, secret: string): boolean {
  if (secret === '' || given === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

const pushSchema = z.object({ message: z.object({ messageId: z.string().min(1).max(128), data: z.string() }) });
const notificationSchema = z.looseObject({ packageName: z.string().max(255).regex(packageNamePattern) });

/** A notification is one of these; `testNotification` is what the console sends to try the topic. */
const kinds = ['subscriptionNotification', 'oneTimeProductNotification', 'voidedPurchaseNotification', 'testNotification'] as const;

function parse({ rawBody }: WebhookRequest): ParsedWebhook {
  const push = pushSchema.safeParse(jsonOf(rawBody));
  const data = push.success ? jsonOf(Buffer.from(push.data.message.data, 'base64')) : undefined;
  const notification = notificationSchema.safeParse(data);
  if (!notification.success) return { event: 'unreadable', hints: [] };
  const { packageName, ...rest } = notification.data;
  const event = kinds.find((kind) => Object.hasOwn(rest, kind)) ?? 'unknown';
  if (event === 'testNotification') return { event, hints: [] };
  return { event, hints: [{ key: signalKey.storeApp(packageName), summary: `${event} of ${packageName}` }] };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
