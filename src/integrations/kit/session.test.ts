import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllowRules } from '../../platform/address-policy.ts';
import { createLogger } from '../../platform/logger.ts';
import { createOutboundFetch, type Outbound } from '../../platform/outbound.ts';
import type { ProviderCall } from './guard-fetch.ts';
import { ProviderError } from './provider-error.ts';
import { createSession, type Talk } from './session.ts';

describe('createSession', () => {
  const servers: Server[] = [];
  const outbounds: Outbound[] = [];
  const accepted = new Set<Socket>();

  afterEach(async () => {
    for (const socket of accepted) socket.destroy();
    for (const outbound of outbounds.splice(0)) await outbound.close();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    accepted.clear();
  });

  /** The port of a server that says hello. */
  async function greeting(text = 'hello'): Promise<number> {
    const server = createServer((socket) => {
      accepted.add(socket);
      socket.on('error', () => undefined);
      socket.write(text);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  interface Opened {
    allow?: string;
    addresses?: string[];
    timeoutMs?: number;
    signal?: AbortSignal;
    admit?: () => Promise<void>;
  }

  function opened({ allow = '', addresses = ['127.0.0.1'], ...options }: Opened = {}) {
    const observed: ProviderCall[] = [];
    const asked: string[] = [];
    const outbound = createOutboundFetch({
      allow: parseAllowRules(allow),
      logger: createLogger({ level: 'silent', name: 'test' }),
      resolve: async (host) => {
        asked.push(host);
        return addresses.map((address) => ({ address, family: 4 }));
      },
    });
    outbounds.push(outbound);
    const session = createSession({
      ...{ provider: 'acme', connect: outbound.connect, timeoutMs: 5_000, signal: new AbortController().signal },
      observe: (call) => void observed.push(call),
      admit: async () => undefined,
      ...options,
    });
    return { session, observed, asked };
  }

  const hear = async ({ socket }: Talk) => String((await once(socket, 'data'))[0]);
  const target = (port: number, host = 'mail.example.test') => ({ host, port, operation: 'say hello' });
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => new Error('it succeeded'),
      (error: unknown) => error,
    );

  it('talks to the address that was judged, asking for it once, and closes the connection', async () => {
    const port = await greeting();
    const { session, observed, asked } = opened({ allow: `mail.example.test:${port}` });

    const heard = await session(target(port), hear);

    expect(heard).toBe('hello');
    expect(asked).toEqual(['mail.example.test']);
    await expect.poll(() => [...accepted].every((socket) => socket.destroyed || socket.readableEnded)).toBe(true);
    expect(observed).toMatchObject([{ provider: 'acme', method: 'SESSION', outcome: 200 }]);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '::1', '::ffff:127.0.0.1'])(
    'refuses a name that leads to %s, which the operator does not allow',
    async (address) => {
      const port = await greeting();
      const { session, observed } = opened({ addresses: [address] });

      const error = await failure(session(target(port), hear));

      expect(error).toMatchObject({ name: 'ProviderError', kind: 'invalid', message: expect.stringContaining('OUTBOUND_ALLOW') });
      expect(String(error)).not.toContain(address);
      expect(accepted.size).toBe(0);
      expect(observed).toMatchObject([{ outcome: 'network' }]);
    },
  );

  it.each(['127.0.0.1', '[::1]', '2130706433', 'localhost'])('refuses %s itself', async (host) => {
    const { session } = opened();

    expect(await failure(session(target(await greeting(), host), hear))).toMatchObject({ kind: 'invalid' });
    expect(accepted.size).toBe(0);
  });

  it('refuses a name with one private address among public ones', async () => {
    const { session } = opened({ addresses: ['93.184.216.34', '127.0.0.1'] });

    expect(await failure(session(target(await greeting()), hear))).toMatchObject({ kind: 'invalid' });
    expect(accepted.size).toBe(0);
  });

  it('allows by host and port alone: another port of the same host is refused', async () => {
    const [allowed, other] = [await greeting(), await greeting()];
    const { session } = opened({ allow: `mail.example.test:${allowed}` });

    expect(await failure(session(target(other), hear))).toMatchObject({ kind: 'invalid' });
  });

  it('knows that an allowed private address is inside', async () => {
    const port = await greeting();
    const { session } = opened({ allow: '127.0.0.0/8' });

    expect(await session(target(port), async ({ isInside }) => isInside)).toBe(true);
  });

  it('talks through a socket of this machine, which is inside and needs no leave; one that is gone is unavailable', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'session-'));
    const socketPath = join(directory, 'a.sock');
    const server = createServer((socket) => void socket.end('hello'));
    server.listen(socketPath);
    await once(server, 'listening');
    const { session, observed, asked } = opened();

    const heard = await session({ socketPath, operation: 'say hello' }, async (talk) => [talk.isInside, await hear(talk)]);
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(session({ socketPath, operation: 'say hello' }, hear));

    expect(heard).toEqual([true, 'hello']);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(asked).toEqual([]);
    expect(observed).toMatchObject([{ outcome: 200 }, { outcome: 'network' }]);
    rmSync(directory, { recursive: true });
  });

  it('is a time-out when the talk takes too long, and closes the connection', async () => {
    const port = await greeting();
    const { session, observed } = opened({ allow: '127.0.0.0/8', timeoutMs: 60 });
    let talking: Socket | null = null;

    const error = await failure(
      session(target(port), ({ socket }) => {
        talking = socket;
        return new Promise(() => undefined);
      }),
    );

    expect(error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('say hello') });
    expect(talking).toMatchObject({ destroyed: true });
    expect(observed).toMatchObject([{ outcome: 'timeout' }]);
  });

  it('gives a conversation the time that it names, shorter or longer', async () => {
    const { session } = opened({ allow: '127.0.0.0/8', timeoutMs: 60 });
    const target = { host: '127.0.0.1', port: await greeting(), operation: 'upload' };
    const early = opened({ allow: '127.0.0.0/8' }).session({ ...target, timeoutMs: 50 }, () => new Promise(() => undefined));

    await expect(early).rejects.toMatchObject({ kind: 'timeout', message: 'acme: upload took longer than 50 ms' });
    // The process's own limit is over when the shorter one after it is.
    await session({ ...target, timeoutMs: 10_000 }, async () => {
      await expect(
        opened({ allow: '127.0.0.0/8', timeoutMs: 100 }).session(target, () => new Promise(() => undefined)),
      ).rejects.toMatchObject({ kind: 'timeout' });
    });
  });

  it('ends with the abort’s reason and closes the connection under the talk', async () => {
    const lost = new Error('lease lost');
    const attempt = new AbortController();
    const port = await greeting();
    const { session, observed } = opened({ allow: '127.0.0.0/8', signal: attempt.signal });
    let talking: Socket | null = null;

    const error = await failure(
      session(target(port), ({ socket }) => {
        talking = socket;
        attempt.abort(lost);
        return new Promise(() => undefined);
      }),
    );

    expect(error).toBe(lost);
    expect(talking).toMatchObject({ destroyed: true });
    expect(observed).toMatchObject([{ outcome: 'aborted' }]);
  });

  it('aborted before connects to nobody', async () => {
    const lost = new Error('lease lost');
    const port = await greeting();
    const { session, observed, asked } = opened({ allow: '127.0.0.0/8', signal: AbortSignal.abort(lost) });

    expect(await failure(session(target(port), hear))).toBe(lost);
    expect({ asked, observed, connections: accepted.size }).toEqual({ asked: [], observed: [], connections: 0 });
  });

  it('is unavailable where nobody listens', async () => {
    const port = await greeting();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    const { session } = opened({ allow: '127.0.0.0/8' });

    expect(await failure(session(target(port), hear))).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('hands out a classified error as it is, and counts its status', async () => {
    const port = await greeting();
    const { session, observed } = opened({ allow: '127.0.0.0/8' });
    const refusal = new ProviderError('forbidden', 'no', { provider: 'acme', status: 550 });

    expect(await failure(session(target(port), () => Promise.reject(refusal)))).toBe(refusal);
    expect(observed).toMatchObject([{ outcome: 550 }]);
  });

  it('asks for admission first', async () => {
    const busy = new ProviderError('rate-limited', 'used up', { provider: 'acme' });
    const { session, asked } = opened({ admit: () => Promise.reject(busy) });

    expect(await failure(session(target(1), hear))).toBe(busy);
    expect(asked).toEqual([]);
  });
});
