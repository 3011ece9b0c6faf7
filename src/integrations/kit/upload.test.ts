import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderCall } from './guard-fetch.ts';
import { ProviderError } from './provider-error.ts';
import { createUpload, type UploadRequest } from './upload.ts';

const SECRET = 'tok-0123456789';
const CHUNK = 64 * 1024;

describe('createUpload', () => {
  const servers: Server[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** The origin of a server of its own. */
  async function serving(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function opened(options: { idleMs?: number; signal?: AbortSignal; fetch?: typeof fetch; admit?: () => Promise<void> } = {}) {
    const observed: ProviderCall[] = [];
    const upload = createUpload({
      provider: 'acme',
      fetch: globalThis.fetch,
      idleMs: 10_000,
      signal: new AbortController().signal,
      observe: (call) => void observed.push(call),
      admit: async () => undefined,
      ...options,
    });
    return { upload, observed };
  }

  /** So many chunks, counting those that were read and whether the file was closed. */
  function fileOf(chunks: number, more: { sizeBytes?: number; slowMs?: number; fails?: Error } = {}) {
    const seen = { read: 0, isClosed: false };
    async function* open() {
      try {
        for (let index = 0; index < chunks; index += 1) {
          if (more.slowMs !== undefined) await delay(more.slowMs);
          seen.read += 1;
          yield Buffer.alloc(CHUNK, index);
        }
        if (more.fails) throw more.fails;
      } finally {
        seen.isClosed = true;
      }
    }
    const request: UploadRequest = {
      ...{ operation: 'upload the file', headers: { authorization: `Bearer ${SECRET}` } },
      ...{ sizeBytes: more.sizeBytes ?? chunks * CHUNK, open },
    };
    return { request, seen };
  }

  const failure = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => new Error('it succeeded'),
      (error: unknown) => error,
    );

  /** Takes everything and answers with how much that was. */
  const counting: RequestListener = async (incoming, response) => {
    let bytes = 0;
    for await (const chunk of incoming) bytes += (chunk as Buffer).length;
    response.writeHead(201, { 'x-seen': 'yes' }).end(JSON.stringify({ bytes, headers: incoming.headers, method: incoming.method }));
  };

  it.each(['POST', 'PUT'] as const)('sends the bytes by %s with their number, and hands out the answer', async (method) => {
    const origin = await serving(counting);
    const { upload, observed } = opened();
    const { request, seen } = fileOf(10);

    const answer = await upload(`${origin}/a`, { ...request, method });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-seen')).toBe('yes');
    expect(await answer.json()).toMatchObject({
      ...{ bytes: 10 * CHUNK, method },
      headers: { 'content-length': String(10 * CHUNK), authorization: `Bearer ${SECRET}` },
    });
    expect(seen.isClosed).toBe(true);
    expect(observed).toMatchObject([{ provider: 'acme', method, outcome: 201 }]);
  });

  it.each([400, 401, 403, 409, 429, 503])('hands out the status %i for the caller to judge', async (status) => {
    const { upload } = opened({ fetch: async () => new Response('{"error":"x"}', { status }) });

    const answer = await upload('https://acme.test/a', fileOf(1).request);

    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe('{"error":"x"}');
  });

  it('follows no redirect', async () => {
    const origin = await serving((_incoming, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/b' }).end());
    const { upload } = opened();

    const error = await failure(upload(`${origin}/a`, fileOf(1).request));

    expect(error).toMatchObject({ name: 'ProviderError', kind: 'malformed', message: expect.stringContaining('redirect') });
  });

  it('is a time-out when the provider stops taking, read no further than that, and when it never answers', async () => {
    const stuck = await serving(() => undefined);
    const taking = await serving((incoming) => void incoming.resume());
    const { upload, observed } = opened({ idleMs: 60 });
    const { request, seen } = fileOf(4_000);

    const errors = [await failure(upload(`${stuck}/a`, request)), await failure(upload(`${taking}/a`, fileOf(1).request))];

    expect(errors).toMatchObject([{ kind: 'timeout' }, { kind: 'timeout' }]);
    expect(observed.map(({ outcome }) => outcome)).toEqual(['timeout', 'timeout']);
    expect(seen.read).toBeGreaterThan(0);
    expect(seen.read).toBeLessThan(1_000);
  });

  it('waits for the answer as long as the request says, where the provider works on the file first', async () => {
    const origin = await serving((incoming, response) => {
      incoming.resume().on('end', () => setTimeout(() => response.writeHead(200).end('done'), 1_000));
    });
    const { upload } = opened({ idleMs: 400 });

    const answer = await upload(`${origin}/a`, { ...fileOf(1).request, answerMs: 10_000 });

    expect(await answer.text()).toBe('done');
  });

  it('does not take a file that is read slowly for a provider that is silent', async () => {
    const origin = await serving(counting);
    const { upload } = opened({ idleMs: 400 });

    const answer = await upload(`${origin}/a`, fileOf(2, { slowMs: 900 }).request);

    expect(answer.status).toBe(201);
  });

  it('throws what reading the file threw', async () => {
    const origin = await serving(counting);
    const { upload } = opened();
    const fails = new Error('the disk is gone');

    expect(await failure(upload(`${origin}/a`, fileOf(1, { fails }).request))).toBe(fails);
  });

  it.each([
    ['fewer', CHUNK + 1],
    ['more', CHUNK - 1],
  ])('is refused where the file has %s bytes than announced', async (_what, sizeBytes) => {
    const origin = await serving(counting);
    const { upload } = opened();

    const error = await failure(upload(`${origin}/a`, fileOf(1, { sizeBytes }).request));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(`${sizeBytes} bytes`) });
  });

  it('ends with the abort’s reason and closes the file', async () => {
    const lost = new Error('lease lost');
    const attempt = new AbortController();
    const origin = await serving(() => attempt.abort(lost));
    const { upload, observed } = opened({ signal: attempt.signal });
    const { request, seen } = fileOf(4_000);

    const error = await failure(upload(`${origin}/a`, request));

    expect(error).toBe(lost);
    expect(seen.isClosed).toBe(true);
    expect(observed).toMatchObject([{ outcome: 'aborted' }]);
  });

  it('aborted before calls nobody and reads nothing', async () => {
    const lost = new Error('lease lost');
    const { upload, observed } = opened({ signal: AbortSignal.abort(lost), fetch: async () => new Response('') });
    const { request, seen } = fileOf(1);

    expect(await failure(upload('https://acme.test/a', request))).toBe(lost);
    expect({ ...seen, observed }).toEqual({ read: 0, isClosed: false, observed: [] });
  });

  it('is unavailable when the connection breaks, without our headers in the error', async () => {
    const origin = await serving((incoming) => incoming.socket.destroy());
    const { upload, observed } = opened();

    const error = await failure(upload(`${origin}/a`, fileOf(100).request));

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(String(error)).not.toContain(SECRET);
    expect(observed).toMatchObject([{ outcome: 'network' }]);
  });

  it('asks for admission first', async () => {
    const busy = new ProviderError('rate-limited', 'used up', { provider: 'acme' });
    const { upload } = opened({ admit: () => Promise.reject(busy) });

    expect(await failure(upload('https://acme.test/a', fileOf(1).request))).toBe(busy);
  });
});
