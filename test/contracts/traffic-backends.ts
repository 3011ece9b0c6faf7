import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import type { Side } from '../../src/domain/deployment/vocabulary.ts';

/** Servers behind a router that answer with the side they stand on, and clients in front of it that count. */

export interface Backends {
  /** `127.0.0.1:port`, two of each side. */
  addresses: Record<Side, readonly [string, string]>;
  close(): Promise<void>;
}

export async function startBackends(): Promise<Backends> {
  const servers: Server[] = [];
  const start = async (side: Side): Promise<string> => {
    const server = createServer((_request, response) => response.end(side));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  };
  return {
    addresses: { blue: [await start('blue'), await start('blue')], green: [await start('green'), await start('green')] },
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

export interface Counted {
  blue: number;
  green: number;
  /** Refused, broken off, or answered by nobody behind the router. */
  failed: number;
}

const PARALLEL = 8;

/** A connection for each request, as new clients have. */
export function ask(url: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: new Agent({ keepAlive: false }), headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`answered ${response.statusCode}`))));
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** Asks until `enough`. */
export async function load(url: string, enough: (counted: Counted) => boolean, headers: Record<string, string> = {}): Promise<Counted> {
  const counted: Counted = { blue: 0, green: 0, failed: 0 };
  const client = async () => {
    while (!enough(counted)) {
      const side = await ask(url, headers).catch(() => 'failed');
      counted[side === 'blue' || side === 'green' ? side : 'failed'] += 1;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, client));
  return counted;
}

export const total = ({ blue, green, failed }: Counted): number => blue + green + failed;
