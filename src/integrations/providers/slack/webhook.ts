import { createHash } from 'node:crypto';
import type { WebhookRequest, WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';
import { payloadOf, pressOf } from './payload.ts';

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
      const payload = payloadOf(request);
      const press = pressOf(payload);
      if (press !== null)
        return `press:${sha256(Buffer.from(JSON.stringify([press, payload.actions?.[0]?.action_ts ?? payload.trigger_id])))}`;
      return payload.event_id ?? `sha256:${sha256(request.rawBody)}`;
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

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
