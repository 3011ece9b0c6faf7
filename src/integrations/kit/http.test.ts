import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '../../platform/secret.ts';
import { guardFetch, jsonHttp, kindOfStatus, type ProviderCall, retryAfterMs } from './http.ts';
import { ProviderError } from './provider-error.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Options {
  timeoutMs?: number;
  signal?: AbortSignal;
  token?: string;
  maxBodyBytes?: number;
  secrets?: Secret[];
  plainFetch?: boolean;
  admit?: () => Promise<void>;
}

function clientOf(baseUrl: string, options: Options = {}) {
  const calls: ProviderCall[] = [];
  const guarded = guardFetch({
    provider: 'acme',
    fetch,
    timeoutMs: options.timeoutMs ?? 5_000,
    signal: options.signal ?? new AbortController().signal,
    observe: (call) => void calls.push(call),
    admit: options.admit ?? (async () => {}),
  });
  const http = jsonHttp({
    provider: 'acme',
    baseUrl,
    fetch: options.plainFetch ? fetch : guarded,
    now: () => new Date('2026-01-01T00:00:00Z'),
    headers: () => ({ authorization: `Bearer ${options.token ?? 'tok-secret-1'}` }),
    describeError: (body) => (body as { message?: string } | undefined)?.message,
    ...(options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes }),
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
  });
  const get = () => http.request({ operation: 'read thing', method: 'GET', path: '/thing', schema: z.object({ id: z.number() }) });
  return { http, get, calls, guarded };
}

