import { createRoute, z } from '@hono/zod-openapi';
import { compareConfig } from '../../services/releases/compare-config.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, readProblems } from '../schemas.ts';
import { releaseParams, releasePath } from './release-schemas.ts';

const writtenOut = z
  .looseObject({
    name: z.string(),
    ci: z.looseObject({}).nullable(),
    projectManagement: z.looseObject({}).nullable(),
    testManagement: z.looseObject({}).nullable(),
    communication: z.looseObject({}).nullable(),
    stores: z.record(z.string(), z.looseObject({})).meta({ description: 'By target' }),
  })
  .openapi('WrittenOutConfig', { description: 'A release config with the configs it names written out in place of their ids' });

const comparison = z
  .object({
    frozen: writtenOut.meta({ description: 'What the release goes by' }),
    current: writtenOut.meta({ description: 'What its release config says today' }),
    differences: z.array(
      z.object({
        path: z.string().meta({ description: 'JSON pointer into both', example: '/ci/workflows/0/workflowId' }),
        frozen: z.unknown(),
        current: z.unknown(),
      }),
    ),
    configActive: z.boolean().meta({ description: 'Whether the release config still starts releases' }),
  })
  .openapi('ReleaseConfigComparison');

const compareRoute = createRoute({
  tags: ['Releases'],
  security: bearer,
  method: 'get',
  path: `${releasePath}/config`,
  operationId: 'compareReleaseConfig',
  summary: 'The config of a release, and where that of today differs',
  description: 'A release keeps the config it was created with, and everything that it names: later changes touch later releases only.',
  request: { params: releaseParams },
  responses: { 200: answer('Both, and their differences', comparison), ...readProblems },
});

export function registerReleaseConfigComparisonRoutes(app: App, deps: ApiDeps): void {
  app.openapi(compareRoute, async (c) => c.json(await compareConfig(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
}
