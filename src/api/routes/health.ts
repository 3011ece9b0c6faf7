import { createRoute, z } from '@hono/zod-openapi';
import type { Logger } from '../../platform/logger.ts';
import { type Checks, runChecks } from '../../platform/ops-server.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer } from '../schemas.ts';

/** Commands are stored and reads answered without it; work starts when it is back. */
const DISPENSABLE: ReadonlySet<string> = new Set(['redis']);
/** Probes commonly wait for one second: what may be missing must not use that up. */
const DISPENSABLE_TIMEOUT_MS = 800;

const reportSchema = z
  .object({
    ok: z.boolean(),
    status: z.enum(['ready', 'degraded', 'unavailable']).meta({
      description: '`degraded`: commands are taken and reads answered, but work waits',
    }),
    failed: z.record(z.string(), z.string()).meta({ description: 'By name of the failed check: what is wrong' }),
  })
  .openapi('Health');

const common = { tags: ['Health'], security: [] };
const readiness = {
  200: answer('It takes commands and answers reads; when `status` is `degraded`, `failed` says what is missing', reportSchema),
  503: answer('It cannot; `failed` says why', reportSchema),
};

const liveRoute = createRoute({
  ...common,
  method: 'get',
  path: '/healthz',
  operationId: 'isAlive',
  summary: 'Whether the process runs',
  responses: { 200: answer('It runs', z.object({ ok: z.literal(true) })) },
});
const readyRoute = createRoute({
  ...common,
  method: 'get',
  path: '/readyz',
  operationId: 'isReady',
  summary: 'Whether the process can do its work: database and schema; without Redis it is degraded',
  responses: readiness,
});
const healthRoute = createRoute({
  ...common,
  method: 'get',
  path: '/api/v1/release-management/health',
  operationId: 'readHealth',
  summary: 'The same as /readyz, inside the API',
  responses: readiness,
});
const metricsRoute = createRoute({
  ...common,
  method: 'get',
  path: '/metrics',
  operationId: 'readMetrics',
  summary: 'Prometheus metrics of this process',
  description: 'Open, like the probes: it names no tenant. Keep it off the public network as any metrics endpoint.',
  responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
});

export function registerHealthRoutes(app: App, deps: ApiDeps): void {
  const readinessReport = createReadiness(deps.checks, deps.logger);
  app.openapi(liveRoute, (c) => c.json({ ok: true as const }, 200));
  for (const route of [readyRoute, healthRoute]) {
    app.openapi(route, async (c) => {
      c.set('isProbe', true);
      const report = await readinessReport();
      return report.ok ? c.json(report, 200) : c.json(report, 503);
    });
  }
  app.openapi(metricsRoute, async (c) => {
    const { contentType, body } = await deps.metrics.render();
    return c.text(body, 200, { 'content-type': contentType });
  });
}

/** Probes come every few seconds: a change is logged, once, and what stays as it was is not. */
function createReadiness(checks: Checks, logger: Logger): () => Promise<z.infer<typeof reportSchema>> {
  const part = (isDispensable: boolean): Checks =>
    Object.fromEntries(Object.entries(checks).filter(([name]) => DISPENSABLE.has(name) === isDispensable));
  let logged = '';

  function note(status: string, failed: Record<string, string>): void {
    const state = Object.keys(failed).sort().join();
    if (state === logged) return;
    logged = state;
    if (status === 'ready') logger.info('ready again');
    else if (status === 'degraded') logger.warn({ failed }, 'degraded: commands are taken, work waits');
    else logger.error({ failed }, 'not ready');
  }

  return async () => {
    const [needed, dispensable] = await Promise.all([runChecks(part(false)), runChecks(part(true), DISPENSABLE_TIMEOUT_MS)]);
    const failed = { ...needed.failed, ...dispensable.failed };
    const status = !needed.ok ? 'unavailable' : dispensable.ok ? 'ready' : 'degraded';
    note(status, failed);
    return { ok: needed.ok, status, failed };
  };
}
