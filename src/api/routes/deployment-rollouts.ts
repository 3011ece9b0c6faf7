import { createRoute, z } from '@hono/zod-openapi';
import {
  servicePauseReasons,
  serviceRolloutPhases,
  serviceRolloutStatuses,
  serviceRolloutWishes,
} from '../../domain/deployment/rollout/rollout.ts';
import { sides } from '../../domain/deployment/vocabulary.ts';
import { taskStatuses } from '../../domain/run.ts';
import { listServiceRollouts } from '../../services/service-rollouts/list-service-rollouts.ts';
import { steerServiceRollout } from '../../services/service-rollouts/steer-service-rollout.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, instantSchema, jsonBody, readProblems, writeProblems } from '../schemas.ts';
import { analysisRunSchema } from './analysis-schema.ts';
import { deploymentParams, deploymentPath } from './deployment-view-schemas.ts';
import { reasonSchema } from './release-schemas.ts';

/** The way of each service of a deployment to its new version. */

const stepSchema = z.object({
  do: z.enum(['set-weight', 'pause', 'analysis', 'judge', 'set-header-route']),
  phase: z.enum(serviceRolloutPhases),
  percent: z.int().nullable(),
  forMs: z.int().nullable().meta({ description: 'Milliseconds; null of a pause: until a person advances it' }),
});

const rolloutSchema = z
  .object({
    id: idSchema,
    service: z.object({ id: idSchema, name: z.string() }),
    task: z.object({ id: idSchema, status: z.enum(taskStatuses) }).meta({ description: 'What carries it out' }),
    status: z.enum(serviceRolloutStatuses),
    pauseReason: z.enum(servicePauseReasons).nullable().meta({
      description:
        'step: a person takes the next step; manual: a person paused it, or its deployment; inconclusive: no evidence; window: none allows more. In a store also outside: halted in its console; window-halt: halted because a window closed; analysis: halted for what its analysis found',
    }),
    phase: z.enum(serviceRolloutPhases),
    step: z.int().meta({ description: 'Number of the step it is on, from 1; 0: none yet; more than there are: behind the last' }),
    steps: z.array(stepSchema),
    stepSince: instantSchema.nullable(),
    side: z.enum(sides).meta({ description: 'Where the new version runs' }),
    oldSide: z.enum(sides).nullable().meta({ description: 'Where the old one runs; null: there is none, or the new one takes its place' }),
    weight: z
      .number()
      .nullable()
      .meta({ description: 'Share of traffic, or of the users of a store, percent, as the router or store showed it last' }),
    healthyAt: instantSchema.nullable(),
    exposedAt: instantSchema.nullable().meta({ description: 'When requests reached the new version first' }),
    wanted: z.enum(serviceRolloutWishes).meta({ description: 'What people want; its task brings it there' }),
    advanceRequestedAt: instantSchema.nullable(),
    abortReason: z.string().nullable(),
    analyses: z.array(analysisRunSchema),
    observedAt: instantSchema.nullable().meta({ description: 'When drivers were last looked at' }),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .openapi('ServiceRollout');

const common = { tags: ['Deployments'], security: bearer };
const rolloutsPath = `${deploymentPath}/rollouts`;
const rolloutParams = deploymentParams.extend({ serviceId: idSchema });
const reasonBody = z.strictObject({ reason: reasonSchema }).openapi('ServiceRolloutReason');

const list = createRoute({
  ...common,
  method: 'get',
  path: rolloutsPath,
  operationId: 'listServiceRollouts',
  summary: 'How far each service of a deployment has come',
  request: { params: deploymentParams },
  responses: {
    200: answer('The rollouts', z.object({ items: z.array(rolloutSchema) }).openapi('ServiceRolloutList')),
    ...readProblems,
  },
});

const commandsOf = (deps: ApiDeps) => {
  const command = {
    ...{ ...common, method: 'post' as const, middleware: [idempotent(deps)] },
    request: { params: rolloutParams, headers: idempotencyHeader, ...jsonBody(reasonBody) },
    responses: { 200: answer('The rollout', rolloutSchema), ...writeProblems },
  };
  const rolloutPath = `${rolloutsPath}/{serviceId}`;
  return {
    pause: createRoute({
      ...command,
      path: `${rolloutPath}/pause`,
      operationId: 'pauseServiceRollout',
      summary: 'Pause a rollout: no more traffic for the new version',
      description: 'What it has it keeps, and analyses go on: one that fails still takes it back. Pausing twice is pausing once.',
    }),
    resume: createRoute({
      ...command,
      path: `${rolloutPath}/resume`,
      operationId: 'resumeServiceRollout',
      summary: 'Resume a rollout that a person paused',
    }),
    advance: createRoute({
      ...command,
      path: `${rolloutPath}/advance`,
      operationId: 'advanceServiceRollout',
      summary: 'Leave the present step now',
      description:
        'Also one that lacks evidence. What failed is not passed by it, and no window. Asked twice before it is taken, it is one wish.',
    }),
    promote: createRoute({
      ...command,
      path: `${rolloutPath}/promote`,
      operationId: 'promoteServiceRollout',
      summary: 'Give the new version all traffic now',
      description: 'Whatever steps are left before that. It must be ready and healthy, and a window must allow it.',
    }),
    abort: createRoute({
      ...command,
      path: `${rolloutPath}/abort`,
      operationId: 'abortServiceRollout',
      summary: 'Take all traffic from the new version',
      description: 'At once, whatever windows say; then its task fails, and the deployment is rolled back.',
    }),
  };
};

export function registerDeploymentRolloutRoutes(app: App, deps: ApiDeps): void {
  const { pause, resume, advance, promote, abort } = commandsOf(deps);
  app.openapi(list, async (c) => c.json(await listServiceRollouts(deps, c.get('caller'), c.req.valid('param').deploymentId), 200));
  app.openapi(pause, async (c) =>
    c.json(await steerServiceRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'pause', c.req.valid('json')), 200),
  );
  app.openapi(resume, async (c) =>
    c.json(await steerServiceRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'resume', c.req.valid('json')), 200),
  );
  app.openapi(advance, async (c) =>
    c.json(await steerServiceRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'advance', c.req.valid('json')), 200),
  );
  app.openapi(promote, async (c) =>
    c.json(await steerServiceRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'promote', c.req.valid('json')), 200),
  );
  app.openapi(abort, async (c) =>
    c.json(await steerServiceRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'abort', c.req.valid('json')), 200),
  );
}