async function failure(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw error;
  return error;
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

describe('jsonHttp answers', () => {
  it('gives the fields the schema names and sends exactly application/json', async () => {
    const seen: IncomingMessage[] = [];
    const origin = await serve((request, response) => {
      seen.push(request);
      json(response, 200, { id: 7, extra: true });
    });

    const { http, calls } = clientOf(origin);
    const answer = await http.request({
      operation: 'write thing',
      method: 'POST',
      path: '/thing',
      query: { a: 'x y', b: undefined, c: 3 },
      body: { n: 1 },
      schema: z.object({ id: z.number() }),
    });

    expect(answer).toEqual({ id: 7 });
    expect(seen[0]?.url).toBe('/thing?a=x+y&c=3');
    expect(seen[0]?.headers['content-type']).toBe('application/json');
    expect(calls).toMatchObject([{ provider: 'acme', method: 'POST', outcome: 200, rateLimit: null }]);
  });

  it.each([
    [400, 'invalid'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [408, 'timeout'],
    [409, 'conflict'],
    [410, 'not-found'],
    [422, 'invalid'],
    [423, 'conflict'],
    [429, 'rate-limited'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('classifies %i as %s and keeps the words of the provider', async (status, kind) => {
    const origin = await serve((_request, response) => json(response, status, { message: 'because' }));

    const error = await failure(clientOf(origin).get());

    expect(error).toMatchObject({ kind, status, provider: 'acme', message: `acme: read thing answered ${status}: because` });
  });

  it('takes 403 with an exhausted limit as rate-limited until the reset', () => {
    const headers = new Headers({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225660' });

    expect(kindOfStatus(403, headers)).toBe('rate-limited');
    expect(retryAfterMs(headers, new Date('2026-01-01T00:00:00Z'))).toBe(60_000);
  });

  it('tells how long to wait', async () => {
    const origin = await serve((_request, response) => json(response, 429, {}, { 'retry-after': '7' }));

    expect(await failure(clientOf(origin).get())).toMatchObject({ kind: 'rate-limited', retryAfterMs: 7_000 });
  });

  it('gives null from find for 404 and the error for everything else', async () => {
    const statuses = [404, 403];
    const origin = await serve((_request, response) => json(response, statuses.shift() ?? 500, {}));
    const { http } = clientOf(origin);
    const find = () => http.find({ operation: 'find', method: 'GET', path: '/x', schema: z.unknown() });

    expect(await find()).toBeNull();
    expect(await failure(find())).toMatchObject({ kind: 'forbidden' });
  });

  it('calls HTML, a wrong shape and an unexpected empty body malformed', async () => {
    const bodies = ['<html>sign in</html>', '{"id":"seven"}', ''];
    const origin = await serve((_request, response) => response.writeHead(200).end(bodies.shift()));
    const { get } = clientOf(origin);

    expect(await failure(get())).toMatchObject({ kind: 'malformed', message: expect.stringContaining('not JSON') });
    expect(await failure(get())).toMatchObject({ kind: 'malformed', message: expect.stringContaining('unexpected shape at id') });
    expect(await failure(get())).toMatchObject({ kind: 'malformed', message: expect.stringContaining('unexpected shape at body') });
  });

  it('takes an empty answer where none was expected', async () => {
    const origin = await serve((_request, response) => response.writeHead(204).end());
    const { http } = clientOf(origin);

    const answer = await http.request({ operation: 'delete', method: 'DELETE', path: '/x', schema: z.undefined() });

    expect(answer).toBeUndefined();
  });

  it('stops reading a body beyond the limit, announced or not', async () => {
    let closed = 0;
    const origin = await serve((request, response) => {
      response.on('close', () => {
        closed += 1;
      });
      if (request.url === '/thing') response.writeHead(200).write('x'.repeat(5_000));
    });
    const announced = await serve((_request, response) => response.writeHead(200, { 'content-length': 5_000 }).end('x'.repeat(5_000)));

    const error = await failure(clientOf(origin, { maxBodyBytes: 1_000, plainFetch: true }).get());
    const early = await failure(clientOf(announced, { maxBodyBytes: 1_000, plainFetch: true }).get());

    expect(error).toMatchObject({ kind: 'malformed', message: expect.stringContaining('too large') });
    expect(early).toMatchObject({ kind: 'malformed', message: expect.stringContaining('too large') });
    await expect.poll(() => closed).toBe(1);
  });

  it.each([
    [301, 'invalid'],
    [302, 'malformed'],
    [307, 'malformed'],
    [308, 'invalid'],
  ])('refuses a redirect (%i) and says so', async (status, kind) => {
    let elsewhere = 0;
    const target = await serve((_request, response) => {
      elsewhere += 1;
      json(response, 200, { id: 1 });
    });
    const origin = await serve((_request, response) => response.writeHead(status, { location: `${target}/?token=abc` }).end());

    for (const plainFetch of [false, true]) {
      const error = await failure(clientOf(origin, { plainFetch }).get());
      expect(error).toMatchObject({ kind, status, message: expect.stringContaining(`redirect (${status})`) });
      expect(error.message).not.toContain('token=abc');
    }
    expect(elsewhere).toBe(0);
  });
});

describe('jsonHttp transport trouble', () => {
  it('passes the reason of an attempt aborted before the call, without calling', async () => {
    let hits = 0;
    const origin = await serve((_request, response) => {
      hits += 1;
      json(response, 200, { id: 1 });
    });
    const reason = new Error('lease lost');
    const controller = new AbortController();
    controller.abort(reason);

    await expect(clientOf(origin, { signal: controller.signal }).get()).rejects.toBe(reason);
    expect(hits).toBe(0);
  });

  it.each(['before the headers', 'in the middle of the body'])('passes the reason of an attempt aborted %s', async (when) => {
    const reason = new Error('lease lost');
    const controller = new AbortController();
    const origin = await serve((_request, response) => {
      if (when !== 'before the headers') response.writeHead(200).write('{"id"');
      setImmediate(() => controller.abort(reason));
    });
    const { get, calls } = clientOf(origin, { signal: controller.signal });

    await expect(get()).rejects.toBe(reason);
    expect(calls).toMatchObject([{ outcome: 'aborted' }]);
  });

  it.each(['before the headers', 'in the middle of the body'])('times out %s', async (when) => {
    const origin = await serve((_request, response) => {
      if (when !== 'before the headers') response.writeHead(200).write('{"id"');
    });
    const { get, calls } = clientOf(origin, { timeoutMs: 60 });

    expect(await failure(get())).toMatchObject({ kind: 'timeout', message: 'acme did not answer GET within 60 ms' });
    expect(calls).toMatchObject([{ outcome: 'timeout' }]);
  });

  it.each([
    ['announced length', { 'content-length': '100' }],
    ['chunks', {}],
  ])('calls an answer that broke off (%s) unavailable', async (_how, headers) => {
    const origin = await serve((request, response) => {
      response.writeHead(200, headers).write('{"id"', () => request.socket.destroy());
    });

    for (const plainFetch of [false, true]) {
      expect(await failure(clientOf(origin, { plainFetch }).get())).toMatchObject({ kind: 'unavailable' });
    }
  });

  it('calls a refused connection unavailable and names the code, not the address', async () => {
    const origin = await serve(() => undefined);
    for (const close of closers.splice(0)) await close();

    const error = await failure(clientOf(origin).get());

    expect(error).toMatchObject({ kind: 'unavailable', message: 'acme could not be reached: ECONNREFUSED' });
  });

  it('asks for admission before each call', async () => {
    const refusal = new ProviderError('rate-limited', 'own budget', { provider: 'acme', retryAfterMs: 5 });

    await expect(clientOf('http://127.0.0.1:1', { admit: () => Promise.reject(refusal) }).get()).rejects.toBe(refusal);
  });
});

describe('jsonHttp secrets', () => {
  it('shows no secret when the provider repeats it in an error', async () => {
    const origin = await serve((request, response) => json(response, 400, { message: `bad header ${request.headers.authorization}` }));

    const error = await failure(clientOf(origin, { token: 'tok-secret-1', secrets: [new Secret('tok-secret-1')] }).get());

    expect(error.message).toContain('bad header Bearer [redacted]');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('tok-secret-1');
  });

  it('shows no secret that no header can carry, and calls it a matter of configuration', async () => {
    const origin = await serve((_request, response) => json(response, 200, { id: 1 }));

    for (const plainFetch of [false, true]) {
      const error = await failure(clientOf(origin, { token: 'tok-\nsecret', plainFetch }).get());
      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('line breaks') });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/tok-|secret"/);
    }
  });

  it.each(['http://user:pa55word@127.0.0.1:1', 'not an address pa55word'])('shows no password of a base URL', async (baseUrl) => {
    for (const plainFetch of [false, true]) {
      const error = await failure(clientOf(baseUrl, { plainFetch }).get());
      expect(error.kind).toBe('invalid');
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('pa55word');
    }
  });
});

describe('guardFetch for client libraries', () => {
  it('follows a redirect of a read within the origin and gives the answer with its url', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/old') response.writeHead(301, { location: '/new' }).end();
      else json(response, 200, { path: request.url, token: request.headers['private-token'] });
    });
    const { guarded } = clientOf(origin);

    const response = await guarded(`${origin}/old`, { headers: { 'private-token': 't' } });
    const viaRequest = await guarded(new Request(`${origin}/old`, { headers: { 'private-token': 't' } }));

    expect(response.url).toBe(`${origin}/new`);
    expect(await response.json()).toEqual({ path: '/new', token: 't' });
    expect(await viaRequest.json()).toEqual({ path: '/new', token: 't' });
  });

  it('carries credentials to no other origin, and follows no redirect of a write', async () => {
    let elsewhere = 0;
    const target = await serve((_request, response) => {
      elsewhere += 1;
      json(response, 200, {});
    });
    let hits = 0;
    const origin = await serve((request, response) => {
      hits += 1;
      response.writeHead(302, { location: request.method === 'GET' ? target : '/next' }).end();
    });
    const { guarded } = clientOf(origin);

    expect(await failure(guarded(origin))).toMatchObject({ kind: 'malformed' });
    expect(await failure(guarded(origin, { method: 'POST', body: '{}' }))).toMatchObject({ kind: 'malformed' });
    expect({ elsewhere, hits }).toEqual({ elsewhere: 0, hits: 2 });
  });

  it('gives up on a redirect loop', async () => {
    let hits = 0;
    const origin = await serve((_request, response) => {
      hits += 1;
      response.writeHead(302, { location: '/again' }).end();
    });

    expect(await failure(clientOf(origin).guarded(origin))).toMatchObject({ message: expect.stringContaining('redirect') });
    expect(hits).toBe(6);
  });

  it('passes the abort reason of the library', async () => {
    const reason = new Error('library gave up');
    const controller = new AbortController();
    const origin = await serve(() => controller.abort(reason));

    await expect(clientOf(origin).guarded(origin, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('reports the head-room of the rate limit', async () => {
    const origin = await serve((_request, response) =>
      json(response, 200, {}, { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '42', 'x-ratelimit-reset': '1767225600' }),
    );
    const { guarded, calls } = clientOf(origin);

    await guarded(origin);

    expect(calls[0]?.rateLimit).toEqual({ limit: 100, remaining: 42, resetsAt: new Date('2026-01-01T00:00:00Z') });
  });
});
