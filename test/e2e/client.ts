/** Signalbox over HTTP, as any client. */

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
}

export interface Client {
  /** Whatever is answered. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** @throws Refusal when the answer is no success */
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Every item of a keyset list. */
  all<T>(path: string): Promise<T[]>;
}

export class Refusal extends Error {
  readonly status: number;

  constructor(words: string, status: number) {
    super(words);
    this.status = status;
  }
}

const TIMEOUT_MS = 15_000;

/** @param origin asked at each call: an API may come back elsewhere */
export function clientOf(origin: () => string, token: string | null): Client {
  async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${origin()}/api/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  async function demand<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await request(method, path, body);
    if (answer.status >= 300) throw new Refusal(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 600)}`, answer.status);
    return answer.body as T;
  }

  const get = <T>(path: string) => demand<T>('GET', path);
  return {
    request,
    get,
    send: (method, path, body) => demand(method, path, body),
    async all<T>(path: string) {
      const items: T[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: { items: T[]; nextCursor: string | null } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=100${query}`);
        items.push(...page.items);
        cursor = page.nextCursor;
      }
      return items;
    },
  };
}
