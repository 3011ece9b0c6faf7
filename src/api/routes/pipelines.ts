import { createRoute, z } from '@hono/zod-openapi';
import {
  addPipelineVersion,
  createPipeline,
  listPipelines,
  type PipelineVersionView,
  readPipelineVersion,
} from '../../services/pipelines/pipelines.ts';
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
  nameSchema,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { pipelineBodySchema } from './deployment-schemas.ts';

const collection = '/api/v1/tenants/{tenantId}/pipelines';
const item = `${collection}/{pipelineId}` as const;
const itemParams = tenantParams.extend({ pipelineId: idSchema });
const common = { tags: ['Pipelines'], security: bearer };

const pipelineSchema = z
  .object({
    id: idSchema,
    appId: idSchema,
    name: z.string(),
    version: z.int().meta({ description: 'The newest' }),
    createdAt: instantSchema,
  })
  .openapi('Pipeline');

const versionSchema = z
  .object({
    id: idSchema,
    pipelineId: idSchema,
    version: z.int(),
    body: pipelineBodySchema,
    hash: z.string(),
    graph: z.object({
      nodes: z
        .array(
          z.object({
            id: z.string(),
            stage: z.string(),
            task: z.string(),
            type: z.string(),
            perService: z.boolean(),
            column: z.int(),
            row: z.int(),
          }),
        )
        .meta({ description: 'With places on a grid: columns by what must end first, rows as they are written' }),
      edges: z.array(z.object({ from: z.string(), to: z.string() })),
      mermaid: z.string().meta({ description: 'The same as a Mermaid flowchart' }),
    }),
    createdAt: instantSchema,
  })
  // The view's lists are readonly, which the compiler would refuse to answer with.
  .openapi('PipelineVersion') as unknown as z.ZodType<PipelineVersionView>;

const newSchema = z.strictObject({ appId: idSchema, name: nameSchema.max(63), body: pipelineBodySchema }).openapi('NewPipeline');
const newVersionSchema = z.strictObject({ body: pipelineBodySchema }).openapi('NewPipelineVersion');

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createPipeline',
    summary: 'Create a pipeline with its first version',
    description:
      'Saved only when every task is of a known type in a stage that takes it, nothing goes in a circle, inputs can be resolved, a snapshot comes before what changes something, and production is behind an approval.',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newSchema) },
    responses: { 201: answer('Its first version', versionSchema), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listPipelines',
    summary: 'Pipelines of the tenant, newest first',
    request: { params: tenantParams, query: listQuery.extend({ appId: idSchema.optional() }) },
    responses: { 200: answer('A page of pipelines', pageOf(pipelineSchema).openapi('PipelinePage')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readPipeline',
    summary: 'The newest version of a pipeline, with its graph',
    request: { params: itemParams },
    responses: { 200: answer('The version', versionSchema), ...readProblems },
  }),
  readVersion: createRoute({
    ...common,
    method: 'get',
    path: `${item}/versions/{version}`,
    operationId: 'readPipelineVersion',
    summary: 'One version of a pipeline; it never changes',
    request: { params: itemParams.extend({ version: z.coerce.number().int().min(1).meta({ example: 1 }) }) },
    responses: { 200: answer('The version', versionSchema), ...readProblems },
  }),
  add: createRoute({
    ...common,
    method: 'post',
    path: `${item}/versions`,
    operationId: 'addPipelineVersion',
    summary: 'Add the next version of a pipeline',
    description: 'Deployments that are under way keep theirs. The same body again is the newest version.',
    middleware: [idempotent(deps)] as const,
    request: { params: itemParams, headers: idempotencyHeader, ...jsonBody(newVersionSchema) },
    responses: { 201: answer('The version', versionSchema), ...writeProblems },
  }),
});

export function registerPipelineRoutes(app: App, deps: ApiDeps): void {
  const { create, list, read, readVersion, add } = routes(deps);
  app.openapi(create, async (c) => c.json(await createPipeline(deps, c.get('caller'), c.req.valid('json')), 201));
  app.openapi(list, async (c) => {
    const { appId, ...page } = c.req.valid('query');
    return c.json(await listPipelines(deps, c.get('caller'), appId, page), 200);
  });
  app.openapi(read, async (c) => c.json(await readPipelineVersion(deps, c.get('caller'), c.req.valid('param').pipelineId, null), 200));
  app.openapi(readVersion, async (c) => {
    const { pipelineId, version } = c.req.valid('param');
    return c.json(await readPipelineVersion(deps, c.get('caller'), pipelineId, version), 200);
  });
  app.openapi(add, async (c) =>
    c.json(await addPipelineVersion(deps, c.get('caller'), c.req.valid('param').pipelineId, c.req.valid('json').body), 201),
  );
}
