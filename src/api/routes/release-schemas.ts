import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { failureKinds } from '../../domain/failure.ts';
import {
  buildModes,
  cycleStatuses,
  platforms,
  releaseStatuses,
  releaseTypes,
  skippableTasks,
  stageKeys,
  targets,
  workflowTypes,
} from '../../domain/release/vocabulary.ts';
import { deadlineActions, holdReasons, stageStatuses, taskStatuses, waitReasons } from '../../domain/run.ts';
import { decisions } from '../../services/releases/decision.ts';
import type { AppEnv } from '../context.ts';
import { problem } from '../problem.ts';
import { idSchema, instantSchema, tenantParams } from '../schemas.ts';
import { archiveState, buildOrigin } from './outside-schemas.ts';
import { storeProgress } from './store-schemas.ts';

/** What the routes of a release share. */

export const releasesPath = '/api/v1/release-management/tenants/{tenantId}/releases';
export const releasePath = `${releasesPath}/{releaseId}`;
export const releaseParams = tenantParams.extend({ releaseId: idSchema });

const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/** An instant in a request, of any zone. */
export const instantInput = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2026-11-21T04:00:00Z' })
  .refine((text) => Date.parse(text) >= EARLIEST && Date.parse(text) < LATEST, 'must lie between the years 2000 and 2200')
  .transform((text) => new Date(text))
  .openapi({ type: 'string', format: 'date-time', description: 'ISO 8601 with a zone', example: '2026-11-21T04:00:00Z' });

/** The same where null says something, too. */
export const instantInputOrNull = instantInput.nullable().openapi({ type: ['string', 'null'] });

export const reasonSchema = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .meta({ description: 'Why; kept in the history', example: 'Store review moved' });

/** For commands that may come without a body. */
export function optionalBody<T extends z.ZodType>(schema: T) {
  return { body: { required: false, content: { 'application/json': { schema } } } } as const;
}

export const optionalReason = z.strictObject({ reason: reasonSchema.optional() }).openapi('OptionalReason');

/** A body that is optional is no body of another kind. Many clients name a type for the body they do not send: no body has no type. */
export const refuseOtherBodies: MiddlewareHandler<AppEnv> = async (c, next) => {
  const type = c.req.header('content-type');
  if (type === undefined) return next();
  if ((await c.req.text()).trim() === '') {
    c.req.raw.headers.delete('content-type');
    return next();
  }
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    return problem(c, 'unsupported-media-type', 'Send the body as application/json.');
  }
  return next();
};

export const platformTargetSchema = z.object({ platform: z.enum(platforms), target: z.enum(targets) });

export const personSchema = z.object({ accountId: z.string(), displayName: z.string() }).openapi('Person');

export const platformSchema = platformTargetSchema
  .extend({
    version: z.string().meta({ example: '1.4.0' }),
    ticket: z.object({ key: z.string(), url: z.string().nullable() }).nullable(),
    testRun: z.object({ id: z.string(), url: z.string().nullable() }).nullable(),
  })
  .openapi('PlatformRelease');

const platformDetailSchema = platformSchema.extend(storeProgress).openapi('PlatformReleaseDetail');

export const releaseSummarySchema = z
  .object({
    id: idSchema,
    displayId: z.string().meta({ example: 'REL-7' }),
    type: z.enum(releaseTypes),
    status: z.enum(releaseStatuses).meta({ description: 'Computed from the run of the release' }),
    branch: z.string().meta({ example: 'release/1.4.0' }),
    releaseTag: z.string().nullable().meta({ description: 'Null until the final tag exists' }),
    kickOffDate: instantSchema,
    targetReleaseDate: instantSchema,
    releaseDate: instantSchema.nullable(),
    createdAt: instantSchema,
    blockedBy: z
      .array(z.object({ id: idSchema, displayId: z.string().meta({ example: 'REL-6' }) }))
      .meta({ description: 'Releases it waits for, to kick off or to hand its version to a store' }),
    platforms: z.array(platformSchema),
  })
  .openapi('ReleaseSummary');

