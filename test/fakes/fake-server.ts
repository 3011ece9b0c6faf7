import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { compile, decode, type FakeAnswer, type FakeRequest, readRequest, send, sendHalf } from './fake-wire.ts';

/** Base of every stateful provider fake: routing, bodies, a capped call log and faults on demand. Also serves for hours as a sandbox. */

export type { FakeAnswer, FakeRequest } from './fake-wire.ts';

export interface RecordedCall extends Omit<FakeRequest, 'params' | 'rawBody'> {
  /** What was answered; 0 when the connection was cut or left hanging. */
  status: number;
  answer: unknown;
  /** The answer came from `failNext`, not from the fake's own logic. */
  injected: boolean;
}

export interface CallMatch {
  method?: string;
  /** Exact path, or a pattern tested against it. */
  path?: string | RegExp;
}

export interface Fault {
  /** Which calls; every call when absent. */
  match?: CallMatch | ((request: FakeRequest) => boolean);
  /**
   * `respond`: answer `status`, do nothing. `html`: a web page where JSON is due. `hang`: never answer. `drop-before`: cut the connection, do
   * nothing. `drop-after`: do it, then cut. `cut-body`: do it, then cut in the middle of the answer. `pass`: do it and answer, e.g. late.
   */
  mode?: 'respond' | 'html' | 'hang' | 'drop-before' | 'drop-after' | 'cut-body' | 'pass';
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** How many calls; 1 when absent. */
  times?: number;
  delayMs?: number;
}

type Handler = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

export interface FakeServerOptions {
  /** 0 or absent: a free one. */
  port?: number;
  host?: string;
  /** Runs before every route; an answer ends the request (authentication). */
  before?: (request: FakeRequest) => FakeAnswer | undefined;
  /** Added to every answer (rate-limit headers). */
  headers?: () => Record<string, string>;
  notFound?: FakeAnswer;
  /** Oldest calls are forgotten beyond this; 500 when absent. */
  maxCalls?: number;
}

export interface FakeServer {
  readonly origin: string;
  readonly calls: RecordedCall[];
  /** `:name` captures one segment, `*name` the rest. First match wins. */
  route(method: string, pattern: string, handler: Handler): void;
  failNext(fault: Fault): void;
  clearFaults(): void;
  close(): Promise<void>;
}

interface Route {
  method: string;
  regex: RegExp;
  names: string[];
  handler: Handler;
}

export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const routes: Route[] = [];
  const faults: (Fault & { left: number })[] = [];
  const calls: RecordedCall[] = [];
  const maxCalls = options.maxCalls ?? 500;
  const closing = new AbortController();

  const record = (request: FakeRequest, answer: FakeAnswer | null, injected: boolean) => {
    const { params: _params, rawBody: _rawBody, ...rest } = request;
    calls.push({ ...rest, status: answer?.status ?? 0, answer: answer?.body, injected });
    if (calls.length > maxCalls) calls.splice(0, calls.length - maxCalls);
  };

  async function perform(request: FakeRequest): Promise<FakeAnswer> {
    const early = options.before?.(request);
    if (early) return early;
    for (const route of routes) {
      const match = route.method === request.method ? route.regex.exec(request.path) : null;
      if (!match) continue;
      request.params = Object.fromEntries(route.names.map((name, index) => [name, decode(match[index + 1] ?? '')]));
      return route.handler(request);
    }
    return options.notFound ?? { status: 404, body: { message: 'Not Found' } };
  }

  function takeFault(request: FakeRequest): Fault | undefined {
    const index = faults.findIndex((fault) => matches(fault.match, request));
    const fault = faults[index];
    if (!fault) return undefined;
    fault.left -= 1;
    if (fault.left <= 0) faults.splice(index, 1);
    return fault;
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    const fault = takeFault(request);
    if (fault?.delayMs) await delay(fault.delayMs, undefined, { signal: closing.signal });
    const mode = fault?.mode ?? (fault?.status === undefined ? 'pass' : 'respond');
    const cutsBefore = mode === 'hang' || mode === 'drop-before';
    const injected = fault && (mode === 'respond' || mode === 'html') ? injectedAnswer(fault, mode) : undefined;
    const answer = cutsBefore ? null : (injected ?? (await perform(request)));
    const arrives = answer !== null && mode !== 'drop-after' && mode !== 'cut-body';
    record(request, arrives ? answer : null, injected !== undefined || !arrives);
    if (arrives) return send(response, { ...answer, headers: { ...options.headers?.(), ...answer.headers, ...fault?.headers } });
    if (mode === 'hang') return;
    if (mode === 'cut-body' && answer) await sendHalf(response, answer);
    incoming.socket.destroy();
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      if (closing.signal.aborted || response.headersSent) return void incoming.socket.destroy();
      send(response, { status: 500, body: { message: `fake failed: ${error instanceof Error ? error.message : String(error)}` } });
    });
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });

  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    calls,
    route: (method, pattern, handler) => void routes.push({ method, handler, ...compile(pattern) }),
    failNext: (fault) => void faults.push({ ...fault, left: fault.times ?? 1 }),
    clearFaults: () => void faults.splice(0),
    close() {
      closing.abort();
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

function injectedAnswer(fault: Fault, mode: 'respond' | 'html'): FakeAnswer {
  if (mode === 'respond') return { status: fault.status ?? 500, body: fault.body ?? { message: 'injected fault' } };
  const page = '<!doctype html><title>Sign in</title>';
  return { status: fault.status ?? 200, body: page, headers: { 'content-type': 'text/html; charset=utf-8' } };
}

function matches(match: Fault['match'], request: FakeRequest): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(request);
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? match.path === request.path : match.path.test(request.path);
}
