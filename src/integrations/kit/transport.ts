import { ProviderError } from './provider-error.ts';

/** What can go wrong between two machines, classified once for every client: reading bodies within bounds, naming transport trouble. */

/** No answer we read is near this; what is larger is a mistake or an attack. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The body is larger than we read. */
class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * The whole body, never more than `limit` bytes of it: `content-length` may be absent, wrong, or count compressed bytes.
 * Throws `BodyTooLarge`, or whatever the transport throws.
 */
export async function readBytes(response: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(response.headers.get('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    const reader = response.body.getReader();
    for (;;) {
      if (announced > limit || size > limit) {
        // The peer may have gone already; that changes nothing for us.
        await reader.cancel().catch(() => undefined);
        throw new BodyTooLarge(`more than ${limit} bytes`);
      }
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.byteLength;
    }
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/**
 * Transport trouble as a `ProviderError`. Anything that is not transport trouble (an abort reason, a bug) comes back as it is.
 * Causes are kept only where they are system errors: an argument error of `fetch` quotes the header or URL it disliked, secrets included.
 */
export function transportError(cause: unknown, where: { provider: string; doing: string }): unknown {
  const { provider, doing } = where;
  if (cause instanceof ProviderError) return cause;
  if (cause instanceof BodyTooLarge) {
    return new ProviderError('malformed', `${provider}: ${doing} was answered with a body that is too large`, { provider });
  }
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return new ProviderError('timeout', `${provider}: ${doing} timed out`, { provider, cause });
  }
  if (!(cause instanceof Error) || cause.name === 'AbortError') return cause;
  const refusal = outboundRefusal(cause);
  if (refusal !== null) return new ProviderError('invalid', `${provider}: ${refusal}`, { provider });
  const code = systemCode(cause);
  if (code !== null) return new ProviderError('unavailable', `${provider} could not be reached: ${code}`, { provider, cause });
  if (!(cause instanceof TypeError)) return cause;
  if (cause.message === 'terminated') {
    return new ProviderError('unavailable', `${provider}: the answer to ${doing} broke off`, { provider, cause });
  }
  if (cause.message === 'fetch failed') {
    return new ProviderError('unavailable', `${provider} could not be reached: connection failed`, { provider, cause });
  }
  return new ProviderError(
    'invalid',
    `${provider}: ${doing} is not a request that can be sent: check the base URL (no user name or password in it) and that the credentials hold no line breaks`,
    { provider },
  );
}

/** The error code under fetch's generic message (`ECONNREFUSED`, `UND_ERR_SOCKET`, …): says what happened without naming addresses. */
function systemCode(cause: unknown): string | null {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    if ('code' in error && typeof error.code === 'string' && error.code !== 'ERR_INVALID_URL') return error.code;
  }
  return null;
}

/** Statuses that send the client elsewhere. */
export function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(response.status);
}

/** A redirect that is not followed. One for ever is a wrong base URL; one for now may be a login or maintenance page and may pass. */
export function redirectRefused(response: Response, where: { provider: string; doing: string }): ProviderError {
  const kind = response.status === 301 || response.status === 308 ? 'invalid' : 'malformed';
  return new ProviderError(
    kind,
    `${where.provider}: ${where.doing} was answered with a redirect (${response.status}), which is not followed: check that the base URL is the final address of the API`,
    { provider: where.provider, status: response.status },
  );
}

/** Our own guard would not let the request out; its message is public, and asking again changes nothing. */
function outboundRefusal(cause: unknown): string | null {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    if ('code' in error && error.code === 'OUTBOUND_REFUSED') return error.message;
  }
  return null;
}
