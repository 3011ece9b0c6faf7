import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort } from '../../scripts/lib/ports.mjs';
import { BACKEND, type Balancer } from './balancer.ts';
import { type PrivateServer, startPrivateServer } from './private-server.ts';

export const monitoring = z.object({ url: z.string() });
export type Monitoring = z.infer<typeof monitoring>;

/**
 * A private Prometheus. It counts at the balancer: that is what users see, it knows which server is of which side, and services may come and go at
 * any address without being looked for.
 */
export async function startMonitoring(dir: string, { metrics }: Balancer): Promise<{ monitoring: Monitoring; server: PrivateServer }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(dir, 'prometheus.yml');
  writeFileSync(
    file,
    `global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
scrape_configs:
  - job_name: haproxy
    params:
      scope: [server]
    static_configs:
      - targets: ['${metrics}']
`,
  );
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(dir, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const server = await startPrivateServer('prometheus', args, async () => (await fetch(`${url}/-/ready`)).ok);
  return { monitoring: { url }, server };
}

const WINDOW = '5s';
const responses = (more: string) =>
  `sum(rate(haproxy_server_http_responses_total{proxy="${BACKEND}",server="{{side}}"${more}}[${WINDOW}]))`;

/** Share of a side's answers that are errors, 0 to 1; NaN where there were none. */
export const errorShare = `${responses(',code="5xx"')} / ${responses('')}`;
