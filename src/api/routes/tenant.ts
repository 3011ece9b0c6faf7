import { createRoute, z } from '@hono/zod-openapi';
import { readTenant } from '../../services/access/read-tenant.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, readProblems, tenantParams } from '../schemas.ts';

const readTenantRoute = createRoute({
  method: 'get',
  path: '/api/v1/tenants/{tenantId}',
  operationId: 'readTenant',
  tags: ['Access'],
  summary: "The token's own tenant",
  security: bearer,
  request: { params: tenantParams },
  responses: {
    200: answer('The tenant', z.object({ id: idSchema, name: z.string(), createdAt: instantSchema }).openapi('Tenant')),
    ...readProblems,
  },
});

export function registerTenantRoutes(app: App, deps: ApiDeps): void {
  app.openapi(readTenantRoute, async (c) => c.json(await readTenant(deps, c.get('caller')), 200));
}
