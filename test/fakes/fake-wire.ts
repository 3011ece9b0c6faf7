import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** What a fake reads from and writes to the wire. */

export interface FakeRequest {
  method: string;
  /** As sent, without query. */
  path: string;
  query: URLSearchParams;
  /** Captures of the route's pattern, decoded. */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** Parsed JSON or form fields; text otherwise; `undefined` when empty. */
  body: unknown;
  rawBody: Buffer;
}

export interface FakeAnswer {
  status: number;
  /** Sent as JSON unless it is a string or bytes with a `content-type` header. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** `:name` captures one segment, `*name` the rest. */
export function compile(pattern: string): { regex: RegExp; names: string[] } {
  const names: string[] = [];
  const source = pattern.replace(/[.()+?[\]{}|^$\\]/g, '\\$&').replace(/([:*])([A-Za-z]\w*)/g, (_all, sigil: string, name: string) => {
    names.push(name);
    return sigil === '*' ? '(.+)' : '([^/]+)';
  });
  return { regex: new RegExp(`^${source}$`), names };
}

export async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const rawBody = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? '/', 'http://fake');
  const path = (incoming.url ?? '/').split('?')[0] ?? '/';
  const body = parseBody(rawBody, incoming.headers['content-type'] ?? '');
  return { method: incoming.method ?? 'GET', path, query: url.searchParams, params: {}, headers: incoming.headers, body, rawBody };
}

function parseBody(raw: Buffer, contentType: string): unknown {
  if (raw.length === 0) return undefined;
  const text = raw.toString('utf8');
  if (contentType.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function encode(answer: FakeAnswer): { bytes: Buffer; headers: Record<string, string> } {
  if (answer.body === undefined) return { bytes: Buffer.alloc(0), headers: { ...answer.headers } };
  const raw = answer.headers?.['content-type'] !== undefined && (typeof answer.body === 'string' || Buffer.isBuffer(answer.body));
  const bytes = raw ? Buffer.from(answer.body as string | Buffer) : Buffer.from(JSON.stringify(answer.body));
  return { bytes, headers: { 'content-type': 'application/json; charset=utf-8', ...answer.headers } };
}

export function send(response: ServerResponse, answer: FakeAnswer): void {
  const { bytes, headers } = encode(answer);
  response.writeHead(answer.status, headers);
  response.end(bytes);
}

/** Promises one byte more than it sends. */
export function sendHalf(response: ServerResponse, answer: FakeAnswer): Promise<void> {
  const { bytes, headers } = encode(answer);
  response.writeHead(answer.status, { ...headers, 'content-length': bytes.length + 1 });
  return new Promise((resolve) => response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => resolve()));
}

export function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
