import { createRoute, z } from '@hono/zod-openapi';
import { failureKinds } from '../../domain/failure.ts';
import { listWebhookEvents } from '../../services/webhooks/list-webhook-events.ts';
import { replayWebhookEvent } from '../../services/webhooks/replay-webhook-event.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, listQuery, pageOf, readProblems, tenantParams, writeProblems } from '../schemas.ts';

const eventSchema = z
  .object({
    id: idSchema,
    integrationId: idSchema,
    provider: z.string(),
    deliveryId: z.string().meta({ description: "The provider's own id of the delivery" }),
    event: z.string(),
    status: z.string().meta({ description: 'PENDING, IN_PROGRESS, DONE, SKIPPED (nobody waits for it) or FAILED' }),
    failure: z
      .object({ kind: z.enum(failureKinds), message: z.string(), provider: z.string().optional(), retryAfterMs: z.number().optional() })
      .nullable(),
    receivedAt: instantSchema,
    settledAt: instantSchema.nullable(),
  })
  .openapi('WebhookEvent');

const collection = '/api/v1/tenants/{tenantId}/webhook-events';
const common = { tags: ['Webhooks'], security: bearer };

const listRoute = createRoute({
  ...common,
  method: 'get',
  path: collection,
  operationId: 'listWebhookEvents',
  summary: 'Stored webhooks without their bodies, newest first',
  request: { params: tenantParams, query: listQuery.extend({ integrationId: idSchema.optional() }) },
  responses: { 200: answer('A page of webhooks', pageOf(eventSchema).openapi('WebhookEventPage')), ...readProblems },
});

const replayRoute = createRoute({
  ...common,
  method: 'post',
  path: `${collection}/{eventId}/replay`,
  operationId: 'replayWebhookEvent',
  summary: 'Have a stored webhook read again',
  request: { params: tenantParams.extend({ eventId: idSchema }) },
  responses: { 202: { description: 'It will be read again' }, ...writeProblems },
});

export function registerWebhookEventRoutes(app: App, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => c.json(await listWebhookEvents(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(replayRoute, async (c) => {
    await replayWebhookEvent(deps, c.get('caller'), c.req.valid('param').eventId);
    return c.body(null, 202);
  });
}
