import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Hint, type ParsedWebhook, signalKey, type WebhookRequest, type WebhookSource } from '../../capabilities/webhook-source.ts';
import { hmacSha256Matches } from '../../kit/signature.ts';
import { buildOfUrl, isJobPath, jobPathOfUrl } from './job-path.ts';
import { buildHandle, queueHandle } from './run-handle.ts';

/**
 * Jenkins has no webhooks of its own. Three ways to send the body of the Notification plugin are taken: signed by a pipeline step; with the
 * secret in a header (HTTP Request plugin); with the secret as the password of the address (Notification plugin, which has no headers).
 * A delivery that shows a signature is judged by it alone.
 */
export const jenkinsWebhook: WebhookSource = {
  verify(request, secret) {
    const { headers, rawBody: body } = request;
    const signature = headers['x-signalbox-signature'];
    if (signature !== undefined) return hmacSha256Matches({ secret, body, signature, encoding: 'hex', prefix: 'sha256=' });
    return isSecret(headers['x-signalbox-token'] ?? passwordOf(headers.authorization), secret);
  },

  // Jenkins numbers no deliveries. A body says which build reached which phase, so equal bodies are the same news.
  deliveryId: (request) => `sha256:${createHash('sha256').update(request.rawBody).digest('hex')}`,

  parse,
};

/** Digests have one length, whatever was sent: the time taken tells nothing about the secret. */
function isSecret(given: string | undefined, secret: string): boolean {
  if (secret === '' || given === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** Of basic authentication; the user may be any. */
function passwordOf(authorization: string | undefined): string | undefined {
  const encoded = /^Basic ([0-9A-Za-z+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
}

const text = z.string().max(2048).nullish().catch(undefined);
const id = z.number().int().positive().nullish().catch(undefined);
const bodySchema = z.object({
  /** Full name from a pipeline step, the job's own name from the plugin. */
  name: text,
  /** Page of the job. */
  url: text,
  build: z.object({ number: id, queue_id: id, phase: text, status: text, full_url: text, url: text }),
});

function parse(request: WebhookRequest): ParsedWebhook {
  const parsed = bodySchema.safeParse(jsonOf(request));
  if (!parsed.success) return { event: 'unreadable', hints: [] };
  const { build, url, name } = parsed.data;
  const event = build.phase || 'unknown';
  // It is in our queue already, or is no run of ours.
  if (event === 'QUEUED') return { event, hints: [] };
  const page = buildOfUrl(build.full_url ?? '') ?? buildOfUrl(build.url ?? '');
  const path = page?.path ?? jobPathOfUrl(url ?? '') ?? (url || !name || !isJobPath(name) ? null : name);
  const number = page?.number ?? build.number;
  if (path === null || !number) return { event, hints: [] };
  const summary = `${path} #${number} ${event.toLowerCase()}${build.status ? `: ${build.status}` : ''}`;
  const handles = [buildHandle(path, number), ...(build.queue_id ? [queueHandle(build.queue_id, path)] : [])];
  return { event, hints: handles.map((handle): Hint => ({ key: signalKey.ciRun(handle), summary })) };
}

function jsonOf(request: WebhookRequest): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(request.rawBody));
  } catch {
    return undefined;
  }
}
