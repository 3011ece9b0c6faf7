import { createRoute, z } from '@hono/zod-openapi';
import { roles } from '../../domain/access/permissions.ts';
import { subjectParts } from '../../domain/gates/subject.ts';
import { releaseGates } from '../../domain/release/gate-rules.ts';
import { taskStatuses, waitReasons } from '../../domain/run.ts';
import { gateStates } from '../../services/gates/gate-detail.ts';
import { overrideGate } from '../../services/gates/override-gate.ts';
import { listGates, showGate } from '../../services/gates/read-gates.ts';
import { decisions } from '../../services/releases/decision.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, instantSchema, jsonBody, readProblems, writeProblems } from '../schemas.ts';
import { personSchema, reasonSchema, releaseParams, releasePath } from './release-schemas.ts';

const ownerSchema = z
  .union([
    z.object({ kind: z.literal('role'), roles: z.array(z.enum(roles)).readonly() }),
    z.object({ kind: z.literal('people'), accountIds: z.array(z.string()).readonly() }),
    z.object({ kind: z.literal('system'), system: z.string() }),
  ])
  .openapi('RequirementOwner');

const metSchema = z.union([z.boolean(), z.literal('unknown')]).meta({ description: '`unknown` blocks like `false`' });

const requirementSchema = z
  .object({
    key: z.string().meta({ example: 'no-open-blocker' }),
    met: metSchema,
    evidence: z.string(),
    checkedAt: instantSchema,
    owner: ownerSchema.nullable().meta({ description: 'Who can make it true' }),
    freshForMs: z.int().nullable().meta({ description: 'Older than this it says nothing; null: it does not grow old' }),
    stale: z.boolean().meta({ description: 'It was checked too long ago to count' }),
  })
  .openapi('GateRequirement');

const approvalsSchema = z.object({
  mode: z.enum(['manual', 'automatic']).meta({ description: '`automatic`: no person is asked' }),
  met: z.boolean(),
  quorum: z.int(),
  given: z.int(),
  rejections: z.int(),
  groups: z.array(z.object({ name: z.string(), given: z.int(), quorum: z.int() })),
  evidence: z.string().meta({ example: '1 of 2 approvals, QA 0 of 1' }),
  allowSelfApproval: z.boolean(),
  expiresAfterMs: z.int().nullable(),
});

const weighedSchema = z
  .object({
    id: idSchema,
    taskId: idSchema,
    decision: z.enum(decisions),
    comment: z.string().nullable(),
    at: instantSchema,
    by: personSchema,
    for: z.array(personSchema).meta({ description: 'Who had left their approving to whoever gave it' }),
    counts: z.boolean(),
    groups: z.array(z.string()).meta({ description: 'Groups it counts for' }),
    whyNot: z.string().nullable().meta({ description: 'Why it does not count', example: 'given for other notes' }),
    changed: z.array(z.enum(subjectParts)).meta({ description: 'What has changed since it was given' }),
    expiresAt: instantSchema.nullable(),
  })
  .openapi('WeighedApproval');

const subjectSchema = z
  .object({
    digest: z.string().meta({ description: 'What an approval names as `subject`' }),
    commit: z.string(),
    builds: z
      .array(
        z.object({
          name: z.string(),
          identity: z.string(),
          otherCommitReason: z.string().optional().meta({ description: 'Adopted from another commit, and why' }),
        }),
      )
      .readonly()
      .meta({ description: 'By platform or store: the digest of the artifact, else the number or id of the build' }),
    notesDigest: z.string().nullable(),
  })
  .openapi('GateSubject');

const overrideSchema = z
  .object({
    by: personSchema,
    at: instantSchema,
    reason: z.string().nullable(),
    how: z.string().meta({ example: 'skipped' }),
    unmet: z.array(
      z.object({ key: z.string(), met: z.union([z.literal(false), z.literal('unknown')]), evidence: z.string(), checkedAt: instantSchema }),
    ),
  })
  .openapi('GateOverride');

const gateDetailSchema = z
  .object({
    gate: z.enum(releaseGates),
    state: z.enum(gateStates),
    task: z
      .object({ id: idSchema, status: z.enum(taskStatuses), waitReason: z.enum(waitReasons).nullable(), since: instantSchema })
      .nullable(),
    requirements: z.array(requirementSchema),
    approval: approvalsSchema,
    subject: subjectSchema.nullable().meta({ description: 'What exactly people are asked about' }),
    approvals: z.array(weighedSchema).meta({ description: 'Every word given at this gate, newest first, with what it is worth' }),
    mayApprove: z
      .array(personSchema.extend({ groups: z.array(z.string()) }))
      .meta({ description: 'The first hundred who can still approve' }),
    askedAt: instantSchema.nullable(),
    nextNotice: z.object({ kind: z.enum(['reminder', 'escalation']), at: instantSchema }).nullable(),
    override: overrideSchema.nullable(),
  })
  .openapi('GateDetail');

const common = { tags: ['Approvals'], security: bearer };
const collection = `${releasePath}/gates`;
const gateParams = releaseParams.extend({ gate: z.enum(releaseGates) });

const routes = (deps: ApiDeps) => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listGates',
    summary: 'The gates of a release, in their order',
    description:
      'Each with its requirements, their evidence, owners and freshness, what people said and what that is worth, and who can still approve.',
    request: { params: releaseParams },
    responses: { 200: answer('The gates', z.object({ items: z.array(gateDetailSchema) }).openapi('GateList')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: `${collection}/{gate}`,
    operationId: 'readGate',
    summary: 'One gate of a release',
    request: { params: gateParams },
    responses: { 200: answer('The gate', gateDetailSchema), ...readProblems },
  }),
  override: createRoute({
    ...common,
    method: 'post',
    path: `${collection}/{gate}/override`,
    operationId: 'overrideGate',
    summary: 'Pass a gate against its requirements',
    description:
      'For owners and admins. It is kept who did it, why, and which requirements stood unmet, and told in the channels for what is critical.',
    middleware: [idempotent(deps)] as const,
    request: {
      params: gateParams,
      headers: idempotencyHeader,
      ...jsonBody(z.strictObject({ reason: reasonSchema }).openapi('GateOverrideReason')),
    },
    responses: { 200: answer('The gate', gateDetailSchema), ...writeProblems },
  }),
});

export function registerReleaseGateRoutes(app: App, deps: ApiDeps): void {
  const { list, read, override } = routes(deps);
  app.openapi(list, async (c) => c.json(await listGates(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(read, async (c) => {
    const { releaseId, gate } = c.req.valid('param');
    return c.json(await showGate(deps, c.get('caller'), releaseId, gate), 200);
  });
  app.openapi(override, async (c) =>
    c.json(await overrideGate(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
