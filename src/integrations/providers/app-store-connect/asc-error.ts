import { kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import { errorBody } from './schema.ts';

/**
 * Apple's codes are dotted paths that may grow longer ("Parsing the Error Response Code"), so the longest beginning that is known decides.
 * 409 stands for wrong values as for wrong states: only the code tells which.
 */
const kinds: readonly (readonly [string, ProviderErrorKind])[] = [
  ['NOT_AUTHORIZED', 'unauthorized'],
  ['FORBIDDEN', 'forbidden'],
  ['NOT_FOUND', 'not-found'],
  ['RATE_LIMIT_EXCEEDED', 'rate-limited'],
  ['STATE_ERROR', 'conflict'],
  ['ENTITY_ERROR.ATTRIBUTE.INVALID.INVALID_STATE', 'conflict'],
  ['ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE', 'conflict'],
  // "You cannot create a new version of the App in the current state"
  ['ENTITY_ERROR.RELATIONSHIP.INVALID', 'conflict'],
  ['ENTITY_ERROR', 'invalid'],
  ['PARAMETER_ERROR', 'invalid'],
  ['UNEXPECTED_ERROR', 'unavailable'],
];

const AGREEMENTS = 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED';
const AGREEMENTS_REMEDY = 'the Account Holder has to accept the agreement in App Store Connect, under Business';

export function kindOfAnswer(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  for (const { code } of errorsOf(body)) {
    const known = kinds.find(([beginning]) => isOf(code, beginning));
    if (known) return known[1];
  }
  return kindOfStatus(status, headers);
}

/** With what Apple says of the parts: "cannot be reviewed" is explained there. */
export function describeError(body: unknown): string | undefined {
  const words = errorsOf(body).flatMap((error) => [
    wordsOf(error),
    ...Object.values(error.meta?.associatedErrors ?? {})
      .flat()
      .map(wordsOf),
  ]);
  return words.length > 0 ? [...new Set(words)].join('; ') : undefined;
}

export function ascTrouble(kind: ProviderErrorKind, message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}

export const isConflict = (error: unknown): error is ProviderError => error instanceof ProviderError && error.kind === 'conflict';

interface AppleError {
  code: string;
  title?: string | null | undefined;
  detail?: string | null | undefined;
}

function errorsOf(body: unknown) {
  const parsed = errorBody.safeParse(body);
  return parsed.success ? parsed.data.errors : [];
}

function wordsOf({ code, title, detail }: AppleError): string {
  const words = `${detail || title || 'no explanation'} (${code})`;
  return isOf(code, AGREEMENTS) ? `${words}; ${AGREEMENTS_REMEDY}` : words;
}

const isOf = (code: string, beginning: string): boolean => code === beginning || code.startsWith(`${beginning}.`);
