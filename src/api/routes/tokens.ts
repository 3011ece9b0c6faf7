import { createRoute, z } from '@hono/zod-openapi';
import { permissions, roles } from '../../domain/access/permissions.ts';
import { createToken } from '../../services/access/create-token.ts';
import { listTokens } from '../../services/access/list-tokens.ts';
import { revokeToken } from '../../services/access/revoke-token.ts';
import { type ApiDeps, type App, granterOf } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  listQuery,
  nameSchema,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';

const tokenSchema = z
  .object({
    id: idSchema,
    accountId: idSchema,
    name: z.string(),
    role: z.enum(roles),
    scopes: z.array(z.string()).meta({ description: 'Only these permissions of the role; empty = all of it' }),
    expiresAt: instantSchema.nullable(),
    lastUsedAt: instantSchema.nullable(),
    revokedAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .openapi('ApiToken');

const newTokenSchema = z
  .strictObject({
    name: nameSchema,
    role: z.enum(roles),
    scopes: z.array(z.enum(permissions)).max(permissions.length).default([]),
    expiresAt: instantSchema.nullable().default(null),
    accountId: idSchema.optional().meta({ description: 'Another member; the caller when absent' }),
  })
  .openapi('NewApiToken');

const collection = '/api/v1/tenants/{tenantId}/tokens';
const common = { tags: ['Access'], security: bearer };

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createToken',
    summary: 'Create an API token',
    description: 'The token is in this answer only. It can do no more than the token it was created with.',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newTokenSchema) },
    responses: {
      201: answer('The token, shown once', tokenSchema.extend({ token: z.string() }).openapi('CreatedApiToken')),
      ...writeProblems,
    },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listTokens',
    summary: 'API tokens of the tenant, newest first',
    request: { params: tenantParams, query: listQuery },
    responses: { 200: answer('A page of tokens', pageOf(tokenSchema).openapi('ApiTokenPage')), ...readProblems },
  }),
  revoke: createRoute({
    ...common,
    method: 'delete',
    path: `${collection}/{tokenId}`,
    operationId: 'revokeToken',
    summary: 'Revoke an API token',
    description: 'Holds at once in every process.',
    request: { params: tenantParams.extend({ tokenId: idSchema }) },
    responses: { 204: { description: 'It is revoked' }, ...writeProblems },
  }),
});

export function registerTokenRoutes(app: App, deps: ApiDeps): void {
  const { create, list, revoke } = routes(deps);
  app.openapi(create, async (c) => {
    const { expiresAt, ...body } = c.req.valid('json');
    const input = { ...body, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
    return c.json(await createToken(deps, granterOf(c), input, new Date()), 201);
  });
  app.openapi(list, async (c) => c.json(await listTokens(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(revoke, async (c) => {
    await revokeToken(deps, c.get('caller'), c.req.valid('param').tokenId);
    return c.body(null, 204);
  });
}
