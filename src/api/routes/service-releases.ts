import { createRoute, z } from '@hono/zod-openapi';
import {
  createServiceRelease,
  liftRejection,
  listServiceReleases,
  readServiceRelease,
  replaceServiceReleaseItems,
} from '../../services/artifacts/service-releases.ts';
import type { ApiDeps, App } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  listQuery,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { reasonSchema } from './release-schemas.ts';

const collection = '/api/v1/tenants/{tenantId}/service-releases';
const item = `${collection}/{serviceReleaseId}` as const;
const itemParams = tenantParams.extend({ serviceReleaseId: idSchema });
const common = { tags: ['Artifacts'], security: bearer };

const items = z
  .array(z.strictObject({ serviceId: idSchema, artifactId: idSchema }))
  .min(1)
  .max(200);

const newSchema = z
  .strictObject({
    appId: idSchema,
    version: z.string().trim().min(1).max(64),
    description: z.string().trim().max(10_000).nullable().default(null),
    items,
  })
  .openapi('NewServiceRelease');

const schema = z
  .object({
    id: idSchema,
    appId: idSchema,
    version: z.string(),
    description: z.string().nullable(),
    items: z.array(
      z.object({
        serviceId: idSchema,
        service: z.string(),
        artifactId: idSchema,
        version: z.string(),
        digest: z.string(),
        commit: z.string().nullable(),
      }),
    ),
    sealedHash: z.string().nullable().meta({ description: 'From its first deployment on: it never changes then' }),
    sealedAt: instantSchema.nullable(),
    rejectedIn: z
      .array(z.object({ environmentId: idSchema, deploymentId: idSchema, reason: z.string(), at: instantSchema }))
      .meta({ description: 'Environments in which it was rolled back' }),
    createdAt: instantSchema,
  })
  .openapi('ServiceRelease');

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createServiceRelease',
    summary: 'Name the artifacts of several services that go together',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newSchema) },
    responses: { 201: answer('The service release', schema), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listServiceReleases',
    summary: 'Service releases of the tenant, newest first',
    request: { params: tenantParams, query: listQuery.extend({ appId: idSchema.optional() }) },
    responses: { 200: answer('A page of service releases', pageOf(schema).openapi('ServiceReleasePage')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readServiceRelease',
    summary: 'One service release',
    request: { params: itemParams },
    responses: { 200: answer('The service release', schema), ...readProblems },
  }),
  items: createRoute({
    ...common,
    method: 'put',
    path: `${item}/items`,
    operationId: 'replaceServiceReleaseItems',
    summary: 'Put other artifacts into it, until its first deployment seals it',
    request: { params: itemParams, ...jsonBody(z.strictObject({ items }).openapi('ServiceReleaseItems')) },
    responses: { 200: answer('The service release', schema), ...writeProblems },
  }),
  lift: createRoute({
    ...common,
    method: 'post',
    path: `${item}/lift-rejection`,
    operationId: 'liftServiceReleaseRejection',
    summary: 'Let it be deployed again where it was rolled back',
    request: {
      params: itemParams,
      ...jsonBody(z.strictObject({ environmentId: idSchema, reason: reasonSchema }).openapi('LiftedRejection')),
    },
    responses: { 200: answer('The service release', schema), ...writeProblems },
  }),
});

export function registerServiceReleaseRoutes(app: App, deps: ApiDeps): void {
  const { create, list, read, items: replace, lift } = routes(deps);
  app.openapi(create, async (c) => c.json(await createServiceRelease(deps, c.get('caller'), c.req.valid('json')), 201));
  app.openapi(list, async (c) => {
    const { appId, ...page } = c.req.valid('query');
    return c.json(await listServiceReleases(deps, c.get('caller'), appId, page), 200);
  });
  app.openapi(read, async (c) => c.json(await readServiceRelease(deps, c.get('caller'), c.req.valid('param').serviceReleaseId), 200));
  app.openapi(replace, async (c) =>
    c.json(await replaceServiceReleaseItems(deps, c.get('caller'), c.req.valid('param').serviceReleaseId, c.req.valid('json').items), 200),
  );
  app.openapi(lift, async (c) => {
    const { environmentId, reason } = c.req.valid('json');
    return c.json(await liftRejection(deps, c.get('caller'), c.req.valid('param').serviceReleaseId, environmentId, reason), 200);
  });
}
