import { createRoute, z } from '@hono/zod-openapi';
import { platforms, releasePhases, releaseStatuses, releaseTypes } from '../../domain/release/vocabulary.ts';
import { archiveRelease } from '../../services/releases/archive-release.ts';
import { createRelease } from '../../services/releases/create-release.ts';
import { createReleaseReader } from '../../services/releases/get-release.ts';
import { createReleaseLister } from '../../services/releases/list-releases.ts';
import { updateRelease } from '../../services/releases/update-release.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  jsonBody,
  listQuery,
  nameSchema,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { leftBehindSchema } from './outside-schemas.ts';
import { cleanUpSchema } from './release-clean-ups.ts';
import { hotfixWishes } from './release-policies.ts';
import {
  instantInput,
  instantInputOrNull,
  optionalBody,
  platformTargetSchema,
  reasonSchema,
  refuseOtherBodies,
  releaseParams,
  releasePath,
  releaseSchema,
  releaseSummarySchema,
  releasesPath,
} from './release-schemas.ts';

const refSchema = z.string().trim().min(1).max(200);
const descriptionSchema = z.string().max(10_000);

const versionSchema = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: "Absent: what the release config's scheme suggests (see its next-versions)", example: '1.4.0' });

const newReleaseSchema = z
  .strictObject({
    releaseConfigId: idSchema
      .optional()
      .meta({ description: 'Copied into the release: later edits of the config do not change it. Absent: the default for the type' }),
    type: z.enum(releaseTypes),
    platformTargets: z
      .array(platformTargetSchema.extend({ version: versionSchema.optional() }).strict())
      .min(1)
      .max(9)
      .meta({ example: [{ platform: 'WEB', target: 'WEB', version: '1.4.0' }] }),
    baseBranch: refSchema.optional().meta({ description: "Absent: the config's", example: 'main' }),
    branch: refSchema.optional().meta({ description: "Absent: by the config's pattern" }),
    baseReleaseId: idSchema.optional().meta({ description: 'The release that a hotfix fixes' }),
    ...hotfixWishes,
    baseTag: refSchema
      .optional()
      .meta({ description: 'Where the notes begin when the release before this one was not made by Signalbox', example: 'v1.3.0' }),
    kickOffReminderDate: instantInputOrNull.optional().meta({ description: "Absent: by the config's schedule; null: none" }),
    kickOffDate: instantInput.optional().meta({ description: "Absent: the next by the config's schedule" }),
    targetReleaseDate: instantInput.optional().meta({ description: "Absent: by the config's schedule" }),
    regressionSlots: z
      .array(z.strictObject({ date: instantInput, automation: z.boolean().optional() }))
      .max(100)
      .optional()
      .meta({ description: "When regression cycles are planned; at least one, unless it is a hotfix. Absent: by the config's schedule" }),
    description: descriptionSchema.optional(),
    pilotAccountId: idSchema.optional().meta({ description: 'Who drives it' }),
  })
  .openapi('NewRelease');

