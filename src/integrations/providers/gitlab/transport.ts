import type { GuardedFetch } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/** What gitbeaker asks its transport for. */
interface GitbeakerRequest {
  searchParams?: Record<string, unknown> | undefined;
  body?: Record<string, unknown> | FormData | undefined;
}

/** What gitbeaker's resources hand to their transport: where, and how to sign. */
interface GitbeakerService {
  readonly url: string;
  readonly authHeaders: Record<string, () => Promise<string>>;
}

interface GitbeakerAnswer {
  /** Parsed JSON; text when it is not JSON, which no schema takes. */
  body: never;
  headers: Record<string, string>;
  status: number;
}

/** An answer that is not a success, before anybody has said what we were doing. */
export class RefusedAnswer extends Error {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, else text. */
  readonly body: unknown;

  constructor(status: number, headers: Headers, body: unknown) {
    super(`answered ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/**
 * The transport of gitbeaker's resources over the guarded fetch. Theirs repeats what was answered 429 or 502 ten times, writes included,
 * and takes a redirect's or a web page's body for data; this one asks once and hides nothing.
 */
export function gitbeakerTransport(fetch: GuardedFetch) {
  return (service: GitbeakerService) => {
    const send = (method: string) => async (endpoint: string, request: GitbeakerRequest) => {
      const [name, value] = Object.entries(service.authHeaders)[0] ?? [];
      const body = request.body instanceof FormData ? undefined : jsonOf(request.body);
      const response = await fetch(address(service.url, endpoint, request.searchParams), {
        method,
        redirect: 'manual',
        headers: {
          accept: 'application/json',
          'user-agent': 'signalbox',
          ...(name && value ? { [name]: await value() } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return read(response);
    };
    return { get: send('GET'), post: send('POST'), put: send('PUT'), patch: send('PATCH'), delete: send('DELETE') };
  };
}

async function read(response: Response): Promise<GitbeakerAnswer> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    const what = 'the project has moved or been renamed, or the base URL is not the address of GitLab: correct the connection';
    throw new ProviderError('invalid', `${PROVIDER}: ${what}`, { provider: PROVIDER, status });
  }
  const body = parse(await response.text());
  if (!response.ok) throw new RefusedAnswer(status, response.headers, body);
  // Gitbeaker types a body by the resource that asked; ours are `unknown` until a schema has read them.
  return { body: body as never, headers: Object.fromEntries(response.headers), status };
}

/** Encoding leaves `.` and `..` alone and URL parsing would then walk up the path: neither names anything at GitLab. */
function address(base: string, endpoint: string, query: Record<string, unknown> = {}): URL {
  if (endpoint.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new ProviderError('invalid', `${PROVIDER}: '.' and '..' are not names`, { provider: PROVIDER });
  }
  const url = new URL(`${base.replace(/\/+$/, '')}/${endpoint}`);
  for (const [name, value] of Object.entries(query)) {
    const key = snakeCase(name);
    if (Array.isArray(value)) for (const each of value) url.searchParams.append(`${key}[]`, String(each));
    else if (value !== undefined && value !== null) url.searchParams.set(key, String(value));
  }
  return url;
}

/** Names at the top are gitbeaker's or ours; what lies deeper (names of variables and inputs) belongs to people. */
function jsonOf(body: Record<string, unknown> | undefined): string | undefined {
  const members = Object.entries(body ?? {}).filter(([, value]) => value !== undefined);
  if (members.length === 0) return undefined;
  return JSON.stringify(Object.fromEntries(members.map(([name, value]) => [snakeCase(name), value])));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function parse(text: string): unknown {
  if (text === '') return '';
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
