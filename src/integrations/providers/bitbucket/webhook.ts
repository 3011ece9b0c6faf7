import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Hint, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';

/** Bitbucket's webhooks (Event payloads; Manage webhooks). */
export const bitbucketWebhook: WebhookSource = {
  verify(request, secret) {
    const signature = request.headers['x-hub-signature'];
    return hmacSha256Matches({ secret, body: request.rawBody, signature, encoding: 'hex', prefix: 'sha256=' });
  },
  // Retries keep it and count in X-Attempt-Number.
  deliveryId(request) {
    return request.headers['x-request-uuid'] || `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`;
  },
  parse(request) {
    const event = request.headers['x-event-key'] || 'unknown';
    return { event, hints: Object.hasOwn(readers, event) ? (readers[event]?.(payloadOf(request)) ?? []) : [] };
  },
};

function hintsOf<T>(schema: z.ZodType<T>, toHints: (payload: T) => Hint[]): (payload: unknown) => Hint[] {
  return (payload) => {
    const parsed = schema.safeParse(payload);
    return parsed.success ? toHints(parsed.data) : [];
  };
}

const ref = z.object({ type: z.string(), name: z.string() }).nullish();
const push = z.object({ push: z.object({ changes: z.array(z.object({ new: ref, old: ref })) }) });
const pull = z.object({ pullrequest: z.object({ id: z.number(), destination: z.object({ branch: z.object({ name: z.string() }) }) }) });
const status = z.object({ commit_status: z.object({ refname: z.string().nullish(), state: z.string(), key: z.string() }) });

const pullHints = (what: string) =>
  hintsOf(pull, ({ pullrequest: { id, destination } }) => [
    { key: signalKey.branch(destination.branch.name), summary: `pull request #${id} into ${destination.branch.name} ${what}` },
  ]);
/** A status of a commit that no branch was named with has no place to look at. */
const statusHints = hintsOf(status, ({ commit_status: { refname, state, key } }) =>
  refname ? [{ key: signalKey.branch(refname), summary: `build ${key} on ${refname}: ${state}` }] : [],
);

const readers: Readonly<Record<string, (payload: unknown) => Hint[]>> = {
  'repo:push': hintsOf(push, ({ push: { changes } }) => changes.flatMap(changeHints)),
  'pullrequest:created': pullHints('created'),
  'pullrequest:updated': pullHints('updated'),
  'pullrequest:fulfilled': pullHints('merged'),
  'pullrequest:rejected': pullHints('declined'),
  'repo:commit_status_created': statusHints,
  'repo:commit_status_updated': statusHints,
};

/** The events that Signalbox reads. */
export const bitbucketEvents: readonly string[] = Object.keys(readers);

/** A created branch has no old side, a deleted one no new side; tags are listed too. */
function changeHints(change: z.infer<typeof push>['push']['changes'][number]): Hint[] {
  const branch = change.new ?? change.old;
  if (branch?.type !== 'branch') return [];
  const what = change.new ? (change.old ? 'push to' : 'created') : 'deleted';
  return [{ key: signalKey.branch(branch.name), summary: what === 'push to' ? `push to ${branch.name}` : `branch ${branch.name} ${what}` }];
}

function payloadOf(request: WebhookRequest): unknown {
  try {
    return JSON.parse(Buffer.from(request.rawBody).toString('utf8'));
  } catch {
    return null;
  }
}
