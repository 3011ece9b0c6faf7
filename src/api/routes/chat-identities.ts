import { createRoute, z } from '@hono/zod-openapi';
import { listChatIdentities, listOwnChatIdentities } from '../../services/chat/list-identities.ts';
import { removeOwnChatIdentity, revokeChatIdentity } from '../../services/chat/remove-identity.ts';
import { requestChatIdentity } from '../../services/chat/request-identity.ts';
import { type ApiDeps, type App, granterOf, servicesFor } from '../context.ts';
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

const identitySchema = z
  .object({
    id: idSchema,
    integrationId: idSchema,
    accountId: idSchema,
    displayName: z.string().meta({ description: 'Of the account' }),
    personId: z.string().meta({ description: 'Id at the provider' }),
    personName: z.string(),
    status: z.enum(['PENDING', 'CONFIRMED', 'EXPIRED']).meta({ description: 'EXPIRED: nobody confirmed it in time; ask anew' }),
    expiresAt: instantSchema.nullable().meta({ description: 'Until when it can be confirmed; null = it was' }),
    createdAt: instantSchema,
    confirmedAt: instantSchema.nullable(),
  })
  .openapi('ChatIdentity');

const newIdentitySchema = z
  .strictObject({ integrationId: idSchema.meta({ description: 'A communication integration whose people answer with buttons' }) })
  .openapi('NewChatIdentity');

const ownPath = '/api/v1/tenants/{tenantId}/me/chat-identities';
const path = '/api/v1/tenants/{tenantId}/chat-identities';
const identityParams = tenantParams.extend({ identityId: idSchema });
const common = { tags: ['Access'], security: bearer };
const gone = { 204: { description: 'What that person presses counts for nobody from now on' }, ...writeProblems };

const routes = (deps: ApiDeps) => ({
  request: createRoute({
    ...common,
    method: 'post',
    path: ownPath,
    operationId: 'requestChatIdentity',
    summary: 'Have what you press in a chat count as your word',
    description:
      'Whoever has the e-mail address of your account in that chat is sent a button, to them alone. Once they press it, their presses are carried out as your account, with the role it has at that moment. The button works once, for 15 minutes; asking again replaces what was sent or bound before.',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newIdentitySchema) },
    responses: { 201: answer('The identity, not confirmed yet', identitySchema), ...writeProblems, ...problems(502, 503) },
  }),
  listOwn: createRoute({
    ...common,
    method: 'get',
    path: ownPath,
    operationId: 'listOwnChatIdentities',
    summary: 'Who you are in the chats of the tenant',
    request: { params: tenantParams },
    responses: { 200: answer('All of them', z.object({ items: z.array(identitySchema) }).openapi('ChatIdentityList')), ...readProblems },
  }),
  removeOwn: createRoute({
    ...common,
    method: 'delete',
    path: `${ownPath}/{identityId}`,
    operationId: 'removeOwnChatIdentity',
    summary: 'Have your presses in a chat count no more',
    request: { params: identityParams },
    responses: gone,
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path,
    operationId: 'listChatIdentities',
    summary: 'Who the members are in the chats of the tenant, newest first',
    request: { params: tenantParams, query: listQuery },
    responses: { 200: answer('A page of identities', pageOf(identitySchema).openapi('ChatIdentityPage')), ...readProblems },
  }),
  revoke: createRoute({
    ...common,
    method: 'delete',
    path: `${path}/{identityId}`,
    operationId: 'revokeChatIdentity',
    summary: "Have a member's presses in a chat count no more",
    request: { params: identityParams },
    responses: gone,
  }),
});

export function registerChatIdentityRoutes(app: App, deps: ApiDeps): void {
  const { request, listOwn, removeOwn, list, revoke } = routes(deps);
  app.openapi(request, async (c) => c.json(await requestChatIdentity(servicesFor(c, deps), c.get('caller'), c.req.valid('json')), 201));
  app.openapi(listOwn, async (c) => c.json({ items: await listOwnChatIdentities(deps, c.get('caller')) }, 200));
  app.openapi(removeOwn, async (c) => {
    await removeOwnChatIdentity(deps, c.get('caller'), c.req.valid('param').identityId);
    return c.body(null, 204);
  });
  app.openapi(list, async (c) => c.json(await listChatIdentities(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(revoke, async (c) => {
    await revokeChatIdentity(deps, granterOf(c), c.req.valid('param').identityId);
    return c.body(null, 204);
  });
}
