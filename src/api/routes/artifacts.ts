import { createRoute, z } from '@hono/zod-openapi';
import { listArtifacts, receiveArtifact, registerImage } from '../../services/artifacts/artifacts.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { bodyOf, fileHeaders, hashOfHead, refuseForms, saidDigest, saidLength } from '../file-body.ts';
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
  problems,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { instantInputOrNull } from './release-schemas.ts';

const artifactsPath = '/api/v1/tenants/{tenantId}/services/{serviceId}/artifacts';
const serviceParams = tenantParams.extend({ serviceId: idSchema });
const common = { tags: ['Artifacts'], security: bearer };

const migrationClass = z.enum(['expand', 'contract', 'irreversible']);
const version = z.string().trim().min(1).max(64);
const commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be the full hash of a commit');

const migrationSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/, 'must be a file name')
    .meta({ example: '0007_add_email.sql' }),
  class: migrationClass.meta({
    description: 'expand: old and new code can run with it. contract: only new code can. irreversible: nothing brings back what it removes',
  }),
  sql: z.string().min(1).max(1_000_000),
});

const imageSchema = z
  .strictObject({
    version,
    commit: commit.nullable().default(null),
    committedAt: instantInputOrNull.default(null),
    reference: z
      .string()
      .max(512)
      .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, 'must name an image by its digest')
      .meta({ example: 'registry.example.com/shop/api@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' }),
    migrations: z
      .array(migrationSchema)
      .max(500)
      .default([])
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have different names'),
  })
  .openapi('NewImageArtifact');

const artifactSchema = z
  .object({
    id: idSchema,
    serviceId: idSchema,
    version: z.string(),
    digest: z.string(),
    commit: z.string().nullable(),
    committedAt: instantSchema.nullable(),
    buildNumber: z.string().nullable().meta({ description: 'Of services that go to stores' }),
    source: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('image'), reference: z.string() }),
      z.object({ kind: z.literal('kept'), sizeBytes: z.number() }),
    ]),
    migrations: z.array(z.object({ name: z.string(), class: migrationClass, checksum: z.string() })),
    createdAt: instantSchema,
  })
  .openapi('Artifact');

const buildNumber = z
  .string()
  .regex(/^\d{1,18}(\.\d{1,18}){0,2}$/, 'must be a number, or up to three of them between dots')
  .meta({
    description: 'Needed of services that go to stores (android, ios), and only of them: the version code, or the build number',
    example: '42',
  });
const fileQuery = z.object({
  version,
  commit: commit.optional(),
  committedAt: instantInputOrNull.optional(),
  buildNumber: buildNumber.optional(),
});

const routes = (deps: ApiDeps) => ({
  image: createRoute({
    ...common,
    method: 'post',
    path: `${artifactsPath}/images`,
    operationId: 'registerImage',
    summary: 'Register a container image of a service, with its migrations',
    middleware: [idempotent(deps)] as const,
    request: { params: serviceParams, headers: idempotencyHeader, ...jsonBody(imageSchema) },
    responses: { 201: answer('The artifact', artifactSchema), 200: answer('It was known already', artifactSchema), ...writeProblems },
  }),
  file: createRoute({
    ...common,
    method: 'post',
    path: `${artifactsPath}/files`,
    operationId: 'uploadArtifact',
    summary: 'Send the file of a service: a .tar.gz, or an .aab or .ipa for a store',
    description:
      'The body is the file itself, of any length up to ARTIFACT_MAX_MB; its SHA-256 must be said. SQL files in its folder `migrations` are its migrations: their class is in their first line, `-- signalbox: expand|contract|irreversible`. The same bytes again are the same artifact (200).',
    middleware: [refuseForms, idempotent(deps, hashOfHead)] as const,
    request: {
      params: serviceParams,
      query: fileQuery,
      headers: fileHeaders,
      body: { required: true, content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } } },
    },
    responses: {
      201: answer('The artifact', artifactSchema),
      200: answer('It was known already', artifactSchema),
      ...writeProblems,
      ...problems(503, 507),
    },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: artifactsPath,
    operationId: 'listArtifacts',
    summary: 'Artifacts of a service, newest first',
    request: { params: serviceParams, query: listQuery },
    responses: { 200: answer('A page of artifacts', pageOf(artifactSchema).openapi('ArtifactPage')), ...readProblems },
  }),
});

export function registerArtifactRoutes(app: App, deps: ApiDeps): void {
  const { image, file, list } = routes(deps);
  app.openapi(image, async (c) => {
    const { artifact, isNew } = await registerImage(deps, c.get('caller'), c.req.valid('param').serviceId, c.req.valid('json'));
    return isNew ? c.json(artifact, 201) : c.json(artifact, 200);
  });
  app.openapi(file, async (c) => {
    const sha256 = saidDigest(c.req.valid('header'));
    const { version, commit: sha = null, committedAt = null, buildNumber = null } = c.req.valid('query');
    const { artifact, isNew } = await receiveArtifact(servicesFor(c, deps), c.get('caller'), c.req.valid('param').serviceId, {
      ...{ version, commit: sha, committedAt, buildNumber },
      ...{ sha256, sizeBytes: saidLength(c), body: bodyOf(c) },
    });
    return isNew ? c.json(artifact, 201) : c.json(artifact, 200);
  });
  app.openapi(list, async (c) =>
    c.json(await listArtifacts(deps, c.get('caller'), c.req.valid('param').serviceId, c.req.valid('query')), 200),
  );
}
