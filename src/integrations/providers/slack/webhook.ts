import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { WebhookRequest, WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** "Reject requests whose timestamp is more than five minutes from local time" (Verifying requests from Slack). */
const TIMESTAMP_TOLERANCE_SECONDS = 300;

/** Events API (JSON), interactivity (a form with JSON in `payload`) and slash commands (a form). */
export interface SlackWebhook extends WebhookSource {
  /** What to answer, as text, when Slack asks whether the address is ours (`url_verification`); `null` for every other request. */
  challenge(request: WebhookRequest): string | null;
}

export function slackWebhook(now: () => Date): SlackWebhook {
  return {
    verify(request, secret) {
      const timestamp = request.headers['x-slack-request-timestamp'] ?? '';
      const age = now().getTime() / 1000 - Number(timestamp);
      if (!/^\d{1,12}$/.test(timestamp) || Math.abs(age) > TIMESTAMP_TOLERANCE_SECONDS) return false;
      return hmacSha256Matches({
        secret,
        body: Buffer.concat([Buffer.from(`v0:${timestamp}:`), request.rawBody]),
        signature: request.headers['x-slack-signature'],
        encoding: 'hex',
        prefix: 'v0=',
      });
    },
    deliveryId(request) {
      return payloadOf(request).event_id ?? `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`;
    },
    /** No task waits for anything that happens in Slack: every event is known by name and has no hints. */
    parse(request) {
      const { type, event, command } = payloadOf(request);
      return { event: event?.type ?? type ?? command ?? 'unknown', hints: [] };
    },
    challenge(request) {
      const { type, challenge } = payloadOf(request);
      return type === 'url_verification' ? (challenge ?? null) : null;
    },
  };
}

const name = z.string().min(1).max(255).optional().catch(undefined);
const payloadSchema = z.object({
  type: name,
  event_id: name,
  command: name,
  challenge: z.string().max(1000).optional().catch(undefined),
  event: z.object({ type: name }).optional().catch(undefined),
});

function payloadOf(request: WebhookRequest): z.infer<typeof payloadSchema> {
  const parsed = payloadSchema.safeParse(bodyOf(request));
  return parsed.success ? parsed.data : {};
}

function bodyOf(request: WebhookRequest): unknown {
  const text = Buffer.from(request.rawBody).toString('utf8');
  try {
    if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return JSON.parse(text);
    const form = new URLSearchParams(text);
    const payload = form.get('payload');
    return payload === null ? Object.fromEntries(form) : JSON.parse(payload);
  } catch {
    return null;
  }
}
