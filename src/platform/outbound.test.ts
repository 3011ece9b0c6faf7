import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDownload } from '../integrations/kit/download.ts';
import { parseAllowRules } from './address-policy.ts';
import { createLogger } from './logger.ts';
import { createOutboundFetch, OutboundRefusedError } from './outbound.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function startServer(listener: RequestListener) {
  const requests: { method: string; url: string; host: string; body: string }[] = [];
  const sockets = new Set<unknown>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      host: request.headers.host ?? '',
      body: Buffer.concat(chunks).toString(),
    });
    listener(request, response);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, requests, sockets };
}

type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

const open = (allow = '', resolve?: Resolve) => openBoth(allow, resolve).fetch;

function openBoth(allow = '', resolve?: Resolve) {
  const logger = createLogger({ level: 'silent', name: 'test' });
  const outbound = createOutboundFetch({ allow: parseAllowRules(allow), logger, ...(resolve ? { resolve } : {}) });
  closers.push(outbound.close);
  return outbound;
}

const answer: RequestListener = (_request, response) => response.end('{"ok":true}');

describe('createOutboundFetch', () => {
  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'https://user:pw@example.com/',
    'not a url',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1:8080/',
    'http://localhost/',
  ])('refuses %s', async (url) => {
    await expect(open()(url)).rejects.toThrow(OutboundRefusedError);
  });

  it.each(['file:///etc/passwd', 'http://[::ffff:a9fe:a9fe]/', 'http://169.254.169.254/latest/meta-data', 'http://localhost/'])(
    'refuses %s for downloads, too',
    async (url) => {
      await expect(openBoth().download(url)).rejects.toThrow(OutboundRefusedError);
    },
  );

  it('downloads through the guard: where a file was moved to is judged like the first address', async () => {
    const store = await startServer(answer);
    const { port } = await startServer((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.2:${store.port}/file` }).end(),
    );
    const download = createDownload({
      ...{ provider: 'ci', idleMs: 5_000, signal: new AbortController().signal },
      fetch: openBoth(`127.0.0.1:${port}`).download,
      observe: () => undefined,
      admit: async () => undefined,
      now: () => new Date(),
    });

    const fetching = download(`http://127.0.0.1:${port}/artifact`, {
      operation: 'fetch the artifact',
      headers: { authorization: 'Bearer x' },
    });

    await expect(fetching).rejects.toMatchObject({ kind: 'invalid' });
    expect(store.requests).toEqual([]);
  });

  it('reaches what the operator allowed, whatever form of address is used', async () => {
    const { port } = await startServer(answer);
    const fetch = open(`127.0.0.0/8:${port}`);

    const byUrl = await fetch(`http://127.0.0.1:${port}/`);
    const byRequest = await fetch(new Request(`http://2130706433:${port}/`, { method: 'POST', body: 'x' }));

    expect(await byUrl.json()).toEqual({ ok: true });
    expect(await byRequest.json()).toEqual({ ok: true });
  });

  it('refuses an allowed address at another port', async () => {
    const { port, requests } = await startServer(answer);

    await expect(open(`127.0.0.0/8:${port + 1}`)(`http://127.0.0.1:${port}/`)).rejects.toThrow(/OUTBOUND_ALLOW/);
    expect(requests).toEqual([]);
  });

  it('refuses a name of which any address is private, and does not tell the address', async () => {
    const fetch = open('', async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '10.11.12.13', family: 4 },
    ]);

    const error = await fetch('http://rebind.example/').catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(OutboundRefusedError);
    expect(String(error)).not.toContain('10.11.12.13');
  });

  it('connects to the very address it judged: a name that changes its answer is asked once', async () => {
    const { port, requests } = await startServer(answer);
    let asked = 0;
    const fetch = open(`name.example:${port}`, async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    });

    const response = await fetch(`http://name.example:${port}/x`);

    expect(response.status).toBe(200);
    expect(asked).toBe(1);
    expect(requests).toMatchObject([{ host: `name.example:${port}`, url: '/x' }]);
  });

  it('sends a form with its fields, as the type says that it names', async () => {
    const types: (string | undefined)[] = [];
    const { port, requests } = await startServer((request, response) => {
      types.push(request.headers['content-type']);
      response.end();
    });
    const form = new FormData();
    form.append('parent', '1200');

    await open('127.0.0.0/8')(`http://127.0.0.1:${port}/attachments`, {
      method: 'POST',
      body: form,
      headers: { accept: 'application/json' },
    });

    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(types[0] ?? '')?.[1] ?? 'none';
    expect(requests[0]?.body).toContain(`${boundary}\r\nContent-Disposition: form-data; name="parent"\r\n\r\n1200\r\n`);
  });

  it('keeps connections alive', async () => {
    const { port, sockets } = await startServer(answer);
    const fetch = open('127.0.0.1');

    for (let call = 0; call < 10; call += 1) await (await fetch(`http://127.0.0.1:${port}/`)).text();

    // The pool may open a second one while the first still reports its answer's end.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it('refuses a redirect to another origin and does not go there', async () => {
    const other = await startServer(answer);
    const { port } = await startServer((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/x?token=hunter2` }).end(),
    );

    const error = await open('127.0.0.1')(`http://127.0.0.1:${port}/`, { headers: { authorization: 'Bearer x' } }).catch(
      (reason: unknown) => reason,
    );

    expect(error).toBeInstanceOf(OutboundRefusedError);
    expect(String(error)).toContain(`http://127.0.0.1:${other.port};`);
    expect(String(error)).not.toContain('hunter2');
    expect(other.requests).toEqual([]);
  });

  it('follows a redirect within the origin, repeating method and body where the status says so', async () => {
    const { port, requests } = await startServer((request, response) =>
      request.url === '/old' ? response.writeHead(307, { location: '/new' }).end() : response.end('ok'),
    );

    const response = await open('127.0.0.1')(`http://127.0.0.1:${port}/old`, { method: 'POST', body: 'x' });

    expect(await response.text()).toBe('ok');
    expect(requests).toMatchObject([
      { method: 'POST', url: '/old', body: 'x' },
      { method: 'POST', url: '/new', body: 'x' },
    ]);
  });

  it.each([301, 302, 303])('does not turn a redirected POST (%i) into a GET', async (status) => {
    const { port, requests } = await startServer((_request, response) => response.writeHead(status, { location: '/new' }).end());

    await expect(open('127.0.0.1')(`http://127.0.0.1:${port}/old`, { method: 'POST', body: 'x' })).rejects.toThrow(/cannot be repeated/);
    expect(requests).toHaveLength(1);
  });

  it('hands a redirect to a caller that asks for it', async () => {
    const { port } = await startServer((_request, response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end());

    const response = await open('127.0.0.1')(`http://127.0.0.1:${port}/`, { redirect: 'manual' });

    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('https://elsewhere.example/');
  });

  it('gives up on redirects in circles', async () => {
    const { port, requests } = await startServer((_request, response) => response.writeHead(302, { location: '/' }).end());

    await expect(open('127.0.0.1')(`http://127.0.0.1:${port}/`)).rejects.toThrow(/circles/);
    expect(requests).toHaveLength(6);
  });

  it('stops when the caller aborts, with the caller’s reason', async () => {
    const { port } = await startServer(() => undefined);
    const reason = new Error('lease lost');

    const call = open('127.0.0.1')(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(50) });
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(open('127.0.0.1')(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('passes transport trouble on with its code', async () => {
    const { port } = await startServer(answer);
    await closers.pop()?.();

    const error = await open('127.0.0.1')(`http://127.0.0.1:${port}/`).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});