const releaseChangeSchema = z
  .strictObject({
    description: descriptionSchema.nullable().optional(),
    pilotAccountId: idSchema.nullable().optional(),
    kickOffReminderDate: instantInputOrNull.optional().meta({ description: 'Only before the kickoff; null removes the reminder' }),
    kickOffDate: instantInput.optional(),
    targetReleaseDate: instantInput.optional(),
    delayReason: reasonSchema.optional().meta({ description: 'Required when the target moves later; each delay is kept' }),
    skipSlots: z
      .boolean()
      .optional()
      .meta({ description: 'Skips the planned regression slots that a target moved earlier leaves behind; else they refuse the move' }),
    baseBranch: refSchema.optional().meta({ description: 'Only before the kickoff' }),
    baseReleaseId: idSchema.nullable().optional().meta({ description: 'Only before the kickoff, and not of a hotfix' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .openapi('ReleaseChange');

const filterQuery = listQuery.extend({
  status: z.enum(releaseStatuses).optional(),
  phase: z.enum(releasePhases).optional().meta({
    description:
      'upcoming: before the kickoff, waiting for its turn included; ongoing: past it; hotfix: a hotfix that has not ended; ended. Each release is in one',
  }),
  type: z.enum(releaseTypes).optional(),
  platform: z.enum(platforms).optional(),
  text: z.string().min(1).max(200).optional().meta({ description: 'Part of a branch name or of a version' }),
});

const archivedSchema = z
  .object({
    release: releaseSchema,
    leftBehind: leftBehindSchema,
    cleanUps: z.array(cleanUpSchema).meta({ description: 'What is done about it; runs at the CI are always cancelled' }),
  })
  .openapi('ArchivedRelease');

const archiveSchema = z
  .strictObject({
    reason: reasonSchema.optional(),
    stores: z
      .enum(['withdraw-and-halt'])
      .optional()
      .meta({ description: 'Withdraws from review and halts rollouts first; the release is paused until that is done, and archived then' }),
    cleanUp: z
      .strictObject({
        branch: z
          .enum(['delete', 'force'])
          .optional()
          .meta({ description: '`force`: also with commits that the base branch does not have' }),
        tags: z.boolean().optional(),
        tickets: z
          .strictObject({
            moveTo: nameSchema.max(255).optional().meta({ description: 'The status they are brought to', example: 'Cancelled' }),
          })
          .optional()
          .meta({ description: 'A comment in each says that the release was called off' }),
        testRuns: z.boolean().optional().meta({ description: 'Locked, where the test management has locks' }),
        artifacts: z.boolean().optional(),
      })
      .optional()
      .meta({ description: 'What is deleted or closed after the release was archived' }),
  })
  .openapi('ArchiveRelease');

type ArchiveBody = z.output<typeof archiveSchema>;

const archiveInput = ({ reason, stores, cleanUp = {} }: ArchiveBody) => ({
  ...{ reason, stores },
  cleanUp: {
    branch: cleanUp.branch ?? null,
    tags: cleanUp.tags ?? false,
    tickets: cleanUp.tickets === undefined ? null : { moveTo: cleanUp.tickets.moveTo ?? null },
    testRuns: cleanUp.testRuns ?? false,
    artifacts: cleanUp.artifacts ?? false,
  },
});

const common = { tags: ['Releases'], security: bearer };

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: releasesPath,
    operationId: 'createRelease',
    summary: 'Create a release',
    description: 'Copies the release config, plans the kickoff, and starts by itself at the kickoff date. Every problem is told at once.',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newReleaseSchema) },
    responses: { 201: answer('The release', releaseSchema), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: releasesPath,
    operationId: 'listReleases',
    summary: 'Releases, newest first',
    request: { params: tenantParams, query: filterQuery },
    responses: { 200: answer('A page of releases', pageOf(releaseSummarySchema).openapi('ReleasePage')), ...readProblems },
  }),
  get: createRoute({
    ...common,
    method: 'get',
    path: releasePath,
    operationId: 'getRelease',
    summary: 'A release with its stages, slots, gate and links',
    request: { params: releaseParams },
    responses: { 200: answer('The release', releaseSchema), ...readProblems },
  }),
  update: createRoute({
    ...common,
    method: 'patch',
    path: releasePath,
    operationId: 'updateRelease',
    summary: 'Change a release',
    description: 'The kickoff moves only before it happened; the target moves later only with a reason. What is absent stays.',
    request: { params: releaseParams, ...jsonBody(releaseChangeSchema) },
    responses: { 200: answer('The release', releaseSchema), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: releasePath,
    operationId: 'deleteRelease',
    summary: 'Archive a release',
    description: 'The same as archiving without further wishes: nothing is deleted, neither here nor outside.',
    request: { params: releaseParams, query: z.object({ reason: reasonSchema.optional() }) },
    responses: { 200: answer('The release and what it leaves behind', archivedSchema), ...writeProblems },
  }),
  archive: createRoute({
    ...common,
    method: 'post',
    path: `${releasePath}/archive`,
    operationId: 'archiveRelease',
    summary: 'Archive a release: call it off',
    description:
      'Everything open in it is cancelled, runs at the CI, too. What else it made outside stays unless `cleanUp` says otherwise, and the answer names it. While a store reviews it or hands it out it is refused (409), unless `stores` says what to do. Asking again tries again what was kept or failed.',
    middleware: [refuseOtherBodies, idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...optionalBody(archiveSchema) },
    responses: { 200: answer('The release and what it leaves behind', archivedSchema), ...writeProblems },
  }),
});

export function registerReleaseRoutes(app: App, deps: ApiDeps): void {
  const { create, list, get, update, remove, archive } = routes(deps);
  const readRelease = createReleaseReader(deps);
  const listReleases = createReleaseLister(deps);
  app.openapi(create, async (c) => c.json(await createRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('json')), 201));
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listReleases(c.get('caller'), filter, { limit, cursor }), 200);
  });
  app.openapi(get, async (c) => c.json(await readRelease(c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(update, async (c) =>
    c.json(await updateRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(remove, async (c) =>
    c.json(await archiveRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
  app.openapi(archive, async (c) =>
    c.json(
      await archiveRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, archiveInput(c.req.valid('json'))),
      200,
    ),
  );
}
