import { z } from 'zod';
import { kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/**
 * Linear's errors: GraphQL's list, under status 200, 400 or 401. `extensions.code` and `extensions.type` say the same in two spellings
 * (`INPUT_ERROR`, `invalid input`) and not every error has both.
 */
export const graphqlErrors = z
  .array(
    z.object({
      message: z.string().catch('no message'),
      extensions: z
        .object({
          code: z.string().nullish().catch(null),
          type: z.string().nullish().catch(null),
          statusCode: z.number().nullish().catch(null),
          userPresentableMessage: z.string().nullish().catch(null),
        })
        .nullish()
        .catch(null),
    }),
  )
  .min(1);
export type GraphqlErrors = z.infer<typeof graphqlErrors>;

const errorBody = z.object({ errors: graphqlErrors });

export function errorsOf(body: unknown): GraphqlErrors | null {
  return errorBody.safeParse(body).data?.errors ?? null;
}

const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  AUTHENTICATION_ERROR: 'unauthorized',
  FORBIDDEN: 'forbidden',
  FEATURE_NOT_ACCESSIBLE: 'forbidden',
  USAGE_LIMIT_EXCEEDED: 'forbidden',
  RATELIMITED: 'rate-limited',
  INPUT_ERROR: 'invalid',
  INVALID_INPUT: 'invalid',
  USER_ERROR: 'invalid',
  GRAPHQL_ERROR: 'invalid',
  GRAPHQL_PARSE_FAILED: 'invalid',
  GRAPHQL_VALIDATION_FAILED: 'invalid',
  BAD_USER_INPUT: 'invalid',
  LOCK_TIMEOUT: 'unavailable',
  NETWORK_ERROR: 'unavailable',
  BOOTSTRAP_ERROR: 'unavailable',
  INTERNAL_ERROR: 'unavailable',
  INTERNAL_SERVER_ERROR: 'unavailable',
};

/** An error that says nothing of its kind under status 200 counts as passing: what we send twice has one effect. */
export function kindOfAnswer(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  const first = errorsOf(body)?.[0];
  if (!first) return kindOfStatus(status, headers);
  const { code, type, statusCode } = first.extensions ?? {};
  const kind = kindNamed(code) ?? kindNamed(type);
  if (kind === 'invalid' && /^Entity not found/i.test(first.message)) return 'not-found';
  if (kind === 'invalid' && /^conflict on insert/i.test(first.message)) return 'conflict';
  if (kind) return kind;
  const told = status >= 400 ? status : (statusCode ?? 0);
  return told >= 400 ? kindOfStatus(told, headers) : 'unavailable';
}

function kindNamed(name: string | null | undefined): ProviderErrorKind | undefined {
  const key = name?.toUpperCase().replaceAll(' ', '_');
  return key !== undefined && Object.hasOwn(kinds, key) ? kinds[key] : undefined;
}

/** Messages of GraphQL name the field, those for people say why; both where they differ. */
export function wordsOf(body: unknown): string | undefined {
  const words = (errorsOf(body) ?? []).flatMap(({ message, extensions }) => {
    const forPeople = extensions?.userPresentableMessage;
    return forPeople && forPeople !== message ? [message, forPeople] : [message];
  });
  return [...new Set(words)].join('; ').replace(/\s+/g, ' ') || undefined;
}

/** Linear says that there is no such thing, or that we may not see it. A 404 is something else: no Linear answers at this address. */
export function isAbsent(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'not-found' && error.status !== 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'conflict';
}

/** Trouble that we see and Linear does not. */
export function linearTrouble(kind: ProviderErrorKind, message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}
