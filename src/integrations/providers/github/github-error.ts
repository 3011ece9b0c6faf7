import { z } from 'zod';
import { kindOfStatus, retryAfterMs } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

const MAX_WORDS = 500;
/** "Wait for at least one minute" — Rate limits for the REST API, secondary rate limits without a Retry-After. */
const SECONDARY_LIMIT_MS = 60_000;

const errorBodySchema = z.object({
  message: z.string(),
  errors: z
    .array(z.union([z.string(), z.object({ message: z.string().nullish(), code: z.string().nullish(), field: z.string().nullish() })]))
    .optional()
    .catch(undefined),
});

/** What a failed write said, for callers that must tell "already exists" from other refusals. */
export class GithubRefusal extends ProviderError {
  /** GitHub's message followed by those of its error list, one line. */
  readonly words: string;

  constructor(words: string, ...args: ConstructorParameters<typeof ProviderError>) {
    super(...args);
    this.words = words;
  }
}

/**
 * Octokit's error as ours. What the guarded fetch threw (a `ProviderError`, the abort reason) comes out unchanged: octokit reports it as a
 * status 500 that no server sent.
 */
export function githubError(error: unknown, operation: string, now: Date, redact: (text: string) => string): unknown {
  if (!isOctokitError(error)) return error;
  const response = error.response;
  if (!response) return error.cause ?? error;
  const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  const words = redact(wordsOf(response.data)).slice(0, MAX_WORDS);
  const limited = error.status === 403 && /rate limit/i.test(words);
  const kind = limited ? 'rate-limited' : kindOfStatus(error.status, headers);
  const wait = retryAfterMs(headers, now) ?? (limited ? SECONDARY_LIMIT_MS : undefined);
  const message = `${PROVIDER}: ${operation} answered ${error.status}${words ? `: ${words}` : ''}`;
  return new GithubRefusal(words, kind, message, { provider: PROVIDER, status: error.status, retryAfterMs: wait });
}

interface OctokitError extends Error {
  status: number;
  /** Absent when no answer arrived. */
  response?: { headers: Record<string, unknown>; data: unknown };
}

/** By name: octokit's client package does not export the class. */
function isOctokitError(error: unknown): error is OctokitError {
  return error instanceof Error && error.name === 'HttpError' && 'status' in error && typeof error.status === 'number';
}

function wordsOf(data: unknown): string {
  const body = errorBodySchema.safeParse(data);
  if (!body.success) return '';
  const details = (body.data.errors ?? []).map((entry) =>
    typeof entry === 'string' ? entry : (entry.message ?? [entry.field, entry.code].filter(Boolean).join(' ')),
  );
  return [body.data.message, ...details.filter(Boolean)].join('; ').replace(/\s+/g, ' ');
}

/** 422 because the thing is there already: "Reference already exists", a release's `tag_name already_exists`. */
export function alreadyExists(error: unknown): boolean {
  return error instanceof GithubRefusal && error.status === 422 && /already[ _]exists/i.test(error.words);
}

/** Trouble that we see and GitHub does not. */
export function githubTrouble(kind: ProviderErrorKind, message: string, status?: number): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER, status });
}

/** Refused as existing, yet not readable: a replica behind, or deleted in between. Later will tell. */
export function vanished(what: string): never {
  throw githubTrouble('unavailable', `${what} is said to exist but cannot be read yet`);
}
