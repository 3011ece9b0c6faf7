import { createRoute, z } from '@hono/zod-openapi';
import { approve } from '../../services/releases/approve.ts';
import { decisions } from '../../services/releases/decision.ts';
import { listApprovals } from '../../services/releases/list-approvals.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, jsonBody, listQuery, pageOf, readProblems, writeProblems } from '../schemas.ts';
import { approvalSchema, gateSchema, releaseParams, releasePath } from './release-schemas.ts';

const newApprovalSchema = z
  .strictObject({
    decision: z.enum(decisions),
    comment: z.string().trim().max(1000).optional(),
    subject: z.string().max(64).optional().meta({
      description:
        'The digest of what the person was shown, as the gate gives it: 409 where it has changed. Absent: what is asked about now',
    }),
  })
  .openapi('NewApproval');

const common = { tags: ['Approvals'], security: bearer, path: `${releasePath}/approvals` };

const routes = (deps: ApiDeps) => ({
  add: createRoute({
    ...common,
    method: 'post',
    operationId: 'approveRelease',
    summary: 'Approve or reject the release candidate at the gate',
    description:
      'Only while the gate waits for approval. It counts for this very candidate: its commit, its builds and its notes. What changes asks anew. One word per account: a second replaces the first. Whoever created the release may not approve it, unless its config allows that.',
    middleware: [idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(newApprovalSchema) },
    responses: { 201: answer('The gate', gateSchema), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    operationId: 'listApprovals',
    summary: 'Every word given on the gates of a release, newest first',
    request: { params: releaseParams, query: listQuery },
    responses: { 200: answer('A page of approvals', pageOf(approvalSchema).openapi('ApprovalPage')), ...readProblems },
  }),
});

const wordOf = ({ subject, ...word }: z.infer<typeof newApprovalSchema>) => ({
  ...word,
  ...(subject === undefined ? {} : { shown: { subject } }),
});

export function registerReleaseApprovalRoutes(app: App, deps: ApiDeps): void {
  const { add, list } = routes(deps);
  app.openapi(add, async (c) =>
    c.json(await approve(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, wordOf(c.req.valid('json'))), 201),
  );
  app.openapi(list, async (c) =>
    c.json(await listApprovals(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
}
