import { createRoute, z } from '@hono/zod-openapi';
import { failureKinds } from '../../domain/failure.ts';
import { deliveryStatuses } from '../../domain/notifications/delivery.ts';
import { messageTypes } from '../../domain/notifications/message-types.ts';
import { listDeliveries, readDelivery } from '../../services/deliveries/read-delivery.ts';
import { replayDelivery } from '../../services/deliveries/replay-delivery.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, listQuery, pageOf, readProblems, tenantParams, writeProblems } from '../schemas.ts';
import { optionalBody, refuseOtherBodies, releaseParams, releasePath } from './release-schemas.ts';

const failureSchema = z
  .object({
    kind: z.enum(failureKinds),
    message: z.string(),
    provider: z.string().optional(),
    retryAfterMs: z.number().optional(),
    connection: z.object({ category: z.string(), id: idSchema, displayName: z.string() }).optional(),
    remedy: z.string().meta({ description: 'What a person can do' }),
  })
  .openapi('DeliveryFailure');

/** A file that somebody shared. */
const sharedFileSchema = z
  .object({
    what: z.union([z.object({ buildId: idSchema }), z.object({ notes: z.union([z.int(), z.literal('final')]) })]),
    name: z.string().meta({ example: 'app-1.4.0.apk' }),
    channelIds: z.array(z.string()).meta({ description: 'Where it goes' }),
    comment: z.string().nullable(),
  })
  .openapi('SharedFile');

export const deliverySchema = z
  .object({
    id: idSchema,
    releaseId: idSchema,
    type: z.string().meta({ description: 'RELEASE_STATUS is the message that is edited in place', example: 'TASK_FAILED' }),
    status: z.enum(deliveryStatuses),
    createdAt: instantSchema,
    settledAt: instantSchema.nullable(),
    nextAttemptAt: instantSchema.nullable(),
    failure: failureSchema.nullable().meta({ description: 'Why it has failed so far, or for good; names the channels' }),
    skippedBecause: z.string().nullable().meta({ description: 'Why it went nowhere' }),
    shared: sharedFileSchema.nullable().meta({ description: 'The file that a FILE_SHARED shares; null for every other message' }),
  })
  .openapi('Delivery');

const deliveryDetailSchema = deliverySchema
  .extend({
    channels: z.array(
      z.object({
        channelId: z.string(),
        status: z.enum(['POSTED', 'FAILED']),
        messageId: z.string().nullable().meta({ description: 'At the provider; of a file its id' }),
        url: z.string().nullable().meta({ description: 'Page of the message, or of the file' }),
        at: instantSchema.nullable().meta({ description: 'When it was posted or last changed' }),
        failure: failureSchema.nullable(),
      }),
    ),
    attempts: z
      .array(
        z.object({
          at: instantSchema,
          failure: failureSchema,
          channels: z.array(z.object({ channelId: z.string(), failure: failureSchema })),
        }),
      )
      .meta({ description: 'Failed attempts, oldest first; the latest fifty' }),
  })
  .openapi('DeliveryDetail');

const replaySchema = z
  .strictObject({ force: z.boolean().default(false).meta({ description: 'Post it once more where it is already' }) })
  .openapi('ReplayDelivery');

const collection = '/api/v1/tenants/{tenantId}/deliveries';
const ofRelease = `${releasePath}/deliveries` as const;
const filter = listQuery.extend({
  status: z.enum(deliveryStatuses).optional(),
  type: z.enum(messageTypes).optional(),
});
const page = pageOf(deliverySchema).openapi('DeliveryPage');
const common = { tags: ['Messages'], security: bearer };
const replay = {
  summary: 'Have a message sent again',
  description:
    'Channels that have it already are left alone, unless `force` asks for another. The status message is written anew, not posted again.',
  responses: { 202: { description: 'It will be sent' }, ...writeProblems },
};

const routes = () => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listDeliveries',
    summary: 'Messages of the tenant, newest first',
    request: { params: tenantParams, query: filter },
    responses: { 200: answer('A page of messages', page), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: `${collection}/{deliveryId}`,
    operationId: 'readDelivery',
    summary: 'One message: what became of it in each channel, and every failed attempt',
    request: { params: tenantParams.extend({ deliveryId: idSchema }) },
    responses: { 200: answer('The message', deliveryDetailSchema), ...readProblems },
  }),
  replay: createRoute({
    ...common,
    ...replay,
    method: 'post',
    path: `${collection}/{deliveryId}/replay`,
    operationId: 'replayDelivery',
    middleware: [refuseOtherBodies],
    request: { params: tenantParams.extend({ deliveryId: idSchema }), ...optionalBody(replaySchema) },
  }),
  listOfRelease: createRoute({
    ...common,
    method: 'get',
    path: ofRelease,
    operationId: 'listReleaseDeliveries',
    summary: 'Messages about a release, newest first',
    request: { params: releaseParams, query: filter },
    responses: { 200: answer('A page of messages', page), ...readProblems },
  }),
  readOfRelease: createRoute({
    ...common,
    method: 'get',
    path: `${ofRelease}/{deliveryId}`,
    operationId: 'readReleaseDelivery',
    summary: 'One message about a release',
    request: { params: releaseParams.extend({ deliveryId: idSchema }) },
    responses: { 200: answer('The message', deliveryDetailSchema), ...readProblems },
  }),
  replayOfRelease: createRoute({
    ...common,
    ...replay,
    method: 'post',
    path: `${ofRelease}/{deliveryId}/replay`,
    operationId: 'replayReleaseDelivery',
    middleware: [refuseOtherBodies],
    request: { params: releaseParams.extend({ deliveryId: idSchema }), ...optionalBody(replaySchema) },
  }),
});

/** Messages, by tenant and by release. A message asked for by release must be about that release. */
export function registerDeliveryRoutes(app: App, deps: ApiDeps): void {
  const { list, read, replay: replayOne, listOfRelease, readOfRelease, replayOfRelease } = routes();
  app.openapi(list, async (c) => c.json(await listDeliveries(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(read, async (c) => c.json(await readDelivery(deps, c.get('caller'), c.req.valid('param').deliveryId), 200));
  app.openapi(replayOne, async (c) => {
    await replayDelivery(deps, c.get('caller'), c.req.valid('param').deliveryId, { force: c.req.valid('json').force === true });
    return c.body(null, 202);
  });
  app.openapi(listOfRelease, async (c) => {
    const { releaseId } = c.req.valid('param');
    return c.json(await listDeliveries(deps, c.get('caller'), { ...c.req.valid('query'), releaseId }), 200);
  });
  app.openapi(readOfRelease, async (c) => {
    const { deliveryId, releaseId } = c.req.valid('param');
    return c.json(await readDelivery(deps, c.get('caller'), deliveryId, releaseId), 200);
  });
  app.openapi(replayOfRelease, async (c) => {
    const { deliveryId, releaseId } = c.req.valid('param');
    await replayDelivery(deps, c.get('caller'), deliveryId, { force: c.req.valid('json').force === true, releaseId });
    return c.body(null, 202);
  });
}
