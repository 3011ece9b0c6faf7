import { createHmac } from 'node:crypto';

/** The headers of a delivery. @param attempt counts retries, which keep the delivery's id */
export function signedHeaders(secret: string, event: string, deliveryId: string, body: string | Uint8Array, attempt = 1) {
  return {
    'content-type': 'application/json',
    'user-agent': 'Bitbucket-Webhooks/2.0',
    'x-event-key': event,
    'x-hook-uuid': '00000000-0000-4000-8000-000000000001',
    'x-request-uuid': deliveryId,
    'x-attempt-number': String(attempt),
    'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}
