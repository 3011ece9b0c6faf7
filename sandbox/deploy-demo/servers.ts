import { mkdirSync } from 'node:fs';
import { startBalancer } from './balancer.ts';
import { startMonitoring } from './monitoring.ts';

/**
 * A private HAProxy and a private Prometheus, until SIGTERM. The first line of stdout says where they are. DEPLOY_DEMO_DIR: where their files go.
 */

const dir = process.env.DEPLOY_DEMO_DIR;
if (!dir) {
  process.stderr.write('DEPLOY_DEMO_DIR is not set; sandbox/deploy-demo/servers.ts is started by npm start\n');
  process.exit(2);
}
mkdirSync(dir, { recursive: true });
const { balancer, server: haproxy } = await startBalancer(dir);
const { monitoring, server: prometheus } = await startMonitoring(dir, balancer);

let isStopping = false;
function stop(): void {
  isStopping = true;
  for (const server of [haproxy, prometheus]) server.stop();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.stdout.write(`${JSON.stringify({ ready: true, balancer, monitoring })}\n`);

// One without the other is of no use.
const words = await Promise.race([haproxy.ended, prometheus.ended]);
if (!isStopping) process.stderr.write(words);
stop();
await Promise.all([haproxy.ended, prometheus.ended]);
