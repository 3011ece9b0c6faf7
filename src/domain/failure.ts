/**
 * Failure is data. Whatever goes wrong while a task runs is reduced to one of these kinds, and one
 * exhaustive function decides what happens next: never again without a person, later, or after a given time.
 */

export const failureKinds = [
  'unauthorized',
  'forbidden',
  'not-found',
  'conflict',
  'invalid',
  'rate-limited',
  'unavailable',
  'timeout',
  'malformed',
  'internal',
] as const;

export type FailureKind = (typeof failureKinds)[number];

export interface Failure {
  kind: FailureKind;
  /** Safe to show to any member of the tenant: never holds a secret or an internal address. */
  message: string;
  /** Provider id when the trouble is a provider's. */
  provider?: string;
  /** Milliseconds the provider asked us to wait (Retry-After, rate-limit reset). */
  retryAfterMs?: number;
  /** The stored connection through which it happened. */
  connection?: FailedConnection;
}

export interface FailedConnection {
  /** Its category, as in the API's paths. */
  category: string;
  id: string;
  displayName: string;
}

export type RetryDecision =
  | { when: 'never' }
  | { when: 'later' }
  /** Once the connection works again; a person must mend it, and nothing else needs to stop. */
  | { when: 'restored'; connection: FailedConnection }
  /** The provider named the time; waiting it out costs no attempt. */
  | { when: 'after'; ms: number };

/** Without Retry-After a rate limit is assumed to last this long. */
const DEFAULT_RATE_LIMIT_MS = 60_000;

export function retryDecision(failure: Failure): RetryDecision {
  switch (failure.kind) {
    case 'unauthorized':
      return failure.connection === undefined ? { when: 'never' } : { when: 'restored', connection: failure.connection };
    case 'forbidden':
    case 'not-found':
    case 'conflict':
    case 'invalid':
      return { when: 'never' };
    case 'rate-limited':
      return { when: 'after', ms: failure.retryAfterMs ?? DEFAULT_RATE_LIMIT_MS };
    case 'unavailable':
    case 'timeout':
    case 'malformed':
    case 'internal':
      return failure.retryAfterMs === undefined ? { when: 'later' } : { when: 'after', ms: failure.retryAfterMs };
    default:
      return failure.kind satisfies never;
  }
}

export interface BackoffPolicy {
  /** First delay, milliseconds. */
  baseMs: number;
  /** Longest delay, milliseconds. */
  maxMs: number;
}

/**
 * Exponential back-off with equal jitter: half of the delay is fixed, half is random, so that a thousand tasks
 * failing together neither return together nor return at once.
 * @param failures failed attempts so far, 1 for the first failure
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, policy: BackoffPolicy, random: number): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

/** What a person must do about a failure that will not heal by itself. */
export function remedy(failure: Failure): string {
  const provider = failure.provider ?? 'the provider';
  switch (failure.kind) {
    case 'unauthorized':
      if (failure.connection !== undefined) return mend(failure.connection);
      return `Renew the credentials of the ${provider} connection, verify it, then retry the task.`;
    case 'forbidden':
      return `Grant the ${provider} connection the missing permission, then retry the task.`;
    case 'not-found':
      return `Check that what the task refers to exists in ${provider} and is visible to the connection, then retry or skip the task.`;
    case 'conflict':
      return `Resolve the conflicting state in ${provider}, then retry the task, or skip it if the outcome is already as wanted.`;
    case 'invalid':
      return 'Correct the configuration that the message names, then retry the task.';
    case 'rate-limited':
    case 'unavailable':
    case 'timeout':
    case 'malformed':
      return `Retry the task once ${provider} answers again.`;
    case 'internal':
      return 'Retry the task; if it fails again, report the request id to the operator.';
    default:
      return failure.kind satisfies never;
  }
}

const mend = ({ category, id, displayName }: FailedConnection) =>
  `An owner or admin must renew the credentials of the connection "${displayName}" (PATCH …/integrations/${category}/${id}); then it goes on by itself.`;
