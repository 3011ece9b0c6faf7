import { createRoute, z } from '@hono/zod-openapi';
import { platforms, storeTargets } from '../../domain/release/vocabulary.ts';
import { rolloutPauseReasons, rolloutStatuses, rolloutWishes } from '../../domain/rollout/rollout.ts';
import { taskStatuses } from '../../domain/run.ts';
import { listRollouts } from '../../services/rollouts/list-rollouts.ts';
import { steerRollout } from '../../services/rollouts/steer-rollout.ts';
import { listSubmissions } from '../../services/submissions/list-submissions.ts';
import { submissionStatuses } from '../../services/submissions/submission-view.ts';
import { withdrawSubmission } from '../../services/submissions/withdraw-submission.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  providerWriteProblems,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import { analysisRunSchema } from './analysis-schema.ts';
import { optionalBody, optionalReason, reasonSchema, refuseOtherBodies, releaseParams, releasePath } from './release-schemas.ts';
import { rolloutPlanSchema } from './rollout-plan-schema.ts';

/** The way of a release into its stores, and to its users. */

const taskSchema = z
  .object({ id: idSchema, status: z.enum(taskStatuses) })
  .meta({ description: 'What carries it out; one that failed must be retried before anything happens' });

const submissionSchema = z
  .object({
    id: idSchema,
    platform: z.enum(platforms),
    target: z.enum(storeTargets),
    version: z.string().meta({ example: '1.4.0' }),
    ordinal: z.int().meta({ description: 'Grows with each submission of the target' }),
    buildNumber: z.string(),
    status: z.enum(submissionStatuses),
    providerState: z.string().nullable().meta({ description: "The store's own word for the state" }),
    reason: z.string().nullable().meta({ description: 'Why it was rejected, in the words of the store' }),
    url: z.string().nullable().meta({ description: "Its page in the store's console" }),
    notes: z.record(z.string(), z.string()).meta({ description: 'Locale → what the store was given' }),
    task: taskSchema,
    createdAt: instantSchema,
    submittedAt: instantSchema.nullable(),
    decidedAt: instantSchema.nullable(),
  })
  .openapi('StoreSubmission');

