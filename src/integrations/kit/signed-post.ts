import { z } from 'zod';
import type { Secret } from '../../platform/secret.ts';
import type { AdapterDeps, Connection, Verification } from './define-provider.ts';
import { kindOfStatus, retryAfterMs } from './http.ts';
import { ProviderError } from './provider-error.ts';
import { signedHeaders } from './standard-webhooks.ts';
import { isRedirect, redirectRefused } from './transport.ts';

/** Signed requests to receivers that people write themselves: all of them are POSTs to one address. */

export type SignedConnection<Settings = unknown> = Connection<{ signingSecret: Secret }, Settings>;

interface Post {
  provider: string;
  connection: SignedConnection;
  /** By which the receiver tells repeats. */
  id: string;
  message: object;
  /** The message holds what nobody may see: its size alone is recorded. */
  isSecret?: boolean;
  /** Whether a refusal is told in the receiver's own words: `message` of its JSON. */
  hasWords?: boolean;
}

/** What a person does about it. */
const adviceByStatus: Readonly<Record<number, string>> = {
  401: 'the receiver does not accept the signature: check that it knows the same secret, and that its clock is right',
  403: 'the receiver does not let us in',
  404: 'there is nothing at this address: check the base URL',
  410: 'the receiver says that it is gone for good: give its new address, or stop using the connection',
};
const MAX_WORDS = 300;

/** @throws ProviderError for whatever is no 2xx */
export async function signedPost(post: Post, deps: AdapterDeps): Promise<Response> {
  const { provider, connection, id } = post;
  const body = JSON.stringify(post.message);
  const response = await deps.fetch(connection.baseUrl, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      ...signedHeaders(connection.credentials.signingSecret, { id, at: deps.now(), body }),
    },
    body: post.isSecret === true ? new TextEncoder().encode(body) : body,
  });
  const { status, headers } = response;
  if (response.ok) return response;
  if (isRedirect(response)) throw redirectRefused(response, { provider, doing: 'POST' });
  const words = post.hasWords === true ? await wordsOf(response, connection.credentials.signingSecret) : '';
  const advice = words || adviceByStatus[status] || '';
  throw new ProviderError(kindOfStatus(status, headers), `${provider}: POST answered ${status}${advice && ` (${advice})`}`, {
    provider,
    status,
    retryAfterMs: retryAfterMs(headers, deps.now()),
  });
}

const refusalSchema = z.object({ message: z.string() });

async function wordsOf(response: Response, secret: Secret): Promise<string> {
  const told = refusalSchema.safeParse(await response.json().catch(() => null)).data?.message ?? '';
  return told.replaceAll(secret.reveal(), secret.toString()).slice(0, MAX_WORDS);
}

/** The same, with an answer that says something. @throws ProviderError malformed where it is not of the shape that was agreed */
export async function signedAsk<T>(post: Post, deps: AdapterDeps, schema: z.ZodType<T>): Promise<T> {
  const response = await signedPost({ ...post, hasWords: true }, deps);
  const answer = schema.safeParse(await response.json().catch(() => undefined));
  if (answer.success) return answer.data;
  const where = answer.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
  const message = `${post.provider}: POST answered ${response.status}, but unexpected shape at ${where.slice(0, MAX_WORDS)}`;
  throw new ProviderError('malformed', message, { provider: post.provider, status: response.status });
}

/** Sends a signed `ping`: the receiver shows that it is there and knows the secret. */
export async function verifyByPing(post: Omit<Post, 'message'>, deps: AdapterDeps): Promise<Verification> {
  try {
    await signedPost({ ...post, message: { type: 'ping' } }, deps);
    return { ok: true, account: new URL(post.connection.baseUrl).host, expiresAt: null, rateLimit: null };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [`The receiver does not take a ping: ${error.message}.`] };
  }
}
