import { createRoute, z } from '@hono/zod-openapi';
import { cleanUpKinds, cleanUpStates } from '../../domain/release/clean-up.ts';
import { listCleanUps } from '../../services/clean-ups/list-clean-ups.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, readProblems } from '../schemas.ts';
import { personSchema, releaseParams, releasePath } from './release-schemas.ts';

export const cleanUpSchema = z
  .object({
    id: idSchema,
    kind: z.enum(cleanUpKinds),
    subject: z.string().meta({ description: 'Of its kind: a name, a key, or an id', example: 'release/1.4.0' }),
    state: z.enum(cleanUpStates),
    outcome: z.string().nullable(),
    failure: z.object({ kind: z.string(), message: z.string(), remedy: z.string() }).nullable(),
    failures: z.int(),
    nextTryAt: instantSchema.nullable(),
    requestedBy: personSchema,
    reason: z.string().nullable(),
    createdAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .openapi('CleanUp');

const listRoute = createRoute({
  tags: ['Releases'],
  security: bearer,
  method: 'get',
  path: `${releasePath}/clean-up`,
  operationId: 'listCleanUps',
  summary: 'What is cleaned up outside for a release that is called off',
  description: 'In the order in which it was wanted. KEPT: a rule says it stays. FAILED: archive the release again once that is mended.',
  request: { params: releaseParams },
  responses: {
    200: answer('Each with what came of it', z.object({ items: z.array(cleanUpSchema) }).openapi('CleanUpList')),
    ...readProblems,
  },
});

export function registerReleaseCleanUpRoutes(app: App, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => c.json(await listCleanUps(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
}
