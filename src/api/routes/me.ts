import { createRoute, z } from '@hono/zod-openapi';
import { roles } from '../../domain/access/permissions.ts';
import { readMe } from '../../services/access/read-me.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, problems } from '../schemas.ts';

const meSchema = z
  .object({
    tenant: z.object({ id: idSchema, name: z.string() }),
    account: z.object({ id: idSchema, displayName: z.string(), email: z.string().nullable(), role: z.enum(roles) }),
    token: z.object({
      id: idSchema,
      name: z.string(),
      role: z.enum(roles),
      scopes: z.array(z.string()),
      expiresAt: instantSchema.nullable(),
    }),
    permissions: z.array(z.string()).meta({ description: 'What this token may do' }),
  })
  .openapi('Me');

const readMeRoute = createRoute({
  method: 'get',
  path: '/api/v1/me',
  operationId: 'readMe',
  tags: ['Access'],
  summary: 'Who this token stands for and what it may do',
  security: bearer,
  responses: { 200: answer('The account, its tenant and the token', meSchema), ...problems(401, 429) },
});

export function registerMeRoutes(app: App, deps: ApiDeps): void {
  app.openapi(readMeRoute, async (c) => c.json(await readMe(deps, c.get('caller'), c.get('tokenId')), 200));
}
