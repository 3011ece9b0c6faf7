import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../platform/secret.ts';
import type { WebhookRequest } from '../capabilities/webhook-source.ts';
import { secretField } from './secret-field.ts';

/** Signatures as in "Standard Webhooks": HMAC-SHA256 over id, time and body, with a secret that is bytes in base64. */

const MIN_BYTES = 24;
const MAX_BYTES = 64;
/** "Verify that the timestamp is within your tolerance"; clocks differ. */
const TOLERANCE_SECONDS = 300;
const SIGNING_PREFIX = 'whsec_';

/** `null` where the secret is none. */
export function keyOf(secret: Secret): Buffer | null {
  const [, encoded] = /^whsec_([0-9A-Za-z+/]+={0,2})$/.exec(secret.reveal()) ?? [];
  if (encoded === undefined || encoded.length % 4 !== 0) return null;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : null;
}

/** The credential that we sign with. */
export const signingSecretField = (description: string) =>
  secretField(description)
    .refine((secret) => keyOf(secret) !== null, 'must be whsec_ followed by the base64 of 24 to 64 bytes')
    .meta({ description, format: 'password', writeOnly: true });

export interface Delivery {
  /** The same for each try. */
  id: string;
  at: Date;
  body: string;
}

/** The three headers by which a receiver knows who sends, when, and whether it has it already. */
export function signedHeaders(secret: Secret, { id, at, body }: Delivery): Record<string, string> {
  const key = keyOf(secret);
  if (key === null) throw new TypeError('the secret was checked when it was parsed');
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/**
 * Whether a request that came in is signed with the secret, and now: `v1,<base64>` entries over `id.timestamp.body`, any one of which may
 * match (two while a key is replaced).
 * @param secret `whsec_` and the key in base64, in exactly one spelling; a secret of another form is the key itself
 */
export function isSigned({ headers, rawBody }: WebhookRequest, secret: string, now: Date): boolean {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  if (secret === '' || id === '' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const key = signingKey(secret);
  if (key === null) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBody).digest();
  return (headers['webhook-signature'] ?? '').split(' ').some((entry) => {
    const [, digest = ''] = /^v1,([0-9A-Za-z+/]{43}=)$/.exec(entry) ?? [];
    return digest !== '' && timingSafeEqual(expected, Buffer.from(digest, 'base64'));
  });
}

function signingKey(secret: string): Buffer | null {
  if (!secret.startsWith(SIGNING_PREFIX)) return Buffer.from(secret, 'utf8');
  const written = secret.slice(SIGNING_PREFIX.length).replace(/=+$/, '');
  const key = Buffer.from(written, 'base64');
  return key.length > 0 && key.toString('base64').replace(/=+$/, '') === written ? key : null;
}
