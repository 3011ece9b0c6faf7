import { createRoute, z } from '@hono/zod-openapi';
import { registerWebhook, removeWebhook } from '../../services/connections/register-webhook.ts';
import { readWebhook } from '../../services/connections/webhook-view.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, instantSchema, problems, readProblems, writeProblems } from '../schemas.ts';
import { connectionParams, connectionPath } from './connections-paths.ts';

const instructionsSchema = z.array(z.string()).meta({ description: 'How a person sets it up, one step each, in Markdown' });
const webhookUrlSchema = z.string().nullable().meta({ description: 'Where the provider sends its webhooks; null = it sends none' });

const webhookSchema = z
  .object({
    webhookUrl: webhookUrlSchema,
    enabled: z.boolean().meta({ description: 'Whether what comes in is taken' }),
    hasSecret: z.boolean(),
    canRegister: z.boolean().meta({ description: "Whether Signalbox can set it up through the provider's API" }),
    instructions: instructionsSchema,
    unreachable: z.string().nullable().meta({ description: 'Why the provider cannot reach the address, if that is plain' }),
    lastEvent: z
      .object({ id: idSchema, event: z.string(), status: z.string(), receivedAt: instantSchema })
      .nullable()
      .meta({ description: 'The newest that came in and is still stored: it works' }),
  })
  .openapi('IntegrationWebhook');

export const registrationSchema = z
  .discriminatedUnion('registered', [
    z.object({
      registered: z.literal(true),
      hook: z.object({
        id: z.string().meta({ description: 'Id at the provider' }),
        url: z.string().nullable().meta({ description: 'Page where people see it' }),
      }),
      webhookUrl: z.string(),
    }),
    z.object({
      registered: z.literal(false),
      reason: z.string(),
      instructions: instructionsSchema,
      webhookUrl: webhookUrlSchema,
    }),
  ])
  .openapi('WebhookRegistration');

const removalSchema = z
  .object({
    removed: z.boolean(),
    reason: z.string().nullable().meta({ description: 'Why it was not removed' }),
    webhookUrl: webhookUrlSchema,
  })
  .openapi('WebhookRemoval');

const path = `${connectionPath}/webhook`;
const common = { tags: ['Integrations'], security: bearer, path };
const atProvider = { ...writeProblems, ...problems(502, 503) };

const routes = (deps: ApiDeps) => ({
  read: createRoute({
    ...common,
    method: 'get',
    operationId: 'readIntegrationWebhook',
    summary: 'Where its webhooks come in, how to set them up, and the last that came',
    request: { params: connectionParams },
    responses: { 200: answer('The webhook', webhookSchema), ...readProblems },
  }),
  register: createRoute({
    ...common,
    method: 'post',
    operationId: 'registerIntegrationWebhook',
    summary: "Set the webhook up through the provider's API",
    description:
      'With the stored secret; found by its address and brought in line where it exists. Where the provider has no API for that, or the credentials may not, `registered` is false and the steps for a person follow.',
    middleware: [idempotent(deps)] as const,
    request: { params: connectionParams, headers: idempotencyHeader },
    responses: { 200: answer('What was set up, or why not', registrationSchema), ...atProvider },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    operationId: 'removeIntegrationWebhook',
    summary: "Remove the webhook through the provider's API",
    request: { params: connectionParams },
    responses: { 200: answer('Whether it is gone, or why not', removalSchema), ...atProvider },
  }),
});

export function registerConnectionWebhookRoutes(app: App, deps: ApiDeps): void {
  const { read, register, remove } = routes(deps);
  app.openapi(read, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    return c.json(await readWebhook(servicesFor(c, deps), c.get('caller'), category, integrationId), 200);
  });
  app.openapi(register, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    return c.json(await registerWebhook(servicesFor(c, deps), c.get('caller'), category, integrationId), 200);
  });
  app.openapi(remove, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    return c.json(await removeWebhook(servicesFor(c, deps), c.get('caller'), category, integrationId), 200);
  });
}
