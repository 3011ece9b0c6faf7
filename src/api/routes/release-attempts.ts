import { createRoute, z } from '@hono/zod-openapi';
import { taskStatuses, waitReasons } from '../../domain/run.ts';
import { listAttempts } from '../../services/releases/tasks/list-attempts.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, listQuery, pageOf, readProblems } from '../schemas.ts';
import { attemptSchema, releaseParams, releasePath, taskActions } from './release-schemas.ts';

const callSchema = z
  .object({
    ordinal: z.int().meta({ description: 'Place among the calls of the look; the first ones of very many are not kept' }),
    provider: z.string().meta({ example: 'github' }),
    integrationId: idSchema.nullable(),
    method: z.string().meta({ example: 'POST' }),
    url: z.string().nullable(),
    status: z.int().nullable().meta({ description: 'null: there was no answer' }),
    outcome: z.string().meta({ description: '`answered`, `timeout`, `network` or `aborted`' }),
    milliseconds: z.int(),
    requestId: z.string().nullable().meta({ description: 'What the provider calls the request' }),
    requestBody: z.string().nullable().meta({ description: 'Its beginning; what is secret reads `[redacted]`' }),
    responseBody: z.string().nullable(),
    at: instantSchema,
  })
  .openapi('ProviderCall');

const attemptPageSchema = pageOf(
  attemptSchema
    .extend({ calls: z.array(callSchema).meta({ description: 'Of its last look, while they are kept' }) })
    .openapi('AttemptDetail'),
)
  .extend({
    task: z.object({
      status: z.enum(taskStatuses),
      waitReason: z.enum(waitReasons).nullable(),
      nextAt: instantSchema.nullable().meta({ description: 'When it is tried again, or looked at, by itself' }),
      possible: z.array(z.enum(taskActions)).meta({ description: 'What a person may do now: retry, skip, complete' }),
    }),
  })
  .openapi('AttemptPage');

const listRoute = createRoute({
  tags: ['Tasks'],
  security: bearer,
  method: 'get',
  path: `${releasePath}/tasks/{taskId}/attempts`,
  operationId: 'listAttempts',
  summary: 'Every attempt of a task, newest first, with what it asked of providers',
  description: 'Start, end, worker, outcome, failure and what to do about it, and the calls: method, address, bodies, status, duration.',
  request: {
    params: releaseParams.extend({ taskId: idSchema }),
    query: listQuery.extend({ limit: z.coerce.number().int().min(1).max(20).default(10).meta({ description: 'Attempts per page' }) }),
  },
  responses: { 200: answer('A page of attempts', attemptPageSchema), ...readProblems },
});

export function registerReleaseAttemptRoutes(app: App, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => c.json(await listAttempts(deps, c.get('caller'), c.req.valid('param'), c.req.valid('query')), 200));
}
