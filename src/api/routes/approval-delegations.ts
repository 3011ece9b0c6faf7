import { createRoute, z } from '@hono/zod-openapi';
import { createDelegation } from '../../services/delegations/create-delegation.ts';
import { listDelegations } from '../../services/delegations/list-delegations.ts';
import { revokeDelegation } from '../../services/delegations/revoke-delegation.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
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
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { instantInput, personSchema, reasonSchema } from './release-schemas.ts';

const delegationSchema = z
  .object({
    id: idSchema,
    from: personSchema,
    to: personSchema,
    startsAt: instantSchema,
    endsAt: instantSchema,
    reason: z.string(),
    revokedAt: instantSchema.nullable(),
    isActive: z.boolean().meta({ description: 'It counts at this moment' }),
    createdAt: instantSchema,
  })
  .openapi('ApprovalDelegation');

const newDelegationSchema = z
  .strictObject({
    toAccountId: idSchema.meta({ description: 'A member who may approve' }),
    from: instantInput.optional(),
    until: instantInput,
    reason: reasonSchema,
  })
  .openapi('NewApprovalDelegation');

const collection = '/api/v1/tenants/{tenantId}/approval-delegations';
const itemParams = tenantParams.extend({ delegationId: idSchema });
const common = { tags: ['Approvals'], security: bearer };

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createApprovalDelegation',
    summary: "Leave one's approving to another member for a time",
    description:
      "Their approvals count as the caller's, too, where groups are asked: once, whoever of the two approves. It passes on no right, nor what the caller was left themselves.",
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newDelegationSchema) },
    responses: { 201: answer('The delegation', delegationSchema), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listApprovalDelegations',
    summary: 'Who leaves their approving to whom, newest first',
    request: { params: tenantParams, query: listQuery },
    responses: { 200: answer('A page of delegations', pageOf(delegationSchema).openapi('ApprovalDelegationPage')), ...readProblems },
  }),
  revoke: createRoute({
    ...common,
    method: 'delete',
    path: `${collection}/{delegationId}`,
    operationId: 'revokeApprovalDelegation',
    summary: 'Take a delegation back',
    description: 'By whoever delegated, or somebody who may change members. Approvals that were given before stay what they were.',
    request: { params: itemParams },
    responses: { 204: { description: 'It counts no more' }, ...writeProblems },
  }),
});

export function registerApprovalDelegationRoutes(app: App, deps: ApiDeps): void {
  const { create, list, revoke } = routes(deps);
  app.openapi(create, async (c) => c.json(await createDelegation(servicesFor(c, deps), c.get('caller'), c.req.valid('json')), 201));
  app.openapi(list, async (c) => c.json(await listDelegations(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(revoke, async (c) => {
    await revokeDelegation(deps, c.get('caller'), c.req.valid('param').delegationId);
    return c.body(null, 204);
  });
}