const rolloutSchema = z
  .object({
    id: idSchema,
    platform: z.enum(platforms),
    target: z.enum(storeTargets),
    version: z.string().meta({ example: '1.4.0' }),
    task: taskSchema,
    plan: rolloutPlanSchema,
    status: z.enum(rolloutStatuses),
    pauseReason: z.enum(rolloutPauseReasons).nullable().meta({
      description:
        "step: a person advances it; manual: a person halted it; outside: it was halted in the store's console; window: it reaches nobody more while a window forbids it; window-halt: it was halted when a window closed; inconclusive: its analysis has no evidence; analysis: it was halted for what its analysis found",
    }),
    step: z.int().meta({ description: 'Number of the step it is on, from 1; 0: before the first' }),
    stepReachedAt: instantSchema.nullable(),
    nextStepAt: instantSchema.nullable().meta({ description: 'When the next step is due; null: not by itself' }),
    fraction: z.number().meta({ description: 'Share of the users, 0 to 1, as the store showed it last' }),
    wanted: z.enum(rolloutWishes).meta({ description: 'What people want; its task brings the store there' }),
    advanceRequestedAt: instantSchema.nullable(),
    analyses: z.array(analysisRunSchema).meta({ description: 'What was measured before the next share, oldest first' }),
    observedAt: instantSchema.nullable().meta({ description: 'When the store was last looked at' }),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .openapi('Rollout');

const neededReason = z.strictObject({ reason: reasonSchema }).openapi('NeededReason');

const common = { tags: ['Stores'], security: bearer };
const rolloutPath = `${releasePath}/rollouts/{rolloutId}`;
const rolloutParams = releaseParams.extend({ rolloutId: idSchema });
const submissionParams = releaseParams.extend({ submissionId: idSchema });

const reads = {
  submissions: createRoute({
    ...common,
    method: 'get',
    path: `${releasePath}/submissions`,
    operationId: 'listSubmissions',
    summary: 'What was handed to the stores for review, newest first',
    description: 'A rejected submission stays; the next one of its target is another.',
    request: { params: releaseParams },
    responses: {
      200: answer('The submissions', z.object({ items: z.array(submissionSchema) }).openapi('SubmissionList')),
      ...readProblems,
    },
  }),
  rollouts: createRoute({
    ...common,
    method: 'get',
    path: `${releasePath}/rollouts`,
    operationId: 'listRollouts',
    summary: 'How far each target has come to its users',
    request: { params: releaseParams },
    responses: { 200: answer('The rollouts', z.object({ items: z.array(rolloutSchema) }).openapi('RolloutList')), ...readProblems },
  }),
};

const commands = (deps: ApiDeps) => {
  const needed = {
    ...{ ...common, method: 'post' as const, middleware: [idempotent(deps)] },
    request: { params: rolloutParams, headers: idempotencyHeader, ...jsonBody(neededReason) },
    responses: { 200: answer('The rollout', rolloutSchema), ...writeProblems },
  };
  const optional = {
    ...{ ...common, method: 'post' as const, middleware: [refuseOtherBodies, idempotent(deps)] },
    request: { params: rolloutParams, headers: idempotencyHeader, ...optionalBody(optionalReason) },
    responses: { 200: answer('The rollout', rolloutSchema), ...writeProblems },
  };
  /** What its task does no more, the request does itself. */
  const asksStore = { responses: { 200: answer('The rollout', rolloutSchema), ...providerWriteProblems } };
  return {
    halt: createRoute({
      ...needed,
      ...asksStore,
      path: `${rolloutPath}/halt`,
      operationId: 'haltRollout',
      summary: 'Halt a rollout: nobody new gets the version',
      description:
        'Its task does so at once, and nothing raises the share before somebody resumes it. Halting twice is halting once. What everybody has is halted where the store can (see haltsLive of its provider), after the release is COMPLETED, too.',
    }),
    resume: createRoute({
      ...optional,
      ...asksStore,
      path: `${rolloutPath}/resume`,
      operationId: 'resumeRollout',
      summary: 'Resume a halted rollout',
      description: "One that was halted in the store's console, too. One that its analysis halted needs a reason, and is measured anew.",
    }),
    advance: createRoute({
      ...optional,
      path: `${rolloutPath}/advance`,
      operationId: 'advanceRollout',
      summary: 'Take the next step of a staged rollout now',
      description: 'Also where there is no evidence for it. Asked twice before the step is taken, it is one wish.',
    }),
    complete: createRoute({
      ...needed,
      path: `${rolloutPath}/complete`,
      operationId: 'completeRollout',
      summary: 'Bring the version to everybody now',
      description: 'Whatever steps are left. One that is halted must be resumed first.',
    }),
    withdraw: createRoute({
      ...{ ...common, method: 'post' as const, middleware: [idempotent(deps)] },
      path: `${releasePath}/submissions/{submissionId}/withdraw`,
      operationId: 'withdrawSubmission',
      summary: 'Take a version back from review',
      description:
        'Where the store lets it. The submission is WITHDRAWN once its task has seen that; then the task fails, which pauses the release. Retrying the task submits anew.',
      request: { params: submissionParams, headers: idempotencyHeader, ...jsonBody(neededReason) },
      responses: { 200: answer('The submission', submissionSchema), ...providerWriteProblems },
    }),
  };
};

export function registerReleaseStoreRoutes(app: App, deps: ApiDeps): void {
  const { halt, resume, advance, complete, withdraw } = commands(deps);
  app.openapi(reads.submissions, async (c) => c.json(await listSubmissions(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(reads.rollouts, async (c) => c.json(await listRollouts(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(halt, async (c) =>
    c.json(await steerRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'halt', c.req.valid('json')), 200),
  );
  app.openapi(resume, async (c) =>
    c.json(await steerRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'resume', c.req.valid('json')), 200),
  );
  app.openapi(advance, async (c) =>
    c.json(await steerRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'advance', c.req.valid('json')), 200),
  );
  app.openapi(complete, async (c) =>
    c.json(await steerRollout(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), 'complete', c.req.valid('json')), 200),
  );
  app.openapi(withdraw, async (c) =>
    c.json(await withdrawSubmission(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
