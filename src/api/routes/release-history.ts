import { createRoute, z } from '@hono/zod-openapi';
import { listHistory } from '../../services/releases/list-history.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, listQuery, pageOf, readProblems } from '../schemas.ts';
import { personSchema, releaseParams, releasePath } from './release-schemas.ts';

export const historyEventSchema = z
  .object({
    id: idSchema,
    at: instantSchema,
    entityType: z.string().meta({ example: 'task' }),
    entityId: idSchema,
    action: z.string().meta({ example: 'UPDATE' }),
    by: personSchema.nullable().meta({ description: 'null: the engine' }),
    why: z.string().nullable(),
    items: z.array(
      z.object({
        entityId: z.string().nullable().meta({ description: "Set when the change moved another row than the event's own" }),
        field: z.string(),
        before: z.string().nullable(),
        after: z.string().nullable(),
      }),
    ),
  })
  .openapi('HistoryEvent');

const listRoute = createRoute({
  tags: ['Releases'],
  security: bearer,
  method: 'get',
  path: `${releasePath}/history`,
  operationId: 'listReleaseHistory',
  summary: 'Everything that happened to a release, newest first',
  description: 'Who, when, what and why. Append-only, and written together with the change it tells of.',
  request: { params: releaseParams, query: listQuery },
  responses: { 200: answer('A page of events', pageOf(historyEventSchema).openapi('HistoryPage')), ...readProblems },
});

export function registerReleaseHistoryRoutes(app: App, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listHistory(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
}
