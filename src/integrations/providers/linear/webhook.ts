import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Hint, type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** What a hook is set up for: the resource that `parse` reads. */
export const webhookResources = ['Issue'];

/**
 * Linear retries after a minute, an hour and six hours and does not say whether `webhookTimestamp` is that of the first try. Refused
 * retries would make it switch the hook off, so the bound lies beyond the last of them; within it a replay only makes us look again.
 */
const TOLERANCE_MS = 8 * 60 * 60 * 1_000;

const sentSchema = z.object({ webhookTimestamp: z.number() });

const payloadSchema = z.object({
  type: z.string().min(1),
  action: z.string().min(1),
  data: z.unknown(),
});

const issueSchema = z.object({
  identifier: z.string().min(1),
  previousIdentifiers: z.array(z.string().min(1)).catch([]),
  state: z.object({ name: z.string() }).nullish().catch(null),
});

/** Webhooks of Linear: HMAC-SHA256 in hex over the raw body, in `Linear-Signature`. Source: linear.app/developers/webhooks. */
export function linearWebhook(now: () => Date): WebhookSource {
  return {
    verify(request, secret) {
      const signature = request.headers['linear-signature'];
      if (!hmacSha256Matches({ secret, body: request.rawBody, signature, encoding: 'hex' })) return false;
      const sent = sentSchema.safeParse(readJson(request.rawBody)).data?.webhookTimestamp;
      return sent !== undefined && Math.abs(now().getTime() - sent) <= TOLERANCE_MS;
    },

    deliveryId: (request) => request.headers['linear-delivery'] || `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`,

    parse,
  };
}

/** An issue that moved to another team has a new key; who waits, waits with an old one. */
function parse(request: WebhookRequest): ParsedWebhook {
  const payload = payloadSchema.safeParse(readJson(request.rawBody)).data;
  if (!payload) return { event: 'unreadable', hints: [] };
  const event = `${payload.type}.${payload.action}`;
  const issue = payload.type === 'Issue' ? issueSchema.safeParse(payload.data).data : undefined;
  if (!issue) return { event, hints: [] };
  const summary = `Linear: ${issue.identifier} ${payload.action}${issue.state ? ` (${issue.state.name})` : ''}`;
  const keys = [...new Set([issue.identifier, ...issue.previousIdentifiers])];
  return { event, hints: keys.map((key): Hint => ({ key: signalKey.ticket(key), summary })) };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
