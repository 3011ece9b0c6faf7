import { createRoute, z } from '@hono/zod-openapi';
import { uploadTypes } from '../../domain/release/upload-rules.ts';
import { platforms } from '../../domain/release/vocabulary.ts';
import { listUploads } from '../../services/uploads/list-uploads.ts';
import { receiveUpload } from '../../services/uploads/receive-upload.ts';
import { removeUpload } from '../../services/uploads/remove-upload.ts';
import { uploadStates } from '../../services/uploads/upload-row.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { bodyOf, fileHeaders, hashOfHead, refuseForms, saidDigest, saidLength } from '../file-body.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idSchema, instantSchema, problems, readProblems, writeProblems } from '../schemas.ts';
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
      headers: fileHeaders,
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
    const { upload, isNew } = await receiveUpload(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, {
      ...c.req.valid('query'),
      sha256: saidDigest(c.req.valid('header')),
      sizeBytes: saidLength(c),
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
