import { kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import { errorBody } from './schema.ts';

/** The kind of a refusal, by Asana's own words where a status stands for several things. */
export function kindOfRefusal(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  const words = describeError(body) ?? '';
  // A feature of a plan that the workspace does not have.
  if (status === 402) return 'forbidden';
  // What is no gid at all is refused as such; a gid that does not exist is 404.
  if (status === 400 && /not a recognized id/i.test(words)) return 'not-found';
  if (status === 403 && /^duplicated webhook/i.test(words)) return 'conflict';
  return kindOfStatus(status, headers);
}

/** `phrase` is what Asana's support asks for after a server error. */
export function describeError(body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return undefined;
  return (
    parsed.data.errors.map(({ message, phrase }) => [message, phrase && `(${phrase})`].filter(Boolean).join(' ')).join('; ') || undefined
  );
}

/** Trouble that we see and Asana does not. */
export function asanaTrouble(kind: ProviderErrorKind, message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}
