import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Hint, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** The events a hook is set up for: those that `parse` reads. */
export const webhookEvents = ['push', 'pull_request', 'workflow_run', 'workflow_job', 'create', 'delete'] as const;

/** GitHub's webhooks (Webhook events and payloads; Validating webhook deliveries). */
export const githubWebhook: WebhookSource = {
  verify(request, secret) {
    const signature = request.headers['x-hub-signature-256'];
    return hmacSha256Matches({ secret, body: request.rawBody, signature, encoding: 'hex', prefix: 'sha256=' });
  },
  deliveryId(request) {
    return request.headers['x-github-delivery'] || `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`;
  },
  parse(request) {
    const event = request.headers['x-github-event'] ?? 'unknown';
    const known = webhookEvents.find((each) => each === event);
    return { event, hints: known ? readers[known](payloadOf(request)) : [] };
  },
};

function hintsOf<T>(schema: z.ZodType<T>, toHints: (payload: T) => Hint[]): (payload: unknown) => Hint[] {
  return (payload) => {
    const parsed = schema.safeParse(payload);
    return parsed.success ? toHints(parsed.data) : [];
  };
}

const runId = z.number().int().positive();
const branchOrTag = z.object({ ref: z.string(), ref_type: z.string() });
const branchHints =
  (what: string) =>
  ({ ref, ref_type }: { ref: string; ref_type: string }): Hint[] =>
    ref_type === 'branch' ? [{ key: signalKey.branch(ref), summary: `branch ${ref} ${what}` }] : [];

/** `ping` and `release` are known and awaited by nobody. */
const readers: Readonly<Record<(typeof webhookEvents)[number], (payload: unknown) => Hint[]>> = {
  push: hintsOf(z.object({ ref: z.string() }), ({ ref }) => {
    const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
    return branch ? [{ key: signalKey.branch(branch), summary: `push to ${branch}` }] : [];
  }),
  pull_request: hintsOf(
    z.object({ action: z.string(), number: z.number(), pull_request: z.object({ base: z.object({ ref: z.string() }) }) }),
    ({ action, number, pull_request: { base } }) => [
      { key: signalKey.branch(base.ref), summary: `pull request #${number} into ${base.ref} ${action}` },
    ],
  ),
  workflow_run: hintsOf(
    z.object({ action: z.string(), workflow_run: z.object({ id: runId, conclusion: z.string().nullish() }) }),
    ({ action, workflow_run: { id, conclusion } }) => [
      { key: signalKey.ciRun(String(id)), summary: `workflow run ${id} ${action}${conclusion ? `: ${conclusion}` : ''}` },
    ],
  ),
  workflow_job: hintsOf(
    z.object({ action: z.string(), workflow_job: z.object({ run_id: runId, name: z.string() }) }),
    ({ action, workflow_job: { run_id, name } }) => [
      { key: signalKey.ciRun(String(run_id)), summary: `job ${name} of workflow run ${run_id} ${action}` },
    ],
  ),
  create: hintsOf(branchOrTag, branchHints('created')),
  delete: hintsOf(branchOrTag, branchHints('deleted')),
};

/** A webhook may be set up to send JSON, or a form with the JSON in `payload`. */
function payloadOf(request: WebhookRequest): unknown {
  try {
    const text = Buffer.from(request.rawBody).toString('utf8');
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    return JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text);
  } catch {
    return null;
  }
}
