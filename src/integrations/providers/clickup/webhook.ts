import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** What Signalbox reads; `taskUpdated` comes for every change of a task, `taskStatusUpdated` for moves. */
export const webhookEvents = ['taskDeleted', 'taskStatusUpdated', 'taskUpdated'] as const;

const side = z.object({ status: z.string().nullish() }).nullish().catch(null);
const change = z.object({ id: z.coerce.string(), field: z.string().nullish(), before: side, after: side });
const payload = z.object({
  event: z.string().catch('unknown'),
  webhook_id: z.string().nullish().catch(null),
  task_id: z.string().min(1).nullish().catch(null),
  history_items: z.array(z.unknown()).catch([]),
});

/** Signed with the secret that ClickUp made with the webhook: hex HMAC-SHA256 over the raw body in `X-Signature`. */
export const clickupWebhook: WebhookSource = {
  verify: (request, secret) =>
    hmacSha256Matches({ secret, body: request.rawBody, signature: request.headers['x-signature'], encoding: 'hex' }),
  deliveryId,
  parse,
};

/** ClickUp sends no id; a change has one, and an attempt to deliver it again is of the same change for the same webhook and event. */
function deliveryId(request: WebhookRequest): string {
  const parsed = payload.safeParse(readJson(request.rawBody));
  const changes = parsed.success ? changesOf(parsed.data.history_items) : [];
  const digest = createHash('sha256');
  if (parsed.success && changes.length > 0) {
    const { event, webhook_id, task_id } = parsed.data;
    return digest.update(JSON.stringify([webhook_id, event, task_id, changes.map(({ id }) => id)])).digest('hex');
  }
  return digest.update(request.rawBody).digest('hex');
}

function parse(request: WebhookRequest): ParsedWebhook {
  const parsed = payload.safeParse(readJson(request.rawBody));
  if (!parsed.success) return { event: 'unreadable', hints: [] };
  const { event, task_id: id, history_items } = parsed.data;
  if (!id || !webhookEvents.some((ours) => ours === event)) return { event, hints: [] };
  const move = changesOf(history_items).find(({ field }) => field === 'status');
  const words = move ? ` (${move.before?.status ?? '?'} → ${move.after?.status ?? '?'})` : '';
  return { event, hints: [{ key: signalKey.ticket(id), summary: `ClickUp: ${id} ${event}${words}` }] };
}

function changesOf(items: readonly unknown[]) {
  return items.flatMap((item) => {
    const parsed = change.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
