import { kindOfStatus, retryAfterMs } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import { RefusedAnswer } from './transport.ts';

const MAX_WORDS = 500;

/** What GitLab said about a call it refused, for callers that must tell refusals of one status apart. */
export class GitlabRefusal extends ProviderError {
  /** GitLab's own words, one line. */
  readonly words: string;

  constructor(words: string, ...args: ConstructorParameters<typeof ProviderError>) {
    super(...args);
    this.words = words;
  }
}

/** A refused answer as ours; everything else (a `ProviderError`, the abort reason) comes out unchanged. */
export function gitlabError(error: unknown, operation: string, now: Date, redact: (text: string) => string): unknown {
  if (!(error instanceof RefusedAnswer)) return error;
  const { status, headers, body } = error;
  const words = redact(wordsOf(body)).slice(0, MAX_WORDS);
  const message = `${PROVIDER}: ${operation} answered ${status}${words ? `: ${words}` : ''}`;
  return new GitlabRefusal(words, kindOf(status, headers, words), message, {
    provider: PROVIDER,
    status,
    retryAfterMs: retryAfterMs(headers, now),
  });
}

/** A right that is missing is 400 wherever git's own hooks or a validation found that out. */
function kindOf(status: number, headers: Headers, words: string): ProviderErrorKind {
  if (status === 400 && /\bnot allowed to\b|insufficient permissions/i.test(words)) return 'forbidden';
  return kindOfStatus(status, headers);
}

/** `message` is text, a list of texts, or such lists by field; OAuth's errors are `error` and `error_description`. */
function wordsOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { message, error, error_description } = body as Record<string, unknown>;
  const parts = message === undefined ? [error, error_description] : [message];
  return parts.flatMap(texts).join('; ').replace(/\s+/g, ' ').trim();
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, nested]) => texts(nested).map((text) => (field === 'base' ? text : `${field} ${text}`)));
}

/** Refused as being there already: "Branch already exists", "Tag v1 already exists", "Release already exists". */
export function alreadyExists(error: unknown): boolean {
  return error instanceof GitlabRefusal && [400, 409].includes(error.status ?? 0) && /already exists/i.test(error.words);
}

/** The thing itself is absent; a project that is absent or invisible is trouble, whatever was asked in it. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof GitlabRefusal)) return false;
  if (error.status === 400) return /refname is invalid/i.test(error.words);
  return error.kind === 'not-found' && !/project not found/i.test(error.words);
}

export function trouble(kind: ProviderErrorKind, message: string, options: { retryAfterMs?: number; status?: number } = {}): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER, ...options });
}

/** Refused as existing, yet not readable: a replica behind, or deleted in between. Later will tell. */
export function vanished(what: string): never {
  throw trouble('unavailable', `${what} is said to exist but cannot be read yet`);
}
