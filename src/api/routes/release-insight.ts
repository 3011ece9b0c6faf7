import { createRoute, z } from '@hono/zod-openapi';
import { roles } from '../../domain/access/permissions.ts';
import { releaseGates } from '../../domain/release/gate-rules.ts';
import { releaseStatuses } from '../../domain/release/vocabulary.ts';
import { deadlineActions } from '../../domain/run.ts';
import { whyRelease } from '../../services/releases/why/why.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, readProblems } from '../schemas.ts';
import { releaseParams, releasePath } from './release-schemas.ts';

const brokenSchema = z.object({
  category: z.string(),
  id: idSchema,
  displayName: z.string(),
  verificationStatus: z.string(),
  error: z.string().nullable(),
  since: instantSchema.nullable().meta({ description: 'Since when it has not worked; null while it counts as working' }),
  roles: z.array(z.string()).meta({ description: 'Roles that may mend it' }),
  people: z.array(z.string()).meta({ description: 'The first few people with such a role' }),
  request: z.string().meta({ description: 'The request that mends it' }),
});

const whySchema = z
  .object({
    releaseId: idSchema,
    displayId: z.string(),
    status: z.enum(releaseStatuses),
    at: instantSchema,
    summary: z.string().meta({ description: 'What matters most', example: '"Approve the candidate" waits for approval (1 of 2 given).' }),
    items: z
      .array(
        z.object({
          kind: z.enum(['hold', 'task', 'slot', 'planning']),
          id: z.string().nullable(),
          what: z.string().meta({ example: 'APPROVE_REGRESSION' }),
          on: z.enum(['person', 'provider', 'worker', 'time']).meta({ description: 'On whom it waits' }),
          owner: z.object({
            kind: z
              .enum(['person', 'role', 'provider', 'worker', 'time'])
              .meta({ description: '`person` where somebody is known by name, `role` where anybody with one of the roles may act' }),
            roles: z.array(z.enum(roles)).meta({ description: 'Who may act' }),
            people: z.array(z.string()).meta({ description: 'The first few of them, the pilot before all' }),
            provider: z.string().nullable().meta({ description: 'Whose provider is waited for' }),
          }),
          since: instantSchema.nullable(),
          nextAction: z.string().nullable().meta({ description: 'What happens next by itself; null = nothing, somebody must act' }),
          nextAt: instantSchema.nullable(),
          deadlineAt: instantSchema.nullable(),
          onDeadline: z.enum(deadlineActions).nullable(),
          remedy: z.string().nullable().meta({ description: 'What a person can do' }),
          connection: brokenSchema.nullable().meta({ description: 'The integration at fault, where one is' }),
          sentence: z.string(),
        }),
      )
      .meta({ description: 'What a person must do first, what time brings last' }),
    overrides: z
      .array(z.object({ gate: z.enum(releaseGates), by: z.string().nullable(), at: instantSchema, reason: z.string().nullable() }))
      .meta({ description: 'Gates that were passed against their requirements, oldest first' }),
  })
  .openapi('Why');

const common = { tags: ['Releases'], security: bearer, method: 'get' as const };

const whyRoute = createRoute({
  ...common,
  path: `${releasePath}/why`,
  operationId: 'whyRelease',
  summary: 'What a release waits for',
  description: 'What, on whom, since when, and what happens next by itself and when.',
  request: { params: releaseParams },
  responses: { 200: answer('What it waits for', whySchema), ...readProblems },
});

export function registerReleaseInsightRoutes(app: App, deps: ApiDeps): void {
  app.openapi(whyRoute, async (c) => c.json(await whyRelease(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
}
