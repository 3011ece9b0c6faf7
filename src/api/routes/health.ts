import { createRoute, z } from '@hono/zod-openapi';
import { runChecks } from '../../platform/ops-server.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer } from '../schemas.ts';

const reportSchema = z
  .object({
    ok: z.boolean(),
    failed: z.record(z.string(), z.string()).meta({ description: 'By name of the failed check: what is wrong' }),
  })
  .openapi('Health');

const common = { tags: ['Health'], security: [] };
const readiness = {
  200: answer('It can do its work', reportSchema),
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
  summary: 'Whether the process can do its work: database, schema, Redis',
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
  app.openapi(liveRoute, (c) => c.json({ ok: true as const }, 200));
  for (const route of [readyRoute, healthRoute]) {
    app.openapi(route, async (c) => {
      const report = await runChecks(deps.checks);
      return report.ok ? c.json(report, 200) : c.json(report, 503);
    });
  }
  app.openapi(metricsRoute, async (c) => {
    const { contentType, body } = await deps.metrics.render();
    return c.text(body, 200, { 'content-type': contentType });
  });
}
