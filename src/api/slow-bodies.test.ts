import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitSlowBodies } from './slow-bodies.ts';

const UPLOADS = '/api/v1/release-management/tenants/t/releases/r/uploads?platform=IOS';

describe('a body that comes slowly', () => {
  let server: Server;
  let client: Socket;

  beforeEach(async () => {
    server = createServer((request, response) => {
      request.on('error', () => undefined).resume();
      request.on('end', () => response.end('all of it'));
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    limitSlowBodies(server, { wholeMs: 150, pauseMs: 400 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
  });
  afterEach(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  const begin = (path: string, length: number) => client.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
  // By a reset, where bytes were still on their way.
  const ended = () => new Promise<void>((resolve) => client.once('close', () => resolve()));
  const answered = () => once(client, 'data').then(([data]) => String(data));

  /** A byte every 40 ms, which is what is tested: together longer than either limit. */
  async function trickle(count: number): Promise<void> {
    for (let sent = 0; sent < count && !client.destroyed; sent += 1) {
      client.write('x');
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  it('ends the connection, however steadily it comes', async () => {
    begin('/api/v1/me', 15);

    await Promise.all([ended(), trickle(15)]);

    expect(client.destroyed).toBe(true);
  });

  it('may be an upload, as long as it goes on', async () => {
    begin(UPLOADS, 15);

    const [answer] = await Promise.all([answered(), trickle(15)]);

    expect(answer).toContain('all of it');
  });

  it('of an upload that pauses ends the connection', async () => {
    begin(UPLOADS, 10);
    client.write('x');

    await ended();

    expect(client.destroyed).toBe(true);
  });
});
