import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { uploadTypes } from '../../domain/release/upload-rules.ts';
import { platforms } from '../../domain/release/vocabulary.ts';
import type { Arriving } from '../../platform/artifact-store.ts';
import { listUploads } from '../../services/uploads/list-uploads.ts';
import { receiveUpload } from '../../services/uploads/receive-upload.ts';
import { removeUpload } from '../../services/uploads/remove-upload.ts';
import { uploadStates } from '../../services/uploads/upload-row.ts';
import { type ApiDeps, type App, type AppContext, type AppEnv, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { problem } from '../problem.ts';
import { answer, bearer, idempotencyHeader, idSchema, instantSchema, problems, readProblems, writeProblems } from '../schemas.ts';
import { personSchema, releaseParams, releasePath } from './release-schemas.ts';

const uploadsPath = `${releasePath}/uploads`;

const fileName = z
  .string()
  .trim()
  .min(1)
  .max(255)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^\u0000-\u001f\u007f/\\]*$/, 'must be the name of a file without its path')
  // Half a surrogate pair is no character.
  .refine((text) => !/\p{Surrogate}/u.test(text), 'must be well-formed text');

const uploadQuery = z.object({
  platform: z.enum(platforms),
  type: z.enum(uploadTypes).meta({ description: 'Whose workflow would have built it' }),
  fileName: fileName.meta({ example: 'shop-1.4.0.ipa' }),
});

const HEX = /^[0-9a-f]{64}$/i;
const REPR_DIGEST = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/i;

const uploadHeaders = idempotencyHeader.extend({
  'x-checksum-sha256': z.string().regex(HEX, 'must be 64 hexadecimal digits').optional().meta({ description: 'Of the whole file' }),
  'repr-digest': z
    .string()
    .regex(REPR_DIGEST, 'must name sha-256=:base64:')
    .optional()
    .meta({ description: 'The same by RFC 9530', example: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' }),
});

const uploadSchema = z
  .object({
    id: idSchema,
    platform: z.enum(platforms),
    type: z.enum(uploadTypes),
    fileName: z.string(),
    sizeBytes: z.number(),
    digest: z.string().meta({ example: 'sha256:2c26b46b…' }),
    state: z.enum(uploadStates).meta({
      description:
        'STAGED: the next build task takes it; SUPERSEDED: a newer one came, it is taken no more; USED: it is the artifact of a build',
    }),
    buildId: idSchema.nullable(),
    uploadedBy: personSchema,
    at: instantSchema,
  })
  .openapi('Upload');

const common = { tags: ['Releases'], security: bearer };

/** The body is not for memory: what says it is the same is what its sender says of it. */
function hashOfHead(c: AppContext): string {
  const { pathname, search } = new URL(c.req.url);
  const said = ['content-length', 'x-checksum-sha256', 'repr-digest'].map((name) => c.req.header(name) ?? '');
  return createHash('sha256')
    .update([`${c.req.method} ${pathname}${search}`, ...said].join('\n'))
    .digest('hex');
}

/** In which a file would be something else. */
const refuseForms: MiddlewareHandler<AppEnv> = async (c, next) => {
  const type = c.req.header('content-type') ?? '';
  if (!/^(multipart\/|application\/(json|x-www-form-urlencoded)\b)/i.test(type)) return next();
  return problem(c, 'unsupported-media-type', 'Send the file itself as the body, as application/octet-stream.');
};

const routes = (deps: ApiDeps) => ({
  receive: createRoute({
    ...common,
    method: 'post',
    path: uploadsPath,
    operationId: 'uploadBuild',
    summary: 'Send the file of a build',
    description:
      'The body is the file itself, of any length up to ARTIFACT_MAX_MB: `curl --data-binary @app.ipa` reads it into memory, `curl -T app.ipa -X POST` does not. It may come ahead of the build task; a newer upload of the same platform and type supersedes it. Interrupted, nothing of it is kept. The same bytes again are the same upload (200).',
    middleware: [refuseForms, idempotent(deps, hashOfHead)] as const,
    request: {
      params: releaseParams,
      query: uploadQuery,
      headers: uploadHeaders,
      body: { required: true, content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } } },
    },
    responses: {
      201: answer('It is there whole', uploadSchema),
      200: answer('It was there already', uploadSchema),
      ...writeProblems,
      ...problems(503, 507),
    },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: uploadsPath,
    operationId: 'listUploads',
    summary: 'What was uploaded for a release, newest first',
    request: { params: releaseParams },
    responses: { 200: answer('The uploads', z.object({ items: z.array(uploadSchema) }).openapi('UploadList')), ...readProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: `${uploadsPath}/{uploadId}`,
    operationId: 'removeUpload',
    summary: 'Take an upload back that no build has taken',
    request: { params: releaseParams.extend({ uploadId: idSchema }) },
    responses: { 204: { description: 'It is gone' }, ...writeProblems },
  }),
});

export function registerReleaseUploadRoutes(app: App, deps: ApiDeps): void {
  const { receive, list, remove } = routes(deps);
  app.openapi(receive, async (c) => {
    const length = c.req.header('content-length');
    const sizeBytes = length === undefined || !/^\d+$/.test(length) ? null : Number(length);
    const { upload, isNew } = await receiveUpload(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, {
      ...c.req.valid('query'),
      sha256: saidDigest(c.req.valid('header')),
      sizeBytes,
      body: bodyOf(c),
    });
    return isNew ? c.json(upload, 201) : c.json(upload, 200);
  });
  app.openapi(list, async (c) => c.json(await listUploads(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(remove, async (c) => {
    const { releaseId, uploadId } = c.req.valid('param');
    await removeUpload(servicesFor(c, deps), c.get('caller'), releaseId, uploadId);
    return c.body(null, 204);
  });
}

function saidDigest(headers: z.output<typeof uploadHeaders>): string | null {
  const base64 = REPR_DIGEST.exec(headers['repr-digest'] ?? '')?.[1];
  return headers['x-checksum-sha256']?.toLowerCase() ?? (base64 === undefined ? null : Buffer.from(base64, 'base64').toString('hex'));
}

/**
 * From the connection itself where there is one: it errors when its sender goes away, and what is not read is left to the server, which can
 * answer then.
 */
function bodyOf(c: AppContext): Arriving {
  const incoming = c.env?.incoming;
  if (incoming !== undefined) return { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) };
  return c.req.raw.body ?? new Blob([]).stream();
}
