import { createRoute, z } from '@hono/zod-openapi';
import { roles } from '../../domain/access/permissions.ts';
import { addMember } from '../../services/access/add-member.ts';
import { changeMemberRole } from '../../services/access/change-member-role.ts';
import { listMembers } from '../../services/access/list-members.ts';
import { removeMember } from '../../services/access/remove-member.ts';
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

const memberSchema = z
  .object({
    accountId: idSchema,
    displayName: z.string(),
    email: z.string().nullable().meta({ description: 'null: a service account' }),
    role: z.enum(roles),
    createdAt: instantSchema,
  })
  .openapi('Member');

const newMemberSchema = z
  .strictObject({
    email: z.email().max(320).toLowerCase().nullable().default(null).meta({ description: 'Absent: a service account is made' }),
    displayName: nameSchema,
    role: z.enum(roles),
  })
  .openapi('NewMember');

const collection = '/api/v1/tenants/{tenantId}/members';
const memberParams = tenantParams.extend({ accountId: idSchema });
const common = { tags: ['Access'], security: bearer };

const routes = (deps: ApiDeps) => ({
  add: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'addMember',
    summary: 'Add a member',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newMemberSchema) },
    responses: { 201: answer('The member', memberSchema), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listMembers',
    summary: 'Members of the tenant, newest account first',
    request: { params: tenantParams, query: listQuery },
    responses: { 200: answer('A page of members', pageOf(memberSchema).openapi('MemberPage')), ...readProblems },
  }),
  update: createRoute({
    ...common,
    method: 'patch',
    path: `${collection}/{accountId}`,
    operationId: 'changeMemberRole',
    summary: "Change a member's role",
    description: 'Nobody gives a role above their own; the last owner stays one.',
    request: { params: memberParams, ...jsonBody(z.strictObject({ role: z.enum(roles) }).openapi('MemberRole')) },
    responses: { 200: answer('The member', memberSchema), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: `${collection}/{accountId}`,
    operationId: 'removeMember',
    summary: 'Remove a member and revoke their tokens',
    request: { params: memberParams },
    responses: { 204: { description: 'They are no member any more' }, ...writeProblems },
  }),
});

export function registerMemberRoutes(app: App, deps: ApiDeps): void {
  const { add, list, update, remove } = routes(deps);
  app.openapi(add, async (c) => c.json(await addMember(deps, granterOf(c), c.req.valid('json')), 201));
  app.openapi(list, async (c) => c.json(await listMembers(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(update, async (c) => {
    const { accountId } = c.req.valid('param');
    return c.json(await changeMemberRole(deps, granterOf(c), accountId, c.req.valid('json').role), 200);
  });
  app.openapi(remove, async (c) => {
    await removeMember(deps, granterOf(c), c.req.valid('param').accountId);
    return c.body(null, 204);
  });
}
