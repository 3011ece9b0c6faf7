import { createRoute, z } from '@hono/zod-openapi';
import { listWindowOverrides, overrideWindows } from '../../services/windows/override-windows.ts';
import type { ApiDeps, App } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { instantInput, reasonSchema, releaseParams, releasePath } from './release-schemas.ts';

const overrideSchema = z
  .object({
    id: idSchema,
    subject: z.object({ kind: z.enum(['release', 'deployment']), id: idSchema }),
    reason: z.string(),
    accountId: idSchema,
    createdAt: instantSchema,
    expiresAt: instantSchema,
  })
  .openapi('WindowOverride');

const bodySchema = z
  .strictObject({ reason: reasonSchema, expiresAt: instantInput.meta({ description: 'At most 7 days away' }) })
  .openapi('NewWindowOverride');
const listSchema = z.object({ items: z.array(overrideSchema) }).openapi('WindowOverrideList');

const deploymentParams = tenantParams.extend({ deploymentId: idSchema });
const deploymentPath = '/api/v1/tenants/{tenantId}/deployments/{deploymentId}';
const common = { tags: ['Windows'], security: bearer };
const summaries = {
  create: (what: string) => `Let a ${what} pass closed windows and freezes until the override expires`,
  list: (what: string) => `Who let a ${what} pass the windows, newest first`,
};

const routes = (deps: ApiDeps) => ({
  ofRelease: createRoute({
    ...common,
    method: 'post',
    path: `${releasePath}/window-overrides`,
    operationId: 'overrideWindowsOfRelease',
    summary: summaries.create('release'),
    middleware: [idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(bodySchema) },
    responses: { 201: answer('The override', overrideSchema), ...writeProblems },
  }),
  listOfRelease: createRoute({
    ...common,
    method: 'get',
    path: `${releasePath}/window-overrides`,
    operationId: 'listWindowOverridesOfRelease',
    summary: summaries.list('release'),
    request: { params: releaseParams },
    responses: { 200: answer('The overrides', listSchema), ...readProblems },
  }),
  ofDeployment: createRoute({
    ...common,
    method: 'post',
    path: `${deploymentPath}/window-overrides`,
    operationId: 'overrideWindowsOfDeployment',
    summary: summaries.create('deployment'),
    middleware: [idempotent(deps)] as const,
    request: { params: deploymentParams, headers: idempotencyHeader, ...jsonBody(bodySchema) },
    responses: { 201: answer('The override', overrideSchema), ...writeProblems },
  }),
  listOfDeployment: createRoute({
    ...common,
    method: 'get',
    path: `${deploymentPath}/window-overrides`,
    operationId: 'listWindowOverridesOfDeployment',
    summary: summaries.list('deployment'),
    request: { params: deploymentParams },
    responses: { 200: answer('The overrides', listSchema), ...readProblems },
  }),
});

export function registerWindowOverrideRoutes(app: App, deps: ApiDeps): void {
  const { ofRelease, listOfRelease, ofDeployment, listOfDeployment } = routes(deps);
  app.openapi(ofRelease, async (c) => {
    const subject = { kind: 'release', id: c.req.valid('param').releaseId } as const;
    return c.json(await overrideWindows(deps, c.get('caller'), subject, c.req.valid('json')), 201);
  });
  app.openapi(listOfRelease, async (c) => {
    const subject = { kind: 'release', id: c.req.valid('param').releaseId } as const;
    return c.json(await listWindowOverrides(deps, c.get('caller'), subject), 200);
  });
  app.openapi(ofDeployment, async (c) => {
    const subject = { kind: 'deployment', id: c.req.valid('param').deploymentId } as const;
    return c.json(await overrideWindows(deps, c.get('caller'), subject, c.req.valid('json')), 201);
  });
  app.openapi(listOfDeployment, async (c) => {
    const subject = { kind: 'deployment', id: c.req.valid('param').deploymentId } as const;
    return c.json(await listWindowOverrides(deps, c.get('caller'), subject), 200);
  });
}
