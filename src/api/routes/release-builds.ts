import { createRoute, z } from '@hono/zod-openapi';
import { platforms, stageKeys } from '../../domain/release/vocabulary.ts';
import { taskStatuses } from '../../domain/run.ts';
import { adoptBuild } from '../../services/releases/builds/adopt-build.ts';
import { cancelBuild } from '../../services/releases/builds/cancel-build.ts';
import { linkArtifact } from '../../services/releases/builds/link-artifact.ts';
import { listBuilds } from '../../services/releases/builds/list-builds.ts';
import { openArtifact } from '../../services/releases/builds/open-artifact.ts';
import { rerunBuild } from '../../services/releases/builds/rerun-build.ts';
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
  nameSchema,
  pageOf,
  providerWriteProblems,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import { artifactContent, sendArtifact } from '../send-artifact.ts';
import {
  buildSchema,
  optionalBody,
  optionalReason,
  reasonSchema,
  refuseOtherBodies,
  releaseParams,
  releasePath,
} from './release-schemas.ts';

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

const adoptSchema = z
  .strictObject({
    platform: z.enum(platforms),
    taskId: idSchema.optional().meta({ description: 'The build task' }),
    cycle: z.int().min(1).optional().meta({ description: 'The regression cycle whose build task it is, instead of its id' }),
    ciRun: z
      .string()
      .trim()
      .min(1)
      .max(1024)
      .optional()
      .meta({ description: 'A run at the CI of the release, or the address of its page' }),
    uploadId: idSchema.optional(),
    storeBuildNumber: nameSchema.max(64).optional().meta({ description: 'A build of the version that the store has' }),
    commit: z
      .string()
      .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/i, 'must be the full hash of a commit')
      .optional()
      .meta({ description: 'What the upload or the build in the store was made from; the CI is asked itself' }),
    allowOtherCommit: z
      .boolean()
      .optional()
      .meta({ description: 'Takes a build of another commit; needs the permission task:complete and a reason' }),
    reason: reasonSchema.optional(),
  })
  .refine(({ taskId, cycle }) => (taskId === undefined) !== (cycle === undefined), {
    error: 'is needed, or cycle instead of it, not both',
    path: ['taskId'],
  })
  .refine(
    ({ ciRun, uploadId, storeBuildNumber }) => [ciRun, uploadId, storeBuildNumber].filter((each) => each !== undefined).length === 1,
    {
      error: 'is needed, or uploadId or storeBuildNumber instead of it, and only one',
      path: ['ciRun'],
    },
  )
  .refine(({ allowOtherCommit, reason }) => allowOtherCommit !== true || reason !== undefined, {
    error: 'is needed where another commit is allowed',
    path: ['reason'],
  })
  .openapi('AdoptBuild', { example: { platform: 'IOS', cycle: 1, ciRun: 'https://github.com/acme/app/actions/runs/30433642' } });

const adoptedSchema = z
  .object({ build: releaseBuildSchema, task: z.object({ id: idSchema, key: z.string(), status: z.enum(taskStatuses) }) })
  .openapi('AdoptedBuild');

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
    adopt: createRoute({
      ...{ ...common, method: 'post' as const, middleware: [idempotent(deps)] },
      path: `${buildsPath}/adopt`,
      operationId: 'adoptBuild',
      summary: 'Give a build task a build that was made elsewhere',
      description:
        'A run of the CI, an upload, or what the store has already. It takes the place of what the task had, is followed like its own, and a run that is not needed any more is cancelled. A build of another commit than the task asked for is refused (409) unless that is allowed with a reason. Adopting the same again changes nothing.',
      request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(adoptSchema) },
      responses: { 200: answer('The build and the task that follows it', adoptedSchema), ...providerWriteProblems },
    }),
    cancel: createRoute({
      ...guarded,
      path: `${buildPath}/cancel`,
      operationId: 'cancelBuild',
      summary: 'Ask the CI to stop the run of a build',
      description:
        'The build is CANCELLED once the CI says so, and at once where the CI has not named its run; then its task fails, which pauses the release. A build that has ended stays as it is.',
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
  const { adopt, cancel, link, rerun } = commands(deps);
  app.openapi(adopt, async (c) =>
    c.json(await adoptBuild(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
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
