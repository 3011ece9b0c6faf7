import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Whether something could listen on this port of the loopback address now. */
export function isPortFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A free port below the range from which the system takes the local ends of outgoing connections: while a server is
 * down for a restart, a reconnecting client must not be given its port (on loopback it would even connect to itself).
 */
export async function freePort() {
  for (let tries = 0; tries < 200; tries++) {
    const port = randomInt(15_000, 32_000);
    if (await isPortFree(port)) return port;
  }
  throw new Error('no free port found between 15000 and 32000');
}

/** PORT when somebody chose it; else 3000, or any free one where that is taken. 0 means any, as for the API itself. */
export async function apiPort() {
  if (process.env.PORT && process.env.PORT !== '0') return Number(process.env.PORT);
  if (process.env.PORT === undefined && (await isPortFree(3000)) && (await isPortFree(3000, '0.0.0.0'))) return 3000;
  return freePort();
}
