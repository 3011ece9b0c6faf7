import { createRoute, z } from '@hono/zod-openapi';
import { platforms, workflowTypes } from '../../domain/release/vocabulary.ts';
import { abandonCycle } from '../../services/releases/slots/abandon-cycle.ts';
import { getCycle, listCycles } from '../../services/releases/slots/list-cycles.ts';
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
  pageOf,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import { cycleSchema, personSchema, reasonSchema, releaseParams, releasePath, slotSchema } from './release-schemas.ts';

const cyclesPath = `${releasePath}/cycles`;
const cycleParams = releaseParams.extend({
  number: z.coerce.number().int().min(1).max(1_000_000).meta({ description: 'As in the tag of its candidate', example: 2 }),
});

const cycleDetailSchema = cycleSchema
  .extend({
    reason: z.string().nullable().meta({ description: 'Why it was abandoned' }),
    abandonedBy: personSchema.nullable(),
    slot: slotSchema.omit({ cycle: true }).meta({ description: 'What it came of' }),
    builds: z
      .array(
        z.object({
          id: idSchema,
          platform: z.enum(platforms),
          workflowType: z.enum(workflowTypes),
          ordinal: z.int().meta({ description: 'Grows when a failed build is done again' }),
          status: z.string().meta({ example: 'SUCCEEDED' }),
          providerState: z.string().nullable().meta({ description: "The provider's own word for the state" }),
          url: z.string().nullable(),
          endedAt: instantSchema.nullable(),
        }),
      )
      .meta({ description: 'The latest of each platform and workflow type' }),
    notes: z.object({ id: idSchema, url: z.string() }).nullable().meta({ description: 'Of its candidate; null until they are written' }),
  })
  .openapi('RegressionCycleDetail');

const abandonSchema = z.strictObject({ reason: reasonSchema }).openapi('AbandonCycle');

const common = { tags: ['Regression slots'], security: bearer };

const routes = (deps: ApiDeps) => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: cyclesPath,
    operationId: 'listRegressionCycles',
    summary: 'Regression cycles, newest first, with their candidates and builds',
    request: { params: releaseParams, query: listQuery },
    responses: { 200: answer('A page of cycles', pageOf(cycleDetailSchema).openapi('RegressionCyclePage')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: `${cyclesPath}/{number}`,
    operationId: 'readRegressionCycle',
    summary: 'One regression cycle',
    request: { params: cycleParams },
    responses: { 200: answer('The cycle', cycleDetailSchema), ...readProblems },
  }),
  abandon: createRoute({
    ...common,
    method: 'post',
    path: `${cyclesPath}/{number}/abandon`,
    operationId: 'abandonRegressionCycle',
    summary: 'Abandon the cycle under way',
    description:
      'Its open tasks are cancelled and its CI runs are stopped, by a task that goes on however often a worker dies; what the CI refuses to stop is told in the output of that task. Its candidate is none any more, and its number is not used again. The next slot brings the next cycle.',
    middleware: [idempotent(deps)] as const,
    request: { params: cycleParams, headers: idempotencyHeader, ...jsonBody(abandonSchema) },
    responses: { 200: answer('The cycle', cycleDetailSchema), ...writeProblems },
  }),
});

export function registerReleaseCycleRoutes(app: App, deps: ApiDeps): void {
  const { list, read, abandon } = routes(deps);
  app.openapi(list, async (c) =>
    c.json(await listCycles(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
  app.openapi(read, async (c) => {
    const { releaseId, number } = c.req.valid('param');
    return c.json(await getCycle(deps, c.get('caller'), releaseId, number), 200);
  });
  app.openapi(abandon, async (c) =>
    c.json(await abandonCycle(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
