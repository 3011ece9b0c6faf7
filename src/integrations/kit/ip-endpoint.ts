import { isIP } from 'node:net';

/** An IP address with a port, as traffic routers take it. */
export interface IpEndpoint {
  /** IPv6 without brackets. */
  host: string;
  port: number;
}

const ENDPOINT = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i;

/** Reads `10.0.0.7:8080` and `[fd00::7]:8080`; null for everything else, names among it. */
export function ipEndpoint(text: string): IpEndpoint | null {
  const [, six, four, digits] = ENDPOINT.exec(text) ?? [];
  const host = six ?? four ?? '';
  const port = Number(digits);
  const fits = isIP(host) === (six === undefined ? 4 : 6);
  return fits && port >= 1 && port <= 65_535 ? { host, port } : null;
}
