import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Hint, type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** Of what a webhook is told: tasks that come, go or change in what makes up a status. A move to another section is `added`. */
export const webhookFilters = [
  { resource_type: 'task', action: 'changed', fields: ['completed', 'approval_status'] },
  ...['added', 'removed', 'deleted', 'undeleted'].map((action) => ({ resource_type: 'task', action })),
];

/** Secrets of Asana are hexadecimal; whatever could break a header is not given back. */
const HOOK_SECRET = /^[\x21-\x7e]{1,256}$/;

const eventsBody = z.object({ events: z.array(z.unknown()) });
const event = z.object({
  action: z.string(),
  resource: z.object({ gid: z.string().regex(/^\d+$/), resource_type: z.string() }),
  change: z.object({ field: z.string() }).nullish().catch(null),
});

/** Webhooks of Asana (Webhooks guide): `X-Hook-Signature` is the HMAC-SHA256 of the body with the secret told in the handshake. */
export const asanaWebhook: WebhookSource = {
  verify: (request, secret) =>
    hmacSha256Matches({ secret, body: request.rawBody, signature: request.headers['x-hook-signature'], encoding: 'hex' }),

  // Deliveries carry no id; every event in the body has its time.
  deliveryId: (request) => `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`,

  parse,

  /** The handshake: Asana asks while it creates the hook, before anybody knows a secret, and wants its header back. */
  challenge({ headers }) {
    const secret = headers['x-hook-secret'];
    if (secret === undefined || !HOOK_SECRET.test(secret) || headers['x-hook-signature'] !== undefined) return null;
    return { headers: { 'x-hook-secret': secret }, unsigned: true };
  },
};

function parse(request: WebhookRequest): ParsedWebhook {
  const body = eventsBody.safeParse(readJson(request.rawBody));
  if (!body.success) return { event: 'unreadable', hints: [] };
  // One is sent every eight hours, to see whether we are there.
  if (body.data.events.length === 0) return { event: 'heartbeat', hints: [] };
  const events = body.data.events.flatMap((each) => {
    const parsed = event.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
  const hints = new Map<string, Hint>();
  for (const { action, resource, change } of events) {
    if (resource.resource_type !== 'task') continue;
    const summary = `Asana: task ${resource.gid} ${action}${change ? ` (${change.field})` : ''}`;
    hints.set(resource.gid, { key: signalKey.ticket(resource.gid), summary });
  }
  const names = new Set(events.map(({ action, resource }) => `${resource.resource_type} ${action}`));
  return { event: [...names].join(', ') || 'unreadable', hints: [...hints.values()] };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
