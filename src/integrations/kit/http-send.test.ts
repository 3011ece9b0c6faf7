import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonHttp } from './http.ts';

let server: Server;
let answer: { status: number; headers?: Record<string, string>; body?: string };
const seen: { headers: IncomingHttpHeaders; body: string }[] = [];

beforeEach(async () => {
  answer = { status: 200 };
  server = createServer(async (request, response) => {
    seen.push({ headers: request.headers, body: await text(request) });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  seen.splice(0);
  await new Promise((resolve) => server.close(resolve));
});

function client() {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return jsonHttp({ provider: 'acme', baseUrl, fetch, now: () => new Date(), headers: () => ({ connection: 'close' }) });
}

describe('requests whose status and headers say what matters', () => {
  const write = { operation: 'start', method: 'POST', path: '/start' } as const;

  it('send fields form-encoded, every character of them', async () => {
    await client().send({ ...write, form: { 'a b': 'ä&=+%', empty: '' } });

    expect(seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({ 'a b': 'ä&=+%', empty: '' });
  });

  it('hand out redirects unfollowed, with their headers', async () => {
    answer = { status: 302, headers: { location: '/elsewhere' } };

    const { response } = await client().send(write);

    expect({ status: response.status, location: response.headers.get('location') }).toEqual({ status: 302, location: '/elsewhere' });
    expect(seen.length).toBe(1);
    await expect(client().request({ ...write, schema: z.unknown() })).rejects.toMatchObject({
      message: expect.stringContaining('redirect'),
    });
  });

  it('tell JSON, nothing and a web page apart', async () => {
    const bodyOf = async (body: string) => {
      answer = { status: 200, body };
      const { isJson, json } = await client().send(write);
      return { isJson, json };
    };

    expect(await bodyOf('{"a":1}')).toEqual({ isJson: true, json: { a: 1 } });
    expect(await bodyOf('')).toEqual({ isJson: true, json: undefined });
    expect(await bodyOf('<html>')).toEqual({ isJson: false, json: undefined });
  });

  it('throw refusals by their kind', async () => {
    answer = { status: 409, body: '{}' };

    await expect(client().send(write)).rejects.toMatchObject({ kind: 'conflict', status: 409 });
  });
});
