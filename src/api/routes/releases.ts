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
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { hotfixWishes } from './release-policies.ts';
import {
  instantInput,
  instantInputOrNull,
  optionalBody,
  optionalReason,
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

const linkSchema = { url: z.string().nullable() };
const archivedSchema = z
  .object({
    release: releaseSchema,
    leftBehind: z
      .object({
        branch: z.string().nullable(),
        tags: z.array(z.string()),
        tickets: z.array(z.object({ key: z.string(), ...linkSchema })),
        testRuns: z.array(z.object({ id: z.string(), ...linkSchema })),
        builds: z.array(z.object({ id: idSchema, platform: z.enum(platforms), ...linkSchema })),
      })
      .meta({ description: 'What exists outside and was not deleted; builds go on' }),
  })
  .openapi('ArchivedRelease');

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
    description: 'The same as archiving: nothing is deleted, neither here nor outside.',
    request: { params: releaseParams, query: z.object({ reason: reasonSchema.optional() }) },
    responses: { 200: answer('The release and what it leaves behind', archivedSchema), ...writeProblems },
  }),
  archive: createRoute({
    ...common,
    method: 'post',
    path: `${releasePath}/archive`,
    operationId: 'archiveRelease',
    summary: 'Archive a release: call it off',
    description: 'Everything open in it is cancelled. What it made outside stays, and the answer names it.',
    middleware: [refuseOtherBodies, idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...optionalBody(optionalReason) },
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
    c.json(await archiveRelease(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
}
