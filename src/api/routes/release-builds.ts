import { createRoute, z } from '@hono/zod-openapi';
import { platforms, stageKeys } from '../../domain/release/vocabulary.ts';
import { taskStatuses } from '../../domain/run.ts';
import { cancelBuild } from '../../services/releases/cancel-build.ts';
import { linkArtifact } from '../../services/releases/link-artifact.ts';
import { listBuilds } from '../../services/releases/list-builds.ts';
import { openArtifact } from '../../services/releases/open-artifact.ts';
import { rerunBuild } from '../../services/releases/rerun-build.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  listQuery,
  pageOf,
  providerWriteProblems,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import { artifactContent, sendArtifact } from '../send-artifact.ts';
import { buildSchema, optionalBody, optionalReason, refuseOtherBodies, releaseParams, releasePath } from './release-schemas.ts';

const buildsPath = `${releasePath}/builds`;
const buildPath = `${buildsPath}/{buildId}`;
const buildParams = releaseParams.extend({ buildId: idSchema });

export const releaseBuildSchema = buildSchema.extend({ stage: z.enum(stageKeys), cycle: z.int().nullable() }).openapi('ReleaseBuild');

const rerunSchema = z
  .object({
    build: releaseBuildSchema,
    task: z
      .object({ id: idSchema, key: z.string(), status: z.enum(taskStatuses) })
      .meta({ description: 'What follows the build; retried unless other builds of it are failed' }),
    alsoFailed: z
      .array(z.object({ id: idSchema, platform: z.enum(platforms) }))
      .meta({ description: 'Other failed builds of the task: it goes on once they are run again, too' }),
  })
  .openapi('RerunBuild');

const newLinkSchema = z
  .strictObject({ expiresInMinutes: z.int().min(1).max(1440).meta({ description: 'At most a day', example: 60 }) })
  .openapi('NewArtifactLink');
const linkSchema = z
  .object({ url: z.string().meta({ example: 'https://signalbox.example.com/artifacts/v1.…' }), expiresAt: instantSchema })
  .openapi('ArtifactLink');

const common = { tags: ['Releases'], security: bearer };

const listRoute = createRoute({
  ...common,
  method: 'get',
  path: buildsPath,
  operationId: 'listReleaseBuilds',
  summary: 'The builds of a release, newest first',
  request: {
    params: releaseParams,
    query: listQuery.extend({ platform: z.enum(platforms).optional(), stage: z.enum(stageKeys).optional() }),
  },
  responses: { 200: answer('A page of builds', pageOf(releaseBuildSchema).openapi('ReleaseBuildPage')), ...readProblems },
});

const artifactRoute = createRoute({
  ...common,
  method: 'get',
  path: `${buildPath}/artifact`,
  operationId: 'downloadArtifact',
  summary: 'The artifact of a build, as it was kept',
  description: 'One range of bytes may be asked for: `Range: bytes=1000-`.',
  request: { params: buildParams },
  responses: { ...artifactContent, ...readProblems },
});

const commands = (deps: ApiDeps) => {
  const guarded = {
    ...{ ...common, method: 'post' as const, middleware: [refuseOtherBodies, idempotent(deps)] },
    request: { params: buildParams, headers: idempotencyHeader, ...optionalBody(optionalReason) },
  };
  return {
    cancel: createRoute({
      ...guarded,
      path: `${buildPath}/cancel`,
      operationId: 'cancelBuild',
      summary: 'Ask the CI to stop the run of a build',
      description:
        'The build is CANCELLED once the CI says so; then its task fails, which pauses the release. A build that has ended stays as it is.',
      responses: { 200: answer('The build', releaseBuildSchema), ...providerWriteProblems },
    }),
    link: createRoute({
      ...{ ...common, method: 'post' as const, middleware: [idempotent(deps)] },
      path: `${buildPath}/artifact-link`,
      operationId: 'linkArtifact',
      summary: 'An address at which anybody may download the artifact for a while',
      description:
        'For testers and reviewers without an account. It ends by itself, and with the artifact; who has it may pass it on, so that it is written into the history.',
      request: { params: buildParams, headers: idempotencyHeader, ...jsonBody(newLinkSchema) },
      responses: { 201: answer('The address', linkSchema), ...writeProblems },
    }),
    rerun: createRoute({
      ...guarded,
      path: `${buildPath}/rerun`,
      operationId: 'rerunBuild',
      summary: 'Run what failed of a build again',
      description:
        'At the CI, as the same build: no other build is planned. The task that failed for it goes on once none of its builds is failed. A build under way stays as it is.',
      responses: { 200: answer('The build and the task that follows it', rerunSchema), ...providerWriteProblems },
    }),
  };
};

export function registerReleaseBuildRoutes(app: App, deps: ApiDeps): void {
  const { cancel, link, rerun } = commands(deps);
  app.openapi(artifactRoute, async (c) => {
    const { releaseId, buildId } = c.req.valid('param');
    return sendArtifact(c, await openArtifact(deps, c.get('caller'), releaseId, buildId));
  });
  app.openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listBuilds(deps, c.get('caller'), c.req.valid('param').releaseId, filter, { limit, cursor }), 200);
  });
  app.openapi(link, async (c) => {
    const { expiresInMinutes } = c.req.valid('json');
    return c.json(await linkArtifact(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), expiresInMinutes), 201);
  });
  app.openapi(cancel, async (c) =>
    c.json(await cancelBuild(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
  app.openapi(rerun, async (c) =>
    c.json(await rerunBuild(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
