import { createHash } from 'node:crypto';
import { type Hint, type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';
import { changedField, webhookBody } from './schema.ts';

/**
 * Webhooks of Jira, signed with the secret given when an administrator registers them: WebSub's `X-Hub-Signature: sha256=<hex>` over the
 * raw body. Sources: "Secure admin webhooks" (developer.atlassian.com/cloud/jira/platform/webhooks) for Cloud, "Managing webhooks" of the
 * Data Center administration guide. Webhooks registered by OAuth or Connect apps are not signed and are refused here.
 */
export const jiraWebhook: WebhookSource = {
  verify: (request, secret) =>
    hmacSha256Matches({ secret, body: request.rawBody, signature: request.headers['x-hub-signature'], encoding: 'hex', prefix: 'sha256=' }),

  // The identifier is the same in every retry of a delivery; old Data Center versions send none.
  deliveryId: (request) => request.headers['x-atlassian-webhook-identifier'] || createHash('sha256').update(request.rawBody).digest('hex'),

  parse,
};

function parse(request: WebhookRequest): ParsedWebhook {
  const parsed = webhookBody.safeParse(readJson(request.rawBody));
  if (!parsed.success) return { event: 'unreadable', hints: [] };
  const { webhookEvent: event, issue, changelog } = parsed.data;
  if (!issue) return { event, hints: [] };
  const changes = (changelog?.items ?? []).flatMap(changeOf);
  const move = changes.find((change) => change.field === 'status');
  const summary = `Jira: ${issue.key} ${event}${move ? ` (${move.from ?? '?'} → ${move.to ?? '?'})` : ''}`;
  // A ticket moved to another project has a new key; who waits, waits with the old one.
  const formerKeys = changes.filter((change) => change.field === 'Key').flatMap((change) => change.from ?? []);
  const hints: Hint[] = [...new Set([issue.key, ...formerKeys])].map((key) => ({ key: signalKey.ticket(key), summary }));
  return { event, hints };
}

function changeOf(item: unknown): { field: string; from: string | null; to: string | null }[] {
  const parsed = changedField.safeParse(item);
  if (!parsed.success) return [];
  const to = Object.getOwnPropertyDescriptor(item, 'toString')?.value;
  return [{ field: parsed.data.field, from: parsed.data.fromString ?? null, to: typeof to === 'string' ? to : null }];
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
