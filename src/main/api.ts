import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from '../api/app.ts';
import { createRequestBudget } from '../api/request-budget.ts';
import { limitSlowBodies } from '../api/slow-bodies.ts';
import { createLocks } from '../platform/lock.ts';
import { onPing } from '../platform/ping.ts';
import { createEventHub } from '../services/events/event-hub.ts';
import { eventLimits } from '../services/events/event-limits.ts';
import { createDoneServices } from '../services/execution/done-services.ts';
import { taskHandlers } from '../workers/tasks/index.ts';
import { createDoneVerifier } from '../workers/verify-done.ts';
import { historyChannel, openRuntime } from './runtime.ts';

/* `npm run api`: takes commands, shows state, receives webhooks. Any number may run. */

/** Somebody waits for the answer. */
const DONE_TIMEOUT_MS = 20_000;

const runtime = openRuntime('api', process.env);
const { config, redis, logger, shutdown } = runtime;

// The app is made when the port is known, before the first request can have been read. The adaptor's type allows HTTP/2 servers, too.
const server = createAdaptorServer({ fetch: (request, env) => app.fetch(request, env) }) as Server;
// Longer than a proxy's idle time-out, so that it never reuses a connection that is just being closed.
server.keepAliveTimeout = 75_000;
limitSlowBodies(server, { wholeMs: 60_000, pauseMs: 60_000 });
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
const events = createEventHub({ db: runtime.db, logger, ...eventLimits });
onPing(runtime.blockingRedis(), historyChannel(config.signalboxPrefix), () => events.hurry());
const verifyDone = createDoneVerifier({
  services: createDoneServices(runtime.db, runtime.connector),
  handlers: taskHandlers,
  timeoutMs: DONE_TIMEOUT_MS,
});
const app = createApp({
  ...{ ...runtime, locks, events, verifyDone, budget, publicUrl, fixedPublicUrl: config.publicUrl, trustProxy: config.trustProxy },
  artifactMaxBytes: config.artifactMaxMb * 1_000_000,
});

// Requests under way are answered; connections that only wait for the next one are closed.
shutdown.add('http server', () => {
  server.closeIdleConnections();
  // Whoever does not read its answer gets no more of it.
  setTimeout(() => server.closeAllConnections(), config.shutdownGraceMs / 2).unref();
  return new Promise<void>((resolve) => server.close(() => resolve()));
});
// Before the server is closed, which waits for every answer to end.
shutdown.add('event streams', () => events.close());
logger.info(
  { owner: runtime.owner, host: config.host, port, url: publicUrl, docs: `${publicUrl}/docs`, queues: `${publicUrl}/admin/queues` },
  `api listens on ${publicUrl}`,
);
