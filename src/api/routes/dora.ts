import { createRoute, z } from '@hono/zod-openapi';
import { readDora } from '../../services/dora/read-dora.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, readProblems, tenantParams } from '../schemas.ts';

const durationFields = {
  count: z.int().meta({ description: 'How many the figures rest on' }),
  medianMs: z.number().nullable().meta({ description: 'Milliseconds; null: there were none' }),
  p90Ms: z.number().nullable().meta({ description: 'Milliseconds: nine of ten took no longer; null: there were none' }),
};

const doraSchema = z
  .object({
    from: instantSchema,
    to: instantSchema,
    environments: z.array(z.object({ id: idSchema, name: z.string() })).meta({ description: 'What was looked at' }),
    deployments: z.object({
      total: z.int().meta({ description: 'That brought something new and changed the environment: `stood` and `failed` together' }),
      stood: z.int().meta({ description: 'Succeeded, and nobody took them back' }),
      failed: z.int().meta({ description: 'Taken back, by themselves or by a person, or stuck half-way' }),
      rollbacks: z.int().meta({ description: 'That people asked for; not among `total`' }),
    }),
    deploymentFrequency: z.object({ perDay: z.number() }).nullable().meta({ description: 'null: there was none' }),
    leadTime: z
      .object({ ...durationFields, unknown: z.int().meta({ description: 'Versions whose commit has no known time' }) })
      .meta({ description: 'From the commit of a version to the end of the deployment that first brought it' }),
    changeFailRate: z.number().nullable().meta({ description: '`failed` of `total`, 0 to 1; null: there was none' }),
    recoveryTime: z
      .object({ ...durationFields, open: z.int().meta({ description: 'Failed, and nothing has replaced them yet' }) })
      .meta({ description: 'From the first service that a failed deployment touched until what works was there again' }),
    reworkRate: z.number().nullable().meta({
      description: 'Share of rollbacks that people asked for, and of fixes forward, among all deployments, 0 to 1; null: there was none',
    }),
  })
  .openapi('DoraFigures');

const read = createRoute({
  tags: ['Deployments'],
  security: bearer,
  method: 'get',
  path: '/api/v1/tenants/{tenantId}/dora',
  operationId: 'readDora',
  summary: 'How well software is delivered: the DORA measures of a period',
  description:
    'Told from deployments alone, by the definitions of dora.dev. What there is no evidence for is null, never 0. A deployment belongs to the period in which it ended; that it failed may become known later.',
  request: {
    params: tenantParams,
    query: z.object({
      appId: idSchema.optional(),
      environmentId: idSchema.optional().meta({ description: 'Absent: every environment of the tier production' }),
      from: instantSchema.optional().meta({ description: 'Absent: 30 days before `to`. At most 366 days before it' }),
      to: instantSchema.optional().meta({ description: 'Up to and without it. Absent: now' }),
    }),
  },
  responses: { 200: answer('The measures', doraSchema), ...readProblems },
});

export function registerDoraRoutes(app: App, deps: ApiDeps): void {
  app.openapi(read, async (c) => c.json(await readDora(deps, c.get('caller'), c.req.valid('query')), 200));
}
