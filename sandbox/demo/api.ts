import { z } from 'zod';

/** The HTTP API as the demo uses it: as any client would, by its public paths. */
export interface Api {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  send<T>(method: 'POST' | 'PATCH' | 'PUT', path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
}

/** An answer that is no success, in the words of its problem document. */
export class ApiRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 60_000;

const problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

export function apiAt(url: string, token: string): Api {
  async function call<T>(method: string, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiRefusal(response.status, `${method} ${path}: ${response.status} ${wordsOf(text)}`);
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }
  return {
    get: (path, schema) => call('GET', path, undefined, schema),
    send: (method, path, body, schema) => call(method, path, body, schema),
  };
}

function wordsOf(text: string): string {
  try {
    const { title, detail, errors = [] } = problem.parse(JSON.parse(text));
    return [detail ?? title, ...errors.map(({ field, message }) => `${field}: ${message}`)].join('; ');
  } catch {
    return text.slice(0, 300);
  }
}

/** Every item of a keyset list. */
export async function allItems<T>(api: Api, path: string, item: z.ZodType<T>): Promise<T[]> {
  const page = z.object({ items: z.array(item), nextCursor: z.string().nullish() });
  const items: T[] = [];
  for (let cursor: string | null | undefined = ''; typeof cursor === 'string'; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await api.get(`${path}?limit=100${query}`, page);
    items.push(...answer.items);
    cursor = answer.nextCursor;
  }
  return items;
}
