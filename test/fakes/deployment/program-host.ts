import { once } from 'node:events';
import { createServer } from 'node:http';

/** Programs that a driver's other side runs, in this process: each answers with what it is, at an address of its own, until it is ended. */

export interface RunningProgram {
  /** `host:port` */
  address: string;
  /** Ends it by asking; one with DEAF among its variables ends only by force, after the shortest grace that it was given. */
  end(graceMs: number): Promise<void>;
}

let started = 0;

/** Of the loopback network, so that each has its own as pods do. */
export function nextHost(): string {
  started += 1;
  return `127.${20 + (process.pid % 200)}.${Math.floor(started / 250) % 250}.${1 + (started % 250)}`;
}

export async function runProgram(
  at: { host: string; port: number },
  version: string,
  env: Record<string, string>,
): Promise<RunningProgram> {
  started += 1;
  const told = JSON.stringify({ pid: started, version, argv: [], env });
  const server = createServer((_request, response) => response.end(told));
  server.listen(at.port, at.host);
  await once(server, 'listening');
  const ended = once(server, 'close');
  const timers: NodeJS.Timeout[] = [];
  const stop = () => {
    for (const timer of timers) clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  };
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return {
    address: `${at.host}:${port}`,
    async end(graceMs) {
      if (env.DEAF === undefined) stop();
      else timers.push(setTimeout(stop, graceMs));
      await ended;
    },
  };
}
