import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** What Signalbox reads, as App Store Connect names the events where webhooks are made; deliveries call them in camel case. */
export const webhookEvents = ['APP_STORE_VERSION_APP_VERSION_STATE_UPDATED', 'BUILD_UPLOAD_STATE_UPDATED'] as const;

/** What changed, for people, by the name that deliveries give the event. */
const subjects: Readonly<Record<string, string>> = {
  appStoreVersionAppVersionStateUpdated: 'a version changed',
  buildUploadStateUpdated: 'an upload changed',
};

const text = z.string().max(200).nullish().catch(null);
const payload = z.object({
  data: z.object({
    type: z.string().catch('unknown'),
    id: z.string().min(1).nullish().catch(null),
    attributes: z.object({ oldValue: text, newValue: text, oldState: text, newState: text }).catch({}),
    relationships: z.object({ instance: z.object({ data: z.object({ id: z.string().min(1) }) }) }),
  }),
});
/** All that a name and an id need. */
const envelope = z.object({ data: z.object({ type: z.string().catch('unknown'), id: z.string().min(1).nullish().catch(null) }) });

/**
 * Signed with the secret of the webhook: `x-apple-signature: hmacsha256=<hex>` over the raw body. A delivery names Apple's id of the version
 * or upload, never the app, so it hints whatever waits for this connection's store; a webhook belongs to one app at Apple, so that is little.
 */
export const ascWebhook: WebhookSource = {
  verify: (request, secret) =>
    hmacSha256Matches({
      secret,
      body: request.rawBody,
      signature: request.headers['x-apple-signature'],
      encoding: 'hex',
      prefix: 'hmacsha256=',
    }),
  deliveryId: (request) =>
    envelope.safeParse(readJson(request.rawBody)).data?.data.id ?? `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`,
  parse,
};

function parse(request: WebhookRequest): ParsedWebhook {
  const json = readJson(request.rawBody);
  const event = envelope.safeParse(json).data?.data.type ?? 'unreadable';
  const subject = Object.hasOwn(subjects, event) ? subjects[event] : undefined;
  const parsed = payload.safeParse(json);
  if (!subject || !parsed.success) return { event, hints: [] };
  const { oldValue, oldState, newValue, newState } = parsed.data.data.attributes;
  const summary = `App Store Connect: ${subject} (${oldValue ?? oldState ?? '?'} → ${newValue ?? newState ?? '?'})`;
  return { event, hints: [{ key: signalKey.storeConnection(), summary }] };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
