import { createRoute, z } from '@hono/zod-openapi';
import { releaseTypes } from '../../domain/release/vocabulary.ts';
import { nextVersions } from '../../services/releases/next-versions.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, readProblems, tenantParams } from '../schemas.ts';
import { instantInput, platformTargetSchema } from './release-schemas.ts';

const nextVersionSchema = platformTargetSchema
  .extend({
    version: z.string().nullable().meta({ description: 'null: a person must say', example: '1.5.0' }),
    after: z.string().nullable().meta({ description: 'What it follows; of a hotfix the highest of the line it fixes', example: '1.4.3' }),
    why: z.string().meta({ example: 'It is what a MINOR release makes of 1.4.3.' }),
  })
  .openapi('NextVersion');

const route = createRoute({
  tags: ['Release configs'],
  security: bearer,
  method: 'get',
  path: '/api/v1/tenants/{tenantId}/release-configs/{releaseConfigId}/next-versions',
  operationId: 'listNextVersions',
  summary: 'The versions a release made now would have',
  description: "By the config's version scheme, for each of its platform targets. A release created without versions takes them.",
  request: {
    params: tenantParams.extend({ releaseConfigId: idSchema }),
    query: z.object({
      type: z.enum(releaseTypes),
      baseReleaseId: idSchema.optional().meta({ description: 'The release that a hotfix fixes' }),
      date: instantInput.optional().meta({ description: 'When the release is planned to be out, for calendar versions; absent: now' }),
    }),
  },
  responses: {
    200: answer('One entry per platform target', z.object({ items: z.array(nextVersionSchema) }).openapi('NextVersions')),
    ...readProblems,
  },
});

export function registerNextVersionRoutes(app: App, deps: ApiDeps): void {
  app.openapi(route, async (c) =>
    c.json(await nextVersions(deps, c.get('caller'), c.req.valid('param').releaseConfigId, c.req.valid('query')), 200),
  );
}
