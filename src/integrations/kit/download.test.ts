import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDownload, type Download } from './download.ts';
import type { ProviderCall } from './guard-fetch.ts';
import { ProviderError } from './provider-error.ts';

const SECRET = 'tok-0123456789';
const headers = { authorization: `Bearer ${SECRET}`, 'private-token': SECRET };
const request = { operation: 'download the file', headers };

describe('createDownload', () => {
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
    const download: Download = createDownload({
      provider: 'acme',
      fetch: globalThis.fetch,
      idleMs: 10_000,
      signal: new AbortController().signal,
      observe: (call) => void observed.push(call),
      admit: async () => undefined,
      now: () => new Date(),
      ...options,
    });
    return { download, observed };
  }

  const failure = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => new Error('it succeeded'),
      (error: unknown) => error,
    );
  const read = async (body: ReadableStream<Uint8Array>): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it('hands out the bytes, their number and their type', async () => {
    const origin = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': '3' }).end(Buffer.from([0, 255, 7]));
    });
    const { download, observed } = opened();

    const { body, sizeBytes, contentType } = await download(`${origin}/a.zip`, request);

    expect({ sizeBytes, contentType }).toEqual({ sizeBytes: 3, contentType: 'application/zip' });
    expect([...(await read(body))]).toEqual([0, 255, 7]);
    expect(observed).toMatchObject([{ provider: 'acme', method: 'GET', outcome: 200 }]);
  });

  it.each([
    ['no length', {}],
    ['a length of compressed bytes', { 'content-length': '20', 'content-encoding': 'gzip' }],
  ])('does not tell a size it does not know: %s', async (_what, given) => {
    const { download } = opened({ fetch: async () => new Response('x', { headers: given as Record<string, string> }) });

    expect((await download('https://acme.test/a', request)).sizeBytes).toBeNull();
  });

  it('follows a redirect to another origin without our headers, and within one origin with them', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serving((incoming, response) => {
      seen.push(incoming.headers.authorization, incoming.headers['private-token'] as string | undefined);
      response.end('file');
    });
    const origin = await serving((incoming, response) => {
      seen.push(incoming.headers.authorization);
      response.writeHead(302, { location: incoming.url === '/a' ? '/b' : `${elsewhere}/signed?sig=1` }).end();
    });
    const { download } = opened();

    const { body } = await download(`${origin}/a`, request);

    expect((await read(body)).toString()).toBe('file');
    expect(seen).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`, undefined, undefined]);
  });

  it('refuses to go from https to http, whatever our headers', async () => {
    const asked: string[] = [];
    const answering = async (input: Parameters<typeof fetch>[0]) => {
      asked.push(String(input));
      return new Response(null, { status: 302, headers: { location: 'http://acme.test/a' } });
    };
    const { download } = opened({ fetch: answering });

    await expect(download('https://acme.test/a', request)).rejects.toMatchObject({ kind: 'malformed' });
    expect(asked).toEqual(['https://acme.test/a']);
  });

  it.each([
    ['a circle of redirects', { location: '/a' }],
    ['a redirect to nowhere', {}],
    ['a redirect that is no address', { location: 'http://[' }],
  ])('ends %s', async (_what, given) => {
    const { download } = opened({ fetch: async () => new Response(null, { status: 302, headers: given as Record<string, string> }) });

    await expect(download('https://acme.test/a', request)).rejects.toMatchObject({ kind: 'malformed' });
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [410, 'not-found'],
    [500, 'unavailable'],
  ])('tells a refusal of %s by its kind', async (status, kind) => {
    const { download, observed } = opened({ fetch: async () => new Response('no', { status }) });

    await expect(download('https://acme.test/a', request)).rejects.toMatchObject({ kind, status });
    expect(observed).toMatchObject([{ outcome: status }]);
  });

  it('gives up on a server that sends no answer for too long', async () => {
    const origin = await serving(() => undefined);
    const { download, observed } = opened({ idleMs: 50 });

    await expect(download(`${origin}/a`, request)).rejects.toMatchObject({ kind: 'timeout' });
    expect(observed).toMatchObject([{ outcome: 'timeout' }]);
  });

  it('gives up on a body that stops arriving, with an error in the stream', async () => {
    const origin = await serving((_request, response) => void response.writeHead(200).write('half'));
    const { download } = opened({ idleMs: 50 });
    const { body } = await download(`${origin}/a`, request);

    const error = await failure(read(body));

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'timeout' });
  });

  it('waits as long as a reader takes: only a silent server is given up', async () => {
    const origin = await serving((_request, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(4 * 1024 * 1024, 'a'), () => response.end('b'));
    });
    const { download } = opened({ idleMs: 400 });
    const { body } = await download(`${origin}/a`, request);
    const reader = body.getReader();
    const started = performance.now();

    await reader.read();
    await expect.poll(() => performance.now() - started, { timeout: 5_000 }).toBeGreaterThan(900);
    reader.releaseLock();

    expect((await read(body)).at(-1)).toBe('b'.charCodeAt(0));
  });

  it('errors the stream when the connection is cut', async () => {
    const origin = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
    });
    const { download } = opened();
    const { body } = await download(`${origin}/a`, request);

    expect(await failure(read(body))).toMatchObject({ name: 'ProviderError', kind: 'unavailable' });
  });

  it("stops with the abort's reason: before, under way, and while the body arrives", async () => {
    const lost = new Error('lease lost');
    let calls = 0;
    const origin = await serving((incoming, response) => {
      calls += 1;
      if (incoming.url === '/body') response.writeHead(200).write('half');
    });
    const before = opened({ signal: AbortSignal.abort(lost) });
    const [waiting, reading] = [new AbortController(), new AbortController()];
    const underWay = opened({ signal: waiting.signal });

    expect(await failure(before.download(`${origin}/a`, request))).toBe(lost);
    expect(calls).toBe(0);
    const pending = failure(underWay.download(`${origin}/hang`, request));
    await expect.poll(() => calls).toBe(1);
    waiting.abort(lost);
    expect(await pending).toBe(lost);
    expect(underWay.observed).toMatchObject([{ outcome: 'aborted' }]);
    const { body } = await opened({ signal: reading.signal }).download(`${origin}/body`, request);
    const arriving = failure(read(body));
    reading.abort(lost);
    expect(await arriving).toBe(lost);
  });

  it('tells the server when the reader has had enough', async () => {
    let isGone = false;
    const origin = await serving((incoming, response) => {
      incoming.socket.on('close', () => {
        isGone = true;
      });
      response.writeHead(200).write('half');
    });
    const { body } = await opened().download(`${origin}/a`, request);

    await body.cancel();

    await expect.poll(() => isGone, { timeout: 5_000 }).toBe(true);
  });

  it('asks for leave before it calls', async () => {
    const used = new ProviderError('rate-limited', 'used up', { provider: 'acme' });
    const { download } = opened({ admit: () => Promise.reject(used), fetch: () => Promise.reject(new Error('called')) });

    expect(await failure(download('https://acme.test/a', request))).toBe(used);
  });

  it('never repeats our headers or the signed address in an error', async () => {
    const { download } = opened({ fetch: () => Promise.reject(new TypeError(`bad header ${SECRET}`)) });

    const error = await failure(download('https://acme.test/a?sig=s3cr3t', request));

    expect(error).toBeInstanceOf(ProviderError);
    expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/tok-0123456789|s3cr3t/);
  });
});
