import { createRoute, z } from '@hono/zod-openapi';
import { reportBuild, reportedStatuses } from '../../services/releases/builds/report-build.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, jsonBody, nameSchema, tenantParams, writeProblems } from '../schemas.ts';
import { releaseBuildSchema } from './release-builds.ts';

const reportSchema = z
  .strictObject({
    status: z
      .enum(reportedStatuses)
      .optional()
      .meta({ description: 'Makes the build be looked at now; believed where the CI does not show the run' }),
    uploadId: idSchema.optional().meta({ description: 'An upload of the release, which becomes the artifact' }),
    artifact: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/ })
          .max(2048)
          .meta({ description: 'May be signed; it is kept sealed and shown without its query' }),
        sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits'),
        sizeBytes: z.int().min(1).optional(),
      })
      .optional()
      .meta({ description: 'Where the artifact lies, instead of an upload: fetched soon, and checked' }),
    commit: z
      .string()
      .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/i, 'must be the full hash of a commit')
      .optional()
      .meta({ example: 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3' }),
    version: nameSchema.max(64).optional(),
    url: z
      .url({ protocol: /^https?$/ })
      .max(1024)
      .optional()
      .meta({ description: 'Where its log is' }),
  })
  .refine((report) => Object.values(report).some((value) => value !== undefined), 'must say something')
  .refine(({ uploadId, artifact }) => uploadId === undefined || artifact === undefined, {
    error: 'is one artifact too many beside uploadId',
    path: ['artifact'],
  })
  .openapi('BuildReport');

const reportedSchema = z
  .object({
    build: releaseBuildSchema,
    ignored: z.string().nullable().meta({ description: 'Why the report changes nothing any more; null: it counts' }),
  })
  .openapi('ReportedBuild');

const route = (deps: ApiDeps) =>
  createRoute({
    tags: ['Releases'],
    security: bearer,
    method: 'post',
    path: '/api/v1/tenants/{tenantId}/builds/{correlationId}/report',
    operationId: 'reportBuild',
    summary: 'What a CI job says of the build it makes',
    description:
      'A workflow that declares the input `signalbox_callback_url` is given this address. Reports come in any order and may be repeated: the artifact may come before or after the success. One about a build that has ended is written down and changes nothing.',
    middleware: [idempotent(deps)] as const,
    request: {
      params: tenantParams.extend({ correlationId: z.string().regex(/^[\w-]{1,64}$/) }),
      headers: idempotencyHeader,
      ...jsonBody(reportSchema),
    },
    responses: { 200: answer('The build, and whether the report counts', reportedSchema), ...writeProblems },
  });

export function registerBuildReportRoutes(app: App, deps: ApiDeps): void {
  app.openapi(route(deps), async (c) =>
    c.json(await reportBuild(servicesFor(c, deps), c.get('caller'), c.req.valid('param').correlationId, c.req.valid('json')), 200),
  );
}
