import { z } from 'zod';
import { kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/**
 * monday's errors: a list under status 200 for what the application refuses, under 4xx and 5xx for what its gateway refuses. Entries are
 * objects with `extensions.code`, or bare sentences ("Not Authenticated").
 * https://developer.monday.com/api-reference/docs/error-handling
 */
const entry = z.union([
  z.string().transform((message) => ({ message, extensions: null })),
  z.object({
    message: z.string().catch('no message'),
    extensions: z
      .object({
        code: z.string().nullish().catch(null),
        status_code: z.number().nullish().catch(null),
        retry_in_seconds: z.number().nullish().catch(null),
        error_data: z
          .object({ retry_in_seconds: z.number().nullish().catch(null) })
          .nullish()
          .catch(null),
      })
      .nullish()
      .catch(null),
  }),
]);

const errorBody = z.object({ errors: z.array(entry).min(1) });
/** What some gateways still send beside or instead of the list. */
const plainBody = z.object({ error_message: z.string(), error_code: z.string().nullish(), status_code: z.number().nullish() });

type ErrorEntry = z.infer<typeof entry>;

export function errorsOf(body: unknown): ErrorEntry[] | null {
  const listed = errorBody.safeParse(body).data?.errors;
  if (listed) return listed;
  const plain = plainBody.safeParse(body).data;
  if (!plain) return null;
  return [{ message: plain.error_message, extensions: { code: plain.error_code, status_code: plain.status_code } }];
}

const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  UNAUTHORIZED: 'unauthorized',
  NOT_AUTHENTICATED: 'unauthorized',
  USERUNAUTHORIZEDEXCEPTION: 'forbidden',
  USER_ACCESS_DENIED: 'forbidden',
  USER_UNAUTHORIZED: 'forbidden',
  MISSINGREQUIREDPERMISSIONS: 'forbidden',
  RESOURCENOTFOUNDEXCEPTION: 'not-found',
  INVALIDBOARDIDEXCEPTION: 'not-found',
  INVALIDITEMIDEXCEPTION: 'not-found',
  COMPLEXITYEXCEPTION: 'rate-limited',
  COMPLEXITY_BUDGET_EXHAUSTED: 'rate-limited',
  MAXCONCURRENCYEXCEEDED: 'rate-limited',
  RATE_LIMIT_EXCEEDED: 'rate-limited',
  IP_RATE_LIMIT_EXCEEDED: 'rate-limited',
  FIELD_LIMIT_EXCEEDED: 'rate-limited',
  FIELD_MINUTE_RATE_LIMIT_EXCEEDED: 'rate-limited',
  DAILY_LIMIT_EXCEEDED: 'rate-limited',
  // Another request with our idempotency key is under way: its answer comes to whoever asks again.
  IDEMPOTENCY_CONFLICT: 'unavailable',
  API_TEMPORARILY_BLOCKED: 'unavailable',
  INTERNAL_SERVER_ERROR: 'unavailable',
  COLUMNVALUEEXCEPTION: 'invalid',
  INVALIDARGUMENTEXCEPTION: 'invalid',
};

export function kindOfAnswer(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  const { code, status_code: told } = errorsOf(body)?.[0]?.extensions ?? {};
  const key = code?.toUpperCase() ?? '';
  if (Object.hasOwn(kinds, key)) return kinds[key] ?? 'invalid';
  const real = status >= 400 ? status : (told ?? 0);
  // A board is locked for the moment of somebody else's change.
  if (real === 423) return 'unavailable';
  return real >= 400 ? kindOfStatus(real, headers) : 'invalid';
}

export function wordsOf(body: unknown): string | undefined {
  const words = new Set((errorsOf(body) ?? []).map(({ message }) => message));
  return [...words].join('; ').replace(/\s+/g, ' ') || undefined;
}

/** Milliseconds until monday wants to be asked again, as the body tells it. */
export function waitOf(body: unknown, now: Date): number | undefined {
  const { code, retry_in_seconds: direct, error_data: data } = errorsOf(body)?.[0]?.extensions ?? {};
  const seconds = direct ?? data?.retry_in_seconds;
  if (typeof seconds === 'number') return Math.max(0, Math.ceil(seconds * 1000));
  if (code?.toUpperCase() !== 'DAILY_LIMIT_EXCEEDED') return undefined;
  // Counted per day of UTC.
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime();
}

/** Trouble that we see and monday does not. */
export function mondayTrouble(kind: ProviderErrorKind, message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}
