import { createRoute, z } from '@hono/zod-openapi';
import { categories } from '../../integrations/kit/define-provider.ts';
import { verificationStatuses } from '../../services/connections/connection-view.ts';
import { createConnection } from '../../services/connections/create-connection.ts';
import { deleteConnection } from '../../services/connections/delete-connection.ts';
import { listConnections } from '../../services/connections/list-connections.ts';
import { listProviderForms } from '../../services/connections/provider-forms.ts';
import { readConnection } from '../../services/connections/read-connection.ts';
import { updateConnection } from '../../services/connections/update-connection.ts';
import { verifyConnection } from '../../services/connections/verify-connection.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  flagSchema,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  listQuery,
  nameSchema,
  pageOf,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import { connectionParams, connectionPath, connectionsParams, connectionsPath } from './connections-paths.ts';
import { registrationSchema } from './connections-webhook.ts';

const connectionSchema = z
  .object({
    id: idSchema,
    category: z.enum(categories),
    provider: z.string(),
    displayName: z.string(),
    baseUrl: z.string(),
    settings: z.record(z.string(), z.unknown()),
    hasCredentials: z.boolean(),
    hasValidToken: z.boolean().meta({ description: 'The provider accepted the credentials when it was last asked' }),
    verificationStatus: z.enum(verificationStatuses),
    verificationError: z.string().nullable(),
    lastVerifiedAt: instantSchema.nullable(),
    nextVerificationAt: instantSchema.nullable(),
    providerAccount: z.string().nullable(),
    credentialExpiresAt: instantSchema.nullable(),
    rateLimit: z
      .object({ limit: z.number(), remaining: z.number(), resetsAt: z.string().nullable(), seenAt: z.string() })
      .nullable()
      .meta({ description: "The provider's rate limit as last told" }),
    webhookUrl: z.string().nullable().meta({ description: 'Where the provider sends its webhooks' }),
    webhookEnabled: z.boolean(),
    hasWebhookSecret: z.boolean(),
    warnings: z.array(z.string()).meta({ description: 'What somebody should see to, e.g. a credential that expires within a week' }),
    createdByAccountId: idSchema,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .openapi('Integration');

const usesSchema = z.object({
  count: z.int(),
  items: z.array(z.object({ id: idSchema, name: z.string() })).meta({ description: 'The first few' }),
});
const detailSchema = connectionSchema
  .extend({
    usedBy: z
      .object({ configs: usesSchema, releaseConfigs: usesSchema, releases: usesSchema, targets: usesSchema })
      .meta({ description: 'Configs, active release configs, unfinished releases and targets of services that need it' }),
  })
  .openapi('IntegrationDetail');

const secretOnce = 'The secret that webhooks are signed with, in this answer only';
const webhookSecretSchema = z
  .string()
  .trim()
  .min(16)
  .max(512)
  .meta({ description: 'Secret that webhooks are signed with', writeOnly: true });
const formSchema = z.record(z.string().max(200), z.unknown());

const newConnectionSchema = z
  .strictObject({
    provider: z.string().min(1).max(32).meta({ example: 'github' }),
    displayName: nameSchema,
    baseUrl: z.string().trim().max(1024).optional().meta({ description: "The provider's own address when absent" }),
    credentials: formSchema.meta({ description: "As the provider's form says; see /providers", writeOnly: true }),
    settings: formSchema.default({}).meta({ description: "As the provider's form says; see /providers" }),
    webhookSecret: webhookSecretSchema.optional(),
    allowMultiple: z.boolean().default(false).meta({ description: 'Source control: add one beside another that is active' }),
  })
  .openapi('NewIntegration');

const connectionChangeSchema = z
  .strictObject({
    displayName: nameSchema.optional(),
    baseUrl: z.string().trim().max(1024).optional().meta({ description: 'Needs the credentials again' }),
    credentials: formSchema.optional().meta({ description: 'Replaced as a whole', writeOnly: true }),
    settings: formSchema.optional().meta({ description: 'Replaced as a whole' }),
    webhookSecret: webhookSecretSchema.optional(),
    rotateWebhookSecret: z.boolean().default(false).meta({ description: 'Make a new webhook secret and show it once' }),
    webhookEnabled: z.boolean().optional(),
  })
  .openapi('IntegrationChange');

const providerSchema = z
  .object({
    id: z.string(),
    displayName: z.string(),
    categories: z.array(z.string()),
    defaultBaseUrl: z.string().nullable().meta({ description: 'null: one must be given' }),
    hasWebhook: z.boolean(),
    credentials: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the credentials' }),
    settings: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the settings' }),
  })
  .openapi('Provider');

const verifyQuery = z.object({
  verify: flagSchema('true').meta({ description: 'false: store without asking the provider first; the scheduler verifies it' }),
});
const changeQuery = verifyQuery.extend({
  register: flagSchema('false').meta({ description: 'true: tell a new webhook secret to the provider, too' }),
});
const deleteQuery = z.object({
  force: flagSchema('false').meta({
    description: 'true: although release configs or unfinished releases use it; their tasks fail where they need it',
  }),
});
const common = { tags: ['Integrations'], security: bearer };

const routes = (deps: ApiDeps) => ({
  providers: createRoute({
    ...common,
    method: 'get',
    path: `${connectionsPath}/providers`,
    operationId: 'listProviders',
    summary: 'Providers of the category and the forms of their credentials and settings',
    request: { params: connectionsParams },
    responses: { 200: answer('The providers', z.object({ items: z.array(providerSchema) })), ...readProblems },
  }),
  create: createRoute({
    ...common,
    method: 'post',
    path: connectionsPath,
    operationId: 'createIntegration',
    summary: 'Connect a provider',
    description: 'The provider is asked at once; with credentials it refuses, nothing is stored and the answer says why.',
    middleware: [idempotent(deps)] as const,
    request: { params: connectionsParams, query: verifyQuery, headers: idempotencyHeader, ...jsonBody(newConnectionSchema) },
    responses: {
      201: answer(
        'The integration',
        connectionSchema.extend({ webhookSecret: z.string().nullable().meta({ description: secretOnce }) }).openapi('CreatedIntegration'),
      ),
      ...writeProblems,
    },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: connectionsPath,
    operationId: 'listIntegrations',
    summary: 'Integrations of the category, newest first',
    request: { params: connectionsParams, query: listQuery },
    responses: { 200: answer('A page of integrations', pageOf(connectionSchema).openapi('IntegrationPage')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: connectionPath,
    operationId: 'readIntegration',
    summary: 'One integration and what uses it, never its secrets',
    request: { params: connectionParams },
    responses: { 200: answer('The integration', detailSchema), ...readProblems },
  }),
  update: createRoute({
    ...common,
    method: 'patch',
    path: connectionPath,
    operationId: 'updateIntegration',
    summary: 'Change an integration or rotate its credentials',
    description: 'What decides whether it works is verified again before it is stored.',
    request: { params: connectionParams, query: changeQuery, ...jsonBody(connectionChangeSchema) },
    responses: {
      200: answer(
        'The integration',
        connectionSchema
          .extend({
            webhookSecret: z.string().optional().meta({ description: secretOnce }),
            webhook: registrationSchema.optional().meta({ description: 'What came of `register`' }),
          })
          .openapi('UpdatedIntegration'),
      ),
      ...writeProblems,
    },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: connectionPath,
    operationId: 'deleteIntegration',
    summary: 'Disconnect a provider',
    description:
      'Its secrets are erased, and its webhook is removed at the provider if that can be done. Refused while release configs or unfinished releases use it, unless forced.',
    request: { params: connectionParams, query: deleteQuery },
    responses: { 204: { description: 'It is gone' }, ...writeProblems },
  }),
  verify: createRoute({
    ...common,
    method: 'post',
    path: `${connectionPath}/verify`,
    operationId: 'verifyIntegration',
    summary: 'Ask the provider whether the credentials still work',
    request: { params: connectionParams },
    responses: { 200: answer('The integration with the answer in its verification fields', connectionSchema), ...writeProblems },
  }),
});

export function registerConnectionRoutes(app: App, deps: ApiDeps): void {
  const { providers, create, list, read, update, remove, verify } = routes(deps);
  app.openapi(providers, (c) => c.json({ items: listProviderForms(c.get('caller'), c.req.valid('param').category) }, 200));
  app.openapi(create, async (c) => {
    const input = { ...c.req.valid('json'), verify: c.req.valid('query').verify };
    return c.json(await createConnection(servicesFor(c, deps), c.get('caller'), c.req.valid('param').category, input), 201);
  });
  app.openapi(list, async (c) => {
    const { category } = c.req.valid('param');
    return c.json(await listConnections(servicesFor(c, deps), c.get('caller'), category, c.req.valid('query')), 200);
  });
  app.openapi(read, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    return c.json(await readConnection(servicesFor(c, deps), c.get('caller'), category, integrationId), 200);
  });
  app.openapi(update, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    const change = { ...c.req.valid('json'), ...c.req.valid('query') };
    return c.json(await updateConnection(servicesFor(c, deps), c.get('caller'), category, integrationId, change), 200);
  });
  app.openapi(remove, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    await deleteConnection(servicesFor(c, deps), c.get('caller'), category, integrationId, c.req.valid('query'));
    return c.body(null, 204);
  });
  app.openapi(verify, async (c) => {
    const { category, integrationId } = c.req.valid('param');
    return c.json(await verifyConnection(servicesFor(c, deps), c.get('caller'), category, integrationId), 200);
  });
}
