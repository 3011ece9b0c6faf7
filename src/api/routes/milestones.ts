import { createRoute, z } from '@hono/zod-openapi';
import { milestoneStatuses } from '../../domain/milestones/status.ts';
import { releaseStatuses } from '../../domain/release/vocabulary.ts';
import { listMilestoneHistory, listMilestones, readMilestone } from '../../services/milestones/read-milestone.ts';
import { createMilestone, deleteMilestone, overrideMilestone, updateMilestone } from '../../services/milestones/write-milestone.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
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
import { historyEventSchema } from './release-history.ts';
import { instantInputOrNull, personSchema, reasonSchema } from './release-schemas.ts';

const status = z.enum(milestoneStatuses);

export const milestoneSchema = z
  .object({
    id: idSchema,
    name: z.string().meta({ example: 'Payments in Brazil' }),
    description: z.string().nullable(),
    dueDate: instantSchema.nullable(),
    status: status.meta({ description: 'What a person says, else what its releases say' }),
    computedStatus: status.meta({
      description:
        'PLANNED before any of its releases has begun, COMPLETED once all are out, IN_PROGRESS between; archived ones do not count',
    }),
    override: z.object({ status, reason: z.string(), by: personSchema, at: instantSchema }).nullable(),
    releases: z
      .array(
        z.object({
          id: idSchema,
          displayId: z.string().meta({ example: 'REL-7' }),
          status: z.enum(releaseStatuses),
          targetReleaseDate: instantSchema,
          releaseDate: instantSchema.nullable(),
        }),
      )
      .meta({ description: 'In the order of their target dates' }),
    createdBy: personSchema,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .openapi('Milestone');

const description = z.string().trim().max(10_000).nullable().optional();
const newMilestoneSchema = z
  .strictObject({ name: nameSchema, description, dueDate: instantInputOrNull.optional() })
  .openapi('NewMilestone');
const milestoneChangeSchema = z
  .strictObject({ name: nameSchema.optional(), description, dueDate: instantInputOrNull.optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .openapi('MilestoneChange');
const overrideSchema = z.strictObject({ status, reason: reasonSchema }).openapi('MilestoneOverride');

const collection = '/api/v1/tenants/{tenantId}/milestones';
const item = `${collection}/{milestoneId}` as const;
const itemParams = tenantParams.extend({ milestoneId: idSchema });
const common = { tags: ['Milestones'], security: bearer };

const routes = (deps: ApiDeps) => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listMilestones',
    summary: 'Milestones of the tenant, newest first',
    request: { params: tenantParams, query: listQuery },
    responses: { 200: answer('A page of milestones', pageOf(milestoneSchema).openapi('MilestonePage')), ...readProblems },
  }),
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createMilestone',
    summary: 'Name what several releases bring about together',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newMilestoneSchema) },
    responses: { 201: answer('The milestone', milestoneSchema), ...writeProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readMilestone',
    summary: 'One milestone with its releases',
    request: { params: itemParams },
    responses: { 200: answer('The milestone', milestoneSchema), ...readProblems },
  }),
  update: createRoute({
    ...common,
    method: 'patch',
    path: item,
    operationId: 'updateMilestone',
    summary: 'Change a milestone; what is absent stays',
    request: { params: itemParams, ...jsonBody(milestoneChangeSchema) },
    responses: { 200: answer('The milestone', milestoneSchema), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: item,
    operationId: 'deleteMilestone',
    summary: 'Delete a milestone; its releases stay',
    request: { params: itemParams },
    responses: { 204: { description: 'It is gone' }, ...writeProblems },
  }),
  override: createRoute({
    ...common,
    method: 'put',
    path: `${item}/override`,
    operationId: 'overrideMilestone',
    summary: 'Say what a milestone is, whatever its releases say',
    description: 'It sticks until it is cleared; what the releases say goes on being shown beside it.',
    request: { params: itemParams, ...jsonBody(overrideSchema) },
    responses: { 200: answer('The milestone', milestoneSchema), ...writeProblems },
  }),
  clear: createRoute({
    ...common,
    method: 'delete',
    path: `${item}/override`,
    operationId: 'clearMilestoneOverride',
    summary: 'Let what the releases say count again',
    request: { params: itemParams },
    responses: { 200: answer('The milestone', milestoneSchema), ...writeProblems },
  }),
  history: createRoute({
    ...common,
    method: 'get',
    path: `${item}/history`,
    operationId: 'listMilestoneHistory',
    summary: 'Everything that happened to a milestone, newest first',
    request: { params: itemParams, query: listQuery },
    responses: { 200: answer('A page of events', pageOf(historyEventSchema).openapi('MilestoneHistoryPage')), ...readProblems },
  }),
});

export function registerMilestoneRoutes(app: App, deps: ApiDeps): void {
  const { list, create, read, update, remove, override, clear, history } = routes(deps);
  app.openapi(list, async (c) => c.json(await listMilestones(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(create, async (c) => c.json(await createMilestone(servicesFor(c, deps), c.get('caller'), c.req.valid('json')), 201));
  app.openapi(read, async (c) => c.json(await readMilestone(deps, c.get('caller'), c.req.valid('param').milestoneId), 200));
  app.openapi(update, async (c) =>
    c.json(await updateMilestone(deps, c.get('caller'), c.req.valid('param').milestoneId, c.req.valid('json')), 200),
  );
  app.openapi(remove, async (c) => {
    await deleteMilestone(deps, c.get('caller'), c.req.valid('param').milestoneId);
    return c.body(null, 204);
  });
  app.openapi(override, async (c) =>
    c.json(await overrideMilestone(deps, c.get('caller'), c.req.valid('param').milestoneId, c.req.valid('json')), 200),
  );
  app.openapi(clear, async (c) => c.json(await overrideMilestone(deps, c.get('caller'), c.req.valid('param').milestoneId, null), 200));
  app.openapi(history, async (c) =>
    c.json(await listMilestoneHistory(deps, c.get('caller'), c.req.valid('param').milestoneId, c.req.valid('query')), 200),
  );
}
