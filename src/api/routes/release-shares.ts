import { createRoute, z } from '@hono/zod-openapi';
import { buckets } from '../../domain/release/vocabulary.ts';
import { shareFile } from '../../services/deliveries/share.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, jsonBody, writeProblems } from '../schemas.ts';
import { deliverySchema } from './deliveries.ts';
import { reasonSchema, releaseParams, releasePath } from './release-schemas.ts';

const shareSchema = z
  .strictObject({
    what: z.union(
      [
        z.strictObject({ buildId: idSchema.meta({ description: 'A build whose artifact is kept' }) }),
        z.strictObject({
          notes: z.union([z.int().min(1), z.literal('final')], 'must be the number of a cycle, or final').meta({
            description: 'Notes of this cycle, or the final ones, as a Markdown file',
          }),
        }),
      ],
      'must be { buildId } or { notes }',
    ),
    channels: z
      .union(
        [z.array(z.string().trim().min(1).max(255)).min(1).max(20), z.enum(buckets)],
        `must be ids of channels, or one of ${buckets.join(', ')}`,
      )
      .optional()
      .meta({
        description: 'Channels of the channel config of the release, or a bucket; absent: `builds` for a build, `releases` for notes',
      }),
    comment: reasonSchema.optional().meta({ description: 'Shown with the file, and kept in the history' }),
  })
  .openapi('ShareFile', { example: { what: { notes: 'final' }, channels: 'releases' } });

const route = (deps: ApiDeps) =>
  createRoute({
    tags: ['Messages'],
    security: bearer,
    method: 'post',
    path: `${releasePath}/share`,
    operationId: 'shareFile',
    summary: 'Share a build or notes as a file into channels of the release',
    description:
      'The file is sent from the queue; `GET …/deliveries/{deliveryId}` tells what became of it in each channel, with the address of the file. Providers that take no files get a message with a link that opens it for 24 hours.',
    middleware: [idempotent(deps)],
    request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(shareSchema) },
    responses: { 202: answer('It will be sent', deliverySchema), ...writeProblems },
  });

export function registerReleaseShareRoutes(app: App, deps: ApiDeps): void {
  app.openapi(route(deps), async (c) =>
    c.json(await shareFile(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 202),
  );
}
