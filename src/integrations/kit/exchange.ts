/** A call as an operator may want to see it, before what is secret is taken out: it never leaves the process like this. */
export interface Exchange {
  method: string;
  /** null where it is no HTTP. */
  url: string | null;
  requestBody: string | null;
  responseBody: string | null;
  /** HTTP status, or how the call ended without one. */
  outcome: number | 'timeout' | 'network' | 'aborted';
  /** What the provider calls the request, for its support. */
  requestId: string | null;
  milliseconds: number;
}

/** Of a body; what is further behind is never looked at. */
export const SEEN_CHARS = 64 * 1024;

const TEXT = /json|text|xml|urlencoded|javascript/;

/** What was sent, as far as it is text in memory. */
export function sentBody(body: unknown): string | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return body.slice(0, SEEN_CHARS);
  if (body instanceof URLSearchParams) return body.toString().slice(0, SEEN_CHARS);
  if (body instanceof FormData) return `[form of ${[...body.keys()].join(', ')}]`.slice(0, SEEN_CHARS);
  if (body instanceof Uint8Array) return `[${body.byteLength} bytes]`;
  return '[bytes]';
}

/** What came, as far as it is text. Never the buffer itself: a line of it must not keep 16 MiB alive. */
export function receivedBody(bytes: Uint8Array, contentType: string | null): string | null {
  if (bytes.byteLength === 0) return null;
  if (!TEXT.test(contentType ?? 'text')) return `[${bytes.byteLength} bytes of ${contentType}]`;
  return new TextDecoder().decode(bytes.slice(0, SEEN_CHARS));
}

const REQUEST_IDS = [
  'x-request-id',
  'x-github-request-id',
  'x-arequestid',
  'x-slack-req-id',
  'x-guploader-uploadid',
  'x-amzn-requestid',
  'x-trace-id',
];

/** Under the names that providers use. */
export function requestIdOf(headers: Headers): string | null {
  for (const name of REQUEST_IDS) {
    const value = headers.get(name);
    if (value !== null && value !== '') return value.slice(0, 128);
  }
  return null;
}