export const holdSchema = z
  .object({
    reason: z.enum(holdReasons),
    subject: z.string().nullable().meta({ description: 'What it is about: a task id, a stage, …' }),
    note: z.string().nullable(),
    since: instantSchema,
    by: personSchema.nullable().meta({ description: 'null: the engine' }),
  })
  .openapi('Hold');

const stageSchema = z
  .object({
    key: z.enum(stageKeys),
    status: z.enum(stageStatuses),
    attempt: z.int().meta({ description: 'Round of the stage; 0 = not opened yet' }),
    openedAt: instantSchema.nullable(),
    closedAt: instantSchema.nullable(),
    tasks: z.object({ total: z.int(), done: z.int(), waiting: z.int(), failed: z.int() }).meta({ description: 'Of the present round' }),
  })
  .openapi('StageProgress');

export const cycleSchema = z
  .object({
    id: idSchema,
    number: z.int(),
    status: z.enum(cycleStatuses),
    rcTag: z.string().nullable().meta({ example: 'v1.4.0-rc.2' }),
    rcCommit: z.string().nullable(),
    startedAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .openapi('RegressionCycle');

export const slotSchema = z
  .object({
    id: idSchema,
    date: instantSchema,
    status: z.enum(['PLANNED', 'USED', 'SKIPPED']),
    reason: z.string().nullable().meta({ description: 'Why it was skipped' }),
    automation: z.boolean().meta({ description: 'Whether its cycle runs the automated tests' }),
    cycle: cycleSchema.nullable().meta({ description: 'The round that came of it' }),
  })
  .openapi('RegressionSlot');

export const approvalSchema = z
  .object({
    ...{ id: idSchema, taskId: idSchema },
    decision: z.enum(decisions),
    comment: z.string().nullable(),
    commit: z.string().nullable().meta({ description: 'The candidate it was given for' }),
    subject: z.string().nullable().meta({ description: 'Digest of the commit, builds and notes it was given for' }),
    forAccountIds: z.array(z.string()).meta({ description: 'Who had left their approving to whoever gave it' }),
    at: instantSchema,
    by: personSchema,
  })
  .openapi('Approval');

export const gateSchema = z
  .object({
    taskId: idSchema,
    type: z.string().meta({ example: 'APPROVE_REGRESSION' }),
    status: z.enum(taskStatuses),
    waitReason: z.enum(waitReasons).nullable(),
    since: instantSchema,
    evidence: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Each requirement, what was found, and when' }),
    quorum: z.int(),
    approvals: z.array(approvalSchema),
  })
  .openapi('Gate');

export const releaseSchema = releaseSummarySchema
  .extend({
    platforms: z.array(platformDetailSchema),
    description: z.string().nullable(),
    baseBranch: z.string(),
    baseReleaseId: idSchema.nullable(),
    forkCommit: z.string().nullable(),
    buildMode: z.enum(buildModes),
    config: z.object({ id: idSchema, name: z.string() }).meta({ description: 'The release config it holds a copy of' }),
    kickOffReminderDate: instantSchema.nullable(),
    delayReason: z.string().nullable().meta({ description: 'Of the last delay' }),
    delays: z
      .array(z.object({ from: instantSchema, to: instantSchema, reason: z.string(), at: instantSchema, by: personSchema }))
      .meta({ description: 'Each time the target moved later, oldest first' }),
    skipped: z
      .object({ tasks: z.array(z.enum(skippableTasks)), regression: z.boolean() })
      .nullable()
      .meta({ description: 'What this hotfix does without' }),
    archivedAt: instantSchema.nullable(),
    submittedAt: instantSchema.nullable().meta({ description: "Since when every target's store has the version for review, or further" }),
    preReleaseRequestedAt: instantSchema.nullable(),
    regressionRequestedAt: instantSchema.nullable(),
    attention: z.string().nullable().meta({ description: 'Why only a person can move it on' }),
    ...archiveState,
    startedAt: instantSchema.nullable(),
    endedAt: instantSchema.nullable(),
    updatedAt: instantSchema,
    createdBy: personSchema,
    pilot: personSchema.nullable(),
    pauseReasons: z.array(z.string()).meta({ example: ['USER_REQUESTED', 'TASK_FAILURE(01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z)'] }),
    holds: z.array(holdSchema),
    stages: z.array(stageSchema),
    slots: z.array(slotSchema),
    gate: gateSchema.nullable(),
  })
  .openapi('Release');

export const failureSchema = z
  .object({
    kind: z.enum(failureKinds),
    message: z.string(),
    provider: z.string().optional(),
    retryAfterMs: z.number().optional(),
    connection: z.object({ category: z.string(), id: z.string(), displayName: z.string() }).optional(),
    remedy: z.string().meta({ description: 'What a person can do about it' }),
  })
  .openapi('Failure');

export const buildSchema = z
  .object({
    id: idSchema,
    taskId: idSchema,
    platform: z.enum(platforms),
    ordinal: z.int().meta({ description: 'Grows when a failed build is done again' }),
    workflowType: z.enum(workflowTypes),
    mode: z.enum(buildModes),
    ref: z.string(),
    version: z.string(),
    status: z.string().meta({ example: 'SUCCEEDED' }),
    providerState: z.string().nullable().meta({ description: "The provider's own word for the state" }),
    url: z.string().nullable(),
    commit: z.string().nullable(),
    artifact: z
      .object({
        name: z.string(),
        url: z.string().nullable().meta({ description: 'At the provider' }),
        size: z.number().nullable().meta({ description: 'Bytes' }),
        digest: z.string().nullable().meta({ example: 'sha256:2c26b46b…' }),
        kept: z.boolean().meta({ description: 'It can be downloaded from Signalbox' }),
      })
      .nullable(),
    ...buildOrigin,
    dispatchedAt: instantSchema.nullable(),
    createdAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .openapi('Build');

export const taskActions = ['retry', 'skip', 'complete'] as const;

export const taskSchema = z
  .object({
    id: idSchema,
    key: z.string(),
    type: z.string().meta({ example: 'FORK_BRANCH' }),
    title: z.string(),
    stage: z.enum(stageKeys),
    stageAttempt: z.int(),
    status: z.enum(taskStatuses),
    waitReason: z.enum(waitReasons).nullable(),
    held: z.boolean().meta({ description: 'The release is paused, and the task does not start' }),
    attempt: z.int(),
    failures: z.int(),
    maxAttempts: z.int(),
    runAt: instantSchema.nullable().meta({ description: 'When the engine looks at it next; null = only an event moves it' }),
    notBefore: instantSchema.nullable(),
    deadlineAt: instantSchema.nullable(),
    onDeadline: z.enum(deadlineActions),
    externalId: z.string().nullable(),
    failure: failureSchema.nullable(),
    note: z.string().nullable(),
    settledBy: personSchema.nullable(),
    dependsOn: z.array(z.object({ id: idSchema, key: z.string(), status: z.enum(taskStatuses) })),
    possible: z.array(z.enum(taskActions)).meta({ description: 'What a person may do to it in this status' }),
    createdAt: instantSchema,
    startedAt: instantSchema.nullable(),
    statusSince: instantSchema,
    finishedAt: instantSchema.nullable(),
  })
  .openapi('Task');

export const attemptSchema = z.object({
  number: z.int(),
  outcome: z.string().meta({ description: '`under-way` for the one that has not ended' }),
  worker: z.string().nullable(),
  startedAt: instantSchema.nullable(),
  endedAt: instantSchema.nullable(),
  failure: failureSchema.nullable(),
});

export const taskDetailSchema = taskSchema
  .extend({
    input: z.record(z.string(), z.unknown()).nullable(),
    output: z.record(z.string(), z.unknown()).nullable(),
    attempts: z.array(attemptSchema),
    builds: z.array(buildSchema),
  })
  .openapi('TaskDetail');
