import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from '../api/app.ts';
import { createRequestBudget } from '../api/request-budget.ts';
import { createLocks } from '../platform/lock.ts';
import { openRuntime } from './runtime.ts';

/* `npm run api`: takes commands, shows state, receives webhooks. Any number may run. */

const runtime = openRuntime('api', process.env);
const { config, redis, logger, shutdown } = runtime;

// The app is made when the port is known, before the first request can have been read. The adaptor's type allows HTTP/2 servers, too.
const server = createAdaptorServer({ fetch: (request, env) => app.fetch(request, env) }) as Server;
// Longer than a proxy's idle time-out, so that it never reuses a connection that is just being closed.
server.keepAliveTimeout = 75_000;
server.requestTimeout = 60_000;
await new Promise<void>((resolve, reject) => {
  server.once('error', reject);
  server.listen(config.port, config.host, resolve);
});
const { port } = server.address() as AddressInfo;
const shownHost = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
const publicUrl = config.publicUrl ?? `http://${shownHost}:${port}`;

const budget = createRequestBudget({
  redis,
  prefix: config.signalboxPrefix,
  points: config.apiRequestsPerMinute,
  now: () => Date.now(),
});
shutdown.add('budget', () => budget.close());
const locks = createLocks({ redis, prefix: config.signalboxPrefix, logger });
const app = createApp({ ...runtime, locks, budget, publicUrl, fixedPublicUrl: config.publicUrl, trustProxy: config.trustProxy });

// Requests under way are answered; connections that only wait for the next one are closed.
shutdown.add('http server', () => {
  server.closeIdleConnections();
  return new Promise<void>((resolve) => server.close(() => resolve()));
});
logger.info(
  { owner: runtime.owner, host: config.host, port, url: publicUrl, docs: `${publicUrl}/docs`, queues: `${publicUrl}/admin/queues` },
  `api listens on ${publicUrl}`,
);
