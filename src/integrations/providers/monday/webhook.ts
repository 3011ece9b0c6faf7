import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';

/** Clocks differ; tokens of monday last five minutes. */
const LEEWAY_SECONDS = 60;

/**
 * Webhooks of boards. monday signs those that an app made: `Authorization` holds a JWT (HS256) under the app's signing secret. It says who
 * sends and until when, and not what: the body is not covered, which is enough for a hint. Webhooks made with a personal token carry none
 * and are refused. https://developer.monday.com/apps/docs/integration-authorization
 */
export function mondayWebhook(now: () => Date): WebhookSource {
  return {
    verify(request, secret) {
      const claims = signedClaims(request.headers.authorization ?? '', secret);
      return claims !== null && claims.exp + LEEWAY_SECONDS >= now().getTime() / 1000;
    },

    // One event may come by several webhooks of a board.
    deliveryId(request) {
      const event = eventOf(request);
      if (event?.triggerUuid) return `${event.subscriptionId ?? ''}:${event.triggerUuid}`;
      return createHash('sha256').update(request.rawBody).digest('hex');
    },

    parse,

    // Asked when the webhook is made; monday does not promise to sign it.
    challenge(request) {
      const json = challengeBody.safeParse(readJson(request.rawBody)).data;
      return json === undefined ? null : { json, unsigned: true };
    },
  };
}

const claimsSchema = z.object({ exp: z.number() });

/** `null` unless the token is a JWT signed with the secret. The algorithm is ours to say, not the token's. */
function signedClaims(authorization: string, secret: string): z.infer<typeof claimsSchema> | null {
  const match = /^(?:Bearer )?([\w-]+)\.([\w-]+)\.([\w-]{43})$/i.exec(authorization);
  if (match === null || secret === '') return null;
  const [, header = '', payload = '', signature = ''] = match;
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  // Two spellings of base64 may mean the same bytes; only one is what monday sent.
  if (given.toString('base64url') !== signature || !timingSafeEqual(expected, given)) return null;
  return claimsSchema.safeParse(readJson(Buffer.from(payload, 'base64url'))).data ?? null;
}

/** Nothing but what monday makes: this is answered to anybody. */
const challengeBody = z.strictObject({ challenge: z.string().regex(/^[\w.=-]{1,512}$/) });

const id = z
  .union([z.number().int().positive(), z.string().regex(/^\d{1,19}$/)])
  .transform(String)
  .optional()
  .catch(undefined);
const text = z.string().min(1).max(255).optional().catch(undefined);
const body = z.object({
  event: z.object({
    type: z.string().min(1).max(128).catch('unknown'),
    pulseId: id,
    /** In place of `pulseId` when an item is archived, deleted or restored. */
    itemId: id,
    columnTitle: text,
    triggerUuid: text,
    subscriptionId: id,
    value: z
      .object({ label: z.object({ text }).nullish().catch(null) })
      .nullish()
      .catch(null),
  }),
});

function eventOf(request: WebhookRequest): z.infer<typeof body>['event'] | null {
  return body.safeParse(readJson(request.rawBody)).data?.event ?? null;
}

function parse(request: WebhookRequest): ParsedWebhook {
  const event = eventOf(request);
  if (event === null) return { event: 'unreadable', hints: [] };
  const { type, columnTitle, value } = event;
  const key = event.pulseId ?? event.itemId;
  if (key === undefined) return { event: type, hints: [] };
  const change = columnTitle ? ` (${columnTitle}${value?.label?.text ? ` → ${value.label.text}` : ''})` : '';
  return { event: type, hints: [{ key: signalKey.ticket(key), summary: `monday: item ${key} ${type}${change}` }] };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
