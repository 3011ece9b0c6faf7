import type { z } from 'zod';
import type { Secret } from '../../platform/secret.ts';
import type { GuardedFetch } from './guard-fetch.ts';
import { ProviderError, type ProviderErrorKind } from './provider-error.ts';
import { exhausted, retryAfterMs } from './rate-limit.ts';
import { isRedirect, MAX_BODY_BYTES, readBytes, redirectRefused, transportError } from './transport.ts';

export { type GuardedFetch, guardFetch, type ProviderCall } from './guard-fetch.ts';
export { retryAfterMs } from './rate-limit.ts';

/** The kind an HTTP status stands for by the standard's own meaning; providers with their own dialect decide before they ask here. */
export function kindOfStatus(status: number, headers: Headers): ProviderErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 429) return 'rate-limited';
  if (status === 403) return headers.has('retry-after') || exhausted(headers) ? 'rate-limited' : 'forbidden';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 409 || status === 423) return 'conflict';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'unavailable';
  if (status >= 400) return 'invalid';
  return 'malformed';
}

interface JsonRequest<T> {
  /** For error messages: what we were doing, e.g. `create issue`. */
  operation: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with `/`; segments already encoded. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** What the JSON of `body` is called, where that is not `application/json`: patches. */
  contentType?: string;
  /** `body` holds what nobody may see: its size alone is recorded. */
  isBodySecret?: boolean;
  /** Beside those of every request. */
  headers?: Record<string, string>;
  /** Sent form-encoded, in place of `body`. */
  form?: Record<string, string>;
  /** Sent as `multipart/form-data`, in place of `body`. */
  multipart?: Record<string, string>;
  /** Only the fields we read. */
  schema: z.ZodType<T>;
}

interface JsonHttpOptions {
  provider: string;
  baseUrl: string;
  fetch: GuardedFetch;
  now: () => Date;
  headers: () => Record<string, string>;
  /** The provider's own words about an error, for the public message; gets the parsed body. */
  describeError?: (body: unknown) => string | undefined;
  /** Overrides `kindOfStatus` for providers that use statuses their own way. */
  kindOf?: (status: number, headers: Headers, body: unknown) => ProviderErrorKind;
  /** What must not appear in a message even if the provider repeats it to us. */
  secrets?: readonly Secret[];
  /** 16 MiB when absent. */
  maxBodyBytes?: number;
}

const MAX_MESSAGE_CHARS = 500;
/** Shorter ones would redact ordinary words. */
const MIN_REDACTED_CHARS = 6;

export interface JsonHttp {
  /** Throws `ProviderError` for every answer that is not a success with a body of the expected shape. */
  request<T>(request: JsonRequest<T>): Promise<T>;
  /** The same, with 404 as `null`. */
  find<T>(request: JsonRequest<T>): Promise<T | null>;
  /** For answers whose status and headers say what matters: redirects are handed out unfollowed, refusals throw `ProviderError`. */
  send(request: Omit<JsonRequest<unknown>, 'schema'>): Promise<JsonAnswer>;
}

export interface JsonAnswer {
  response: Response;
  /** An empty body counts as JSON. */
  isJson: boolean;
  /** `undefined` for an empty body. */
  json: unknown;
}

/** JSON over HTTP for providers without a client library. Redirects are refused: none of these APIs has any. */
export function jsonHttp(options: JsonHttpOptions): JsonHttp {
  const { provider } = options;

  async function request<T>(spec: JsonRequest<T>): Promise<T> {
    const { response, isJson, json } = await send(spec);
    if (isRedirect(response)) throw redirectRefused(response, { provider, doing: spec.operation });
    if (!isJson) throw malformed(spec.operation, response.status, 'the body is not JSON');
    const parsed = spec.schema.safeParse(json);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      throw malformed(spec.operation, response.status, `unexpected shape at ${where.slice(0, MAX_MESSAGE_CHARS)}`);
    }
    return parsed.data;
  }

  async function send(spec: Omit<JsonRequest<unknown>, 'schema'>): Promise<JsonAnswer> {
    const answer = await call(spec);
    const { response, isJson, json } = answer;
    if (response.ok || isRedirect(response)) return answer;
    const kind = (options.kindOf ?? kindOfStatus)(response.status, response.headers, json);
    const words = isJson ? describe(json) : '';
    throw new ProviderError(kind, `${provider}: ${spec.operation} answered ${response.status}${words && `: ${words}`}`, {
      provider,
      status: response.status,
      retryAfterMs: retryAfterMs(response.headers, options.now()),
    });
  }

  async function call(spec: Omit<JsonRequest<unknown>, 'schema'>): Promise<JsonAnswer> {
    try {
      const url = new URL(options.baseUrl + spec.path);
      for (const [name, value] of Object.entries(spec.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
      const body = bodyOf(spec);
      const response = await options.fetch(url, {
        method: spec.method,
        redirect: 'manual',
        headers: {
          ...{ accept: 'application/json', ...options.headers(), ...spec.headers },
          ...(body?.type && { 'content-type': spec.contentType ?? body.type }),
        },
        ...(body && { body: body.content }),
      });
      const bytes = await readBytes(response, options.maxBodyBytes ?? MAX_BODY_BYTES);
      return { response, ...parseJson(bytes) };
    } catch (cause) {
      // A guarded fetch has classified already; a plain one has not.
      throw transportError(cause, { provider, doing: spec.operation });
    }
  }

  function describe(json: unknown): string {
    let words = options.describeError?.(json) ?? '';
    for (const secret of options.secrets ?? []) {
      const value = secret.reveal();
      if (value.length >= MIN_REDACTED_CHARS) words = words.replaceAll(value, secret.toString());
    }
    return words.slice(0, MAX_MESSAGE_CHARS);
  }

  function malformed(operation: string, status: number, why: string): ProviderError {
    return new ProviderError('malformed', `${provider}: ${operation} answered ${status}, but ${why}`, { provider, status });
  }

  return {
    request,
    send,
    async find(spec) {
      try {
        return await request(spec);
      } catch (error) {
        if (error instanceof ProviderError && error.kind === 'not-found') return null;
        throw error;
      }
    },
  };
}

/** Without a type where `fetch` names it itself: the boundary of a multipart body is part of it. */
function bodyOf({ body, form, multipart, isBodySecret }: Pick<JsonRequest<unknown>, 'body' | 'form' | 'multipart' | 'isBodySecret'>) {
  if (multipart !== undefined) {
    const content = new FormData();
    for (const [name, value] of Object.entries(multipart)) content.append(name, value);
    return { type: null, content };
  }
  if (form !== undefined) return { type: 'application/x-www-form-urlencoded', content: new URLSearchParams(form).toString() };
  if (body === undefined) return null;
  const text = JSON.stringify(body);
  return { type: 'application/json', content: isBodySecret === true ? new TextEncoder().encode(text) : text };
}

function parseJson(bytes: Uint8Array): { isJson: boolean; json: unknown } {
  const text = new TextDecoder().decode(bytes);
  if (text === '') return { isJson: true, json: undefined };
  try {
    return { isJson: true, json: JSON.parse(text) };
  } catch {
    return { isJson: false, json: undefined };
  }
}
