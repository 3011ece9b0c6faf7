import { z } from 'zod';
import type { Interaction } from '../../capabilities/interaction-source.ts';
import type { WebhookRequest } from '../../capabilities/webhook-source.ts';

/** What we read of Slack's requests: JSON, a form (slash commands), or a form with JSON in `payload` (interactivity). Never throws. */

const name = z.string().min(1).max(255).optional().catch(undefined);
const payloadSchema = z.object({
  type: name,
  event_id: name,
  command: name,
  challenge: z.string().max(1000).optional().catch(undefined),
  event: z.object({ type: name }).optional().catch(undefined),
  trigger_id: name,
  user: z.object({ id: name }).optional().catch(undefined),
  channel: z.object({ id: name }).optional().catch(undefined),
  message: z.object({ ts: name }).optional().catch(undefined),
  actions: z
    .array(z.object({ type: name, action_id: name, action_ts: name, value: z.string().max(2000).optional().catch(undefined) }))
    .optional()
    .catch(undefined),
});

type Payload = z.infer<typeof payloadSchema>;

export function payloadOf(request: WebhookRequest): Payload {
  const parsed = payloadSchema.safeParse(bodyOf(request));
  return parsed.success ? parsed.data : {};
}

/** A press of a button in a message; Slack sends one for each. */
export function pressOf({ type, user, channel, message, actions }: Payload): Interaction | null {
  const [action] = actions ?? [];
  if (type !== 'block_actions' || action?.type !== 'button') return null;
  const { action_id: actionId, value = '' } = action;
  if (!user?.id || !channel?.id || !message?.ts || !actionId) return null;
  return { personId: user.id, actionId, value, channelId: channel.id, messageId: message.ts };
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
