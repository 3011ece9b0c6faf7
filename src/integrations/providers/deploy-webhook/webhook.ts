import { createHash } from 'node:crypto';
import { z } from 'zod';
import { signalKey, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { isSigned } from '../../kit/standard-webhooks.ts';

const changed = z.object({ type: z.literal('changed'), place: z.string().min(1).max(63) });
const named = z.object({ type: z.string().min(1).max(128) });

/** Callbacks of a receiver: hints that something changed at a place, which is then asked for. */
export function deployWebhookSource(now: () => Date): WebhookSource {
  return {
    verify: (request, secret) => isSigned(request, secret, now()),
    deliveryId: ({ headers, rawBody }) => headers['webhook-id'] || `sha256:${createHash('sha256').update(rawBody).digest('hex')}`,
    parse({ rawBody }) {
      const body = readJson(rawBody);
      const event = named.safeParse(body).data?.type ?? 'unreadable';
      const place = changed.safeParse(body).data?.place;
      return { event, hints: place === undefined ? [] : [{ key: signalKey.place(place), summary: `${place} changed` }] };
    },
  };
}

export const deployWebhookInstructions = ({ url }: { url: string }): string[] => [
  `Let the receiver POST to \`${url}\` when something changed: \`{"type": "changed", "place": "<name of the place>"}\`.`,
  'Let it sign that as in Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`) with the **webhook secret** of this connection.',
  'Without callbacks it is asked from time to time.',
];

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
