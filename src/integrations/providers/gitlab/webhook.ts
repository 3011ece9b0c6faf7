import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Hint, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { isSigned } from '../../kit/standard-webhooks.ts';

/** GitLab's webhooks (Webhook events; Validate payloads by a secret token, or by the signature newer versions send). */
export function gitlabWebhook(now: () => Date): WebhookSource {
  return {
    verify(request, secret) {
      if (secret === '') return false;
      // A hook that signs is judged by its signature alone: that covers the body, the token does not.
      if (request.headers['webhook-signature'] !== undefined) return isSigned(request, secret, now());
      return sameText(request.headers['x-gitlab-token'] ?? '', secret);
    },
    deliveryId({ headers, rawBody }) {
      const delivery = headers['webhook-id'] || headers['idempotency-key'];
      if (delivery) return delivery;
      const digest = createHash('sha256').update(rawBody).digest('hex');
      // Older servers give one UUID to all that follows from one cause, so the body has to tell them apart.
      const event = headers['x-gitlab-event-uuid'];
      return event ? `${event}:${digest}` : `sha256:${digest}`;
    },
    parse(request) {
      const event = request.headers['x-gitlab-event'] ?? 'unknown';
      const read = Object.hasOwn(readers, event) ? readers[event] : undefined;
      return { event, hints: read?.(payloadOf(request)) ?? [] };
    },
  };
}

/** Digests have one length, so that the time taken tells neither the length nor the beginning of the secret. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function hintsOf<T>(schema: z.ZodType<T>, toHints: (payload: T) => Hint[]): (payload: unknown) => Hint[] {
  return (payload) => {
    const parsed = schema.safeParse(payload);
    return parsed.success ? toHints(parsed.data) : [];
  };
}

const id = z.number().int().positive();

/** A branch made or deleted is a push too. Tags and releases are known and awaited by nobody. */
const readers: Readonly<Record<string, (payload: unknown) => Hint[]>> = {
  'Push Hook': hintsOf(z.object({ ref: z.string() }), ({ ref }) => {
    const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
    return branch ? [{ key: signalKey.branch(branch), summary: `push to ${branch}` }] : [];
  }),
  'Merge Request Hook': hintsOf(
    z.object({ object_attributes: z.object({ iid: z.number(), target_branch: z.string(), action: z.string().optional() }) }),
    ({ object_attributes: { iid, target_branch, action } }) => [
      { key: signalKey.branch(target_branch), summary: `merge request !${iid} into ${target_branch}: ${action ?? 'changed'}` },
    ],
  ),
  'Pipeline Hook': hintsOf(z.object({ object_attributes: z.object({ id, status: z.string() }) }), ({ object_attributes: pipeline }) => [
    { key: signalKey.ciRun(String(pipeline.id)), summary: `pipeline ${pipeline.id}: ${pipeline.status}` },
  ]),
  'Job Hook': hintsOf(
    z.object({ pipeline_id: id, build_name: z.string(), build_status: z.string() }),
    ({ pipeline_id, build_name, build_status }) => [
      { key: signalKey.ciRun(String(pipeline_id)), summary: `job ${build_name} of pipeline ${pipeline_id}: ${build_status}` },
    ],
  ),
};

function payloadOf(request: WebhookRequest): unknown {
  try {
    return JSON.parse(Buffer.from(request.rawBody).toString('utf8'));
  } catch {
    return null;
  }
}
