import { createRoute, z } from '@hono/zod-openapi';
import { acknowledgeRollbackFailure } from '../../services/deployments/acknowledge-rollback-failure.ts';
import { approveDeployment } from '../../services/deployments/approve-deployment.ts';
import { cancelDeployment } from '../../services/deployments/cancel-deployment.ts';
import { interveneInDeploymentTask } from '../../services/deployments/intervene-in-deployment-task.ts';
import { pauseDeployment, resumeDeployment } from '../../services/deployments/pause-deployment.ts';
import { rollBackDeployment } from '../../services/deployments/roll-back-deployment.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, jsonBody, writeProblems } from '../schemas.ts';
import { deploymentParams, deploymentPath, deploymentSchema } from './deployment-view-schemas.ts';
import { shown } from './deployments.ts';
import { optionalBody, optionalReason, reasonSchema, refuseOtherBodies } from './release-schemas.ts';

const DAY_MS = 86_400_000;

const withReason = z.strictObject({ reason: reasonSchema }).openapi('RequiredReason');
const cancelSchema = z
  .strictObject({
    reason: reasonSchema,
    withinMs: z
      .int()
      .min(1_000)
      .max(7 * DAY_MS)
      .optional()
      .meta({ description: 'Until it has to be over, lest a person hear of it. Absent: half an hour' }),
  })
  .openapi('CancelDeployment');
const commentSchema = z.strictObject({ comment: z.string().trim().min(1).max(1000).optional() }).openapi('OptionalComment');
const taskParams = deploymentParams.extend({ taskId: idSchema });
const common = { tags: ['Deployments'], security: bearer, method: 'post' as const };

const routes = (deps: ApiDeps) => {
  const guarded = { ...common, middleware: [refuseOtherBodies, idempotent(deps)] };
  const responses = { 200: answer('The deployment', deploymentSchema), ...writeProblems };
  const base = { params: deploymentParams, headers: idempotencyHeader };
  return {
    pause: createRoute({
      ...guarded,
      path: `${deploymentPath}/pause`,
      operationId: 'pauseDeployment',
      summary: 'Pause a deployment',
      description: 'Nothing of it starts and no exposure grows until it is resumed. A rollback is not paused.',
      request: { ...base, ...optionalBody(optionalReason) },
      responses,
    }),
    resume: createRoute({
      ...guarded,
      path: `${deploymentPath}/resume`,
      operationId: 'resumeDeployment',
      summary: 'Resume a deployment',
      description: 'Lifts only what a person asked for.',
      request: { ...base, ...optionalBody(optionalReason) },
      responses,
    }),
    cancel: createRoute({
      ...guarded,
      path: `${deploymentPath}/cancel`,
      operationId: 'cancelDeployment',
      summary: 'Cancel a deployment',
      description: 'What is under way is stopped and what was changed is taken back. Nothing changed: it is CANCELLED.',
      request: { ...base, ...jsonBody(cancelSchema) },
      responses,
    }),
    rollback: createRoute({
      ...guarded,
      path: `${deploymentPath}/rollback`,
      operationId: 'rollBackDeployment',
      summary: 'Roll a deployment back',
      description:
        'A new deployment to the newest healthy snapshot before it. One that is under way is cancelled instead. No window, freeze or approval stands in the way.',
      request: { ...base, ...jsonBody(withReason) },
      responses: { 201: answer('The deployment that takes it back', deploymentSchema), ...writeProblems },
    }),
    acknowledge: createRoute({
      ...guarded,
      path: `${deploymentPath}/acknowledge`,
      operationId: 'acknowledgeRollbackFailure',
      summary: 'Say that a failed rollback was seen to',
      description: 'Its services are free for the next deployment.',
      request: { ...base, ...jsonBody(withReason) },
      responses,
    }),
    approve: createRoute({
      ...guarded,
      path: `${deploymentPath}/approve`,
      operationId: 'approveDeployment',
      summary: 'Approve a deployment',
      description: 'Bound to its plan. One word per account; a later one replaces it.',
      request: { ...base, ...optionalBody(commentSchema) },
      responses: { 201: answer('The deployment', deploymentSchema), ...writeProblems },
    }),
    reject: createRoute({
      ...guarded,
      path: `${deploymentPath}/reject`,
      operationId: 'rejectDeployment',
      summary: 'Reject a deployment',
      description: 'It stays where it is until whoever rejected it approves it, or somebody cancels it.',
      request: { ...base, ...optionalBody(commentSchema) },
      responses: { 201: answer('The deployment', deploymentSchema), ...writeProblems },
    }),
    retry: createRoute({
      ...guarded,
      path: `${deploymentPath}/tasks/{taskId}/retry`,
      operationId: 'retryDeploymentTask',
      summary: 'Try a task of a deployment again',
      description: 'Of those whose failure the pipeline leaves to a person.',
      request: { params: taskParams, headers: idempotencyHeader, ...optionalBody(optionalReason) },
      responses,
    }),
    skip: createRoute({
      ...guarded,
      path: `${deploymentPath}/tasks/{taskId}/skip`,
      operationId: 'skipDeploymentTask',
      summary: 'Go on without a task of a deployment',
      description: 'Tests and bakes only.',
      request: { params: taskParams, headers: idempotencyHeader, ...jsonBody(withReason) },
      responses,
    }),
  };
};

export function registerDeploymentCommandRoutes(app: App, deps: ApiDeps): void {
  const { pause, resume, cancel, rollback, acknowledge, approve, reject, retry, skip } = routes(deps);
  app.openapi(pause, async (c) =>
    c.json(
      shown(await pauseDeployment(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('json'))),
      200,
    ),
  );
  app.openapi(resume, async (c) =>
    c.json(
      shown(await resumeDeployment(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('json'))),
      200,
    ),
  );
  app.openapi(cancel, async (c) =>
    c.json(
      shown(await cancelDeployment(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('json'))),
      200,
    ),
  );
  app.openapi(rollback, async (c) =>
    c.json(
      shown(await rollBackDeployment(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('json'))),
      201,
    ),
  );
  app.openapi(acknowledge, async (c) =>
    c.json(
      shown(
        await acknowledgeRollbackFailure(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('json')),
      ),
      200,
    ),
  );
  app.openapi(approve, async (c) => {
    const input = { ...c.req.valid('json'), decision: 'APPROVED' as const };
    return c.json(shown(await approveDeployment(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, input)), 201);
  });
  app.openapi(reject, async (c) => {
    const input = { ...c.req.valid('json'), decision: 'REJECTED' as const };
    return c.json(shown(await approveDeployment(servicesFor(c, deps), c.get('caller'), c.req.valid('param').deploymentId, input)), 201);
  });
  app.openapi(retry, async (c) => {
    const { reason } = c.req.valid('json');
    const intervention = { do: 'retry', why: reason ?? null } as const;
    return c.json(shown(await interveneInDeploymentTask(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), intervention)), 200);
  });
  app.openapi(skip, async (c) => {
    const intervention = { do: 'skip', why: c.req.valid('json').reason } as const;
    return c.json(shown(await interveneInDeploymentTask(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), intervention)), 200);
  });
}
