import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { freePort } from '../../scripts/lib/ports.mjs';
import { type PrivateServer, startPrivateServer } from './private-server.ts';

/** A private HAProxy with one backend: a server for each side, without addresses until the first deployment. */
export const balancer = z.object({
  /** What users ask. */
  url: z.string(),
  /** `tcp://…` of its runtime API. */
  runtime: z.string(),
  /** `host:port` where it tells its counters, by server. */
  metrics: z.string(),
});
export type Balancer = z.infer<typeof balancer>;

export const BACKEND = 'shop';
export const route = { backend: BACKEND, servers: { blue: ['blue'], green: ['green'] } };

export async function startBalancer(dir: string): Promise<{ balancer: Balancer; server: PrivateServer }> {
  const [port, runtime, metrics] = [await freePort(), await freePort(), await freePort()];
  const file = join(dir, 'haproxy.cfg');
  // Connections to servers are not kept: what users see then are the service's own failures and those of switches, nothing else.
  writeFileSync(
    file,
    `global
  stats socket ipv4@127.0.0.1:${runtime} level admin
  nbthread 1
defaults
  mode http
  option http-server-close
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend users
  bind 127.0.0.1:${port}
  default_backend ${BACKEND}
frontend metrics
  bind 127.0.0.1:${metrics}
  http-request use-service prometheus-exporter if { path /metrics }
backend ${BACKEND}
  balance roundrobin
  server blue 127.0.0.1:1 disabled
  server green 127.0.0.1:1 disabled
`,
  );
  const asked = `http://127.0.0.1:${metrics}/metrics`;
  const server = await startPrivateServer('haproxy', ['-db', '-f', file], async () => (await fetch(asked)).ok);
  return {
    balancer: { url: `http://127.0.0.1:${port}`, runtime: `tcp://127.0.0.1:${runtime}`, metrics: `127.0.0.1:${metrics}` },
    server,
  };
}

/** The share of a side as HAProxy itself tells it now, percent. */
export async function shareOf({ runtime }: Balancer, side: 'blue' | 'green'): Promise<number> {
  const { hostname, port } = new URL(runtime.replace(/^tcp:/, 'http:'));
  const socket = connect({ host: hostname, port: Number(port) });
  socket.end(`get weight ${BACKEND}/blue;get weight ${BACKEND}/green\n`);
  const [blue, green] = [...(await text(socket)).matchAll(/^(\d+) \(initial/gm)].map(([, weight]) => Number(weight));
  if (blue === undefined || green === undefined || blue + green === 0) throw new Error('HAProxy told no weights');
  return ((side === 'blue' ? blue : green) / (blue + green)) * 100;
}
