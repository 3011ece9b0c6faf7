import { createHmac } from 'node:crypto';
import type { Secret } from '../../../platform/secret.ts';

/** Signatures as in "Standard Webhooks": HMAC-SHA256 over id, time and body, with a secret that is bytes in base64. */

const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** `null` where the secret is none. */
export function keyOf(secret: Secret): Buffer | null {
  const [, encoded] = /^whsec_([0-9A-Za-z+/]+={0,2})$/.exec(secret.reveal()) ?? [];
  if (encoded === undefined || encoded.length % 4 !== 0) return null;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : null;
}

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
