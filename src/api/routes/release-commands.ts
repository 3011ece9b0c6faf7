import { createRoute, z } from '@hono/zod-openapi';
import { pauseRelease } from '../../services/releases/pause-release.ts';
import { resumeRelease } from '../../services/releases/resume-release.ts';
import { triggerRegression } from '../../services/releases/slots/trigger-regression.ts';
import { triggerDistribution } from '../../services/releases/trigger-distribution.ts';
import { triggerPreRelease } from '../../services/releases/trigger-pre-release.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, writeProblems } from '../schemas.ts';
import {
  holdSchema,
  optionalBody,
  optionalReason,
  reasonSchema,
  refuseOtherBodies,
  releaseParams,
  releasePath,
  releaseSchema,
  slotSchema,
} from './release-schemas.ts';

const resumedSchema = z
  .object({
    release: releaseSchema,
    lifted: z.boolean().meta({ description: 'Whether a person had paused it at all' }),
    stillHeldBy: z.array(holdSchema).meta({ description: 'Reasons that resuming does not lift' }),
  })
  .openapi('ResumedRelease');

const triggerRegressionSchema = z
  .strictObject({
    automation: z.boolean().optional().meta({ description: 'For a slot that is added; a planned one keeps its own' }),
    reason: reasonSchema.optional(),
  })
  .openapi('TriggerRegression');

const common = { tags: ['Releases'], security: bearer, method: 'post' as const };

const routes = (deps: ApiDeps) => {
  const guarded = { ...common, middleware: [refuseOtherBodies, idempotent(deps)] };
  const request = { params: releaseParams, headers: idempotencyHeader, ...optionalBody(optionalReason) };
  return {
    pause: createRoute({
      ...guarded,
      path: `${releasePath}/pause`,
      operationId: 'pauseRelease',
      summary: 'Pause a release',
      description: 'Nothing of it starts until it is resumed; what is under way outside goes on. Pausing twice is pausing once.',
      request,
      responses: { 200: answer('The release', releaseSchema), ...writeProblems },
    }),
    resume: createRoute({
      ...guarded,
      path: `${releasePath}/resume`,
      operationId: 'resumeRelease',
      summary: 'Resume a release',
      description: 'Lifts only what a person asked for. Failed tasks and other reasons stand until they are mended themselves.',
      request,
      responses: { 200: answer('The release and what still holds it', resumedSchema), ...writeProblems },
    }),
    regression: createRoute({
      ...guarded,
      path: `${releasePath}/trigger-regression`,
      operationId: 'triggerRegression',
      summary: 'Ask for a regression cycle now',
      description:
        'The next planned slot comes forward, or one is added. A cycle under way ends first. Asked twice, it is one wish. Regression is opened again where post-regression has not come to the final tag.',
      request: { params: releaseParams, headers: idempotencyHeader, ...optionalBody(triggerRegressionSchema) },
      responses: { 200: answer('The slot it is', slotSchema), ...writeProblems },
    }),
    preRelease: createRoute({
      ...guarded,
      path: `${releasePath}/trigger-pre-release`,
      operationId: 'triggerPreRelease',
      summary: 'Ask to leave regression',
      description:
        'Slots that are left are skipped once no cycle is active, and the gate comes next. When the gate waits for approval already, this approves it, which needs the permission gate:approve.',
      request,
      responses: { 200: answer('The release', releaseSchema), ...writeProblems },
    }),
    distribution: createRoute({
      ...guarded,
      path: `${releasePath}/trigger-distribution`,
      operationId: 'triggerDistribution',
      summary: 'Ask for distribution',
      description:
        'Only a release whose config names a store has a distribution stage. While the gate before the stores waits for approval, this approves it, which needs the permission gate:approve.',
      request,
      responses: { 200: answer('The release', releaseSchema), ...writeProblems },
    }),
  };
};

export function registerReleaseCommandRoutes(app: App, deps: ApiDeps): void {
  const { pause, resume, regression, preRelease, distribution } = routes(deps);
  app.openapi(pause, async (c) =>
    c.json(await pauseRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(resume, async (c) =>
    c.json(await resumeRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(regression, async (c) =>
    c.json(await triggerRegression(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(preRelease, async (c) =>
    c.json(await triggerPreRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(distribution, async (c) =>
    c.json(await triggerDistribution(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
}
