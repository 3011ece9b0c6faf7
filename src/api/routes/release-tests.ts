import { createRoute, z } from '@hono/zod-openapi';
import { testRunStates } from '../../domain/release/test-results.ts';
import { platforms } from '../../domain/release/vocabulary.ts';
import { lockTestRuns } from '../../services/releases/lock-test-run.ts';
import { readTestResults } from '../../services/releases/test-results.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, instantSchema, providerWriteProblems, readProblems } from '../schemas.ts';
import { optionalBody, optionalReason, refuseOtherBodies, releaseParams, releasePath } from './release-schemas.ts';

const countsSchema = z.object({
  total: z.int(),
  passed: z.int(),
  failed: z.int(),
  blocked: z.int(),
  skipped: z.int(),
  inProgress: z.int(),
  untested: z.int(),
});

const resultsSchema = z
  .object({
    cycle: z.int().nullable().meta({ description: 'The latest regression cycle' }),
    refreshing: z.boolean().meta({ description: 'The gate looks again now: ask again in a moment' }),
    items: z.array(
      z.object({
        platform: z.enum(platforms),
        testRun: z.object({ id: z.string(), url: z.string().nullable() }).nullable(),
        cycle: z.int().nullable().meta({ description: 'The cycle that was looked at; null: the gate has not looked yet' }),
        state: z.enum(testRunStates).nullable(),
        counts: countsSchema.nullable().meta({ description: 'By latest result; they add up to `total`. null: not read' }),
        thresholdPercent: z.int().nullable().meta({ description: 'Percentage of `total` that must have passed; what was skipped has not' }),
        met: z
          .union([z.boolean(), z.literal('unknown')])
          .nullable()
          .meta({ description: '`unknown` blocks like false. null: the gate has not looked at the results of the latest cycle' }),
        evidence: z.string().nullable(),
        checkedAt: instantSchema.nullable(),
      }),
    ),
  })
  .openapi('TestResults');

const lockedSchema = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        url: z.string(),
        state: z.object({ kind: z.enum(testRunStates) }),
      }),
    ),
  })
  .openapi('LockedTestRuns');

const common = { tags: ['Releases'], security: bearer };

const results = createRoute({
  ...common,
  method: 'get',
  path: `${releasePath}/test-results`,
  operationId: 'readTestResults',
  summary: 'How the tests of a release stand',
  description: 'As the regression gate last saw them; `refresh` makes it look again, which needs the permission task:retry.',
  request: {
    params: releaseParams,
    query: z.object({ refresh: z.enum(['true', 'false']).default('false').meta({ description: 'Whether the gate looks again' }) }),
  },
  responses: { 200: answer('The results, one entry per platform', resultsSchema), ...readProblems },
});

const lock = (deps: ApiDeps) =>
  createRoute({
    ...{ ...common, method: 'post' as const, middleware: [refuseOtherBodies, idempotent(deps)] },
    path: `${releasePath}/test-runs/{platform}/lock`,
    operationId: 'lockTestRuns',
    summary: 'Lock the test runs of a platform',
    description:
      'At the test management, so that their results stand; some have no way back. Signalbox asks for it once the release is tagged. A locked run stays as it is.',
    request: {
      params: releaseParams.extend({ platform: z.enum(platforms) }),
      headers: idempotencyHeader,
      ...optionalBody(optionalReason),
    },
    responses: { 200: answer('The runs as they are now', lockedSchema), ...providerWriteProblems },
  });

export function registerReleaseTestRoutes(app: App, deps: ApiDeps): void {
  app.openapi(results, async (c) => {
    const refresh = c.req.valid('query').refresh === 'true';
    return c.json(await readTestResults(deps, c.get('caller'), c.req.valid('param').releaseId, { refresh }), 200);
  });
  app.openapi(lock(deps), async (c) =>
    c.json(await lockTestRuns(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
