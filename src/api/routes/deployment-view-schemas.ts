import { z } from '@hono/zod-openapi';
import {
  deploymentKinds,
  deploymentScopes,
  deploymentStages,
  deploymentStatuses,
  environmentTiers,
  serviceDeploymentStatuses,
  sides,
} from '../../domain/deployment/vocabulary.ts';
import { holdReasons, stageStatuses, waitReasons } from '../../domain/run.ts';
import { idSchema, instantSchema, tenantParams } from '../schemas.ts';
import { personSchema, taskSchema } from './release-schemas.ts';

/* What is shown of deployments. */

export const deploymentsPath = '/api/v1/tenants/{tenantId}/deployments';
export const deploymentPath = `${deploymentsPath}/{deploymentId}`;
export const deploymentParams = tenantParams.extend({ deploymentId: idSchema });

const whereSchema = {
  environment: z.object({ id: idSchema, name: z.string(), tier: z.enum(environmentTiers) }),
  app: z.object({ id: idSchema, name: z.string() }),
  serviceRelease: z.object({ id: idSchema, version: z.string() }).nullable(),
};

export const deploymentSummarySchema = z
  .object({
    id: idSchema,
    displayId: z.string().meta({ example: 'DEP-7' }),
    kind: z.enum(deploymentKinds),
    scope: z.enum(deploymentScopes),
    status: z.enum(deploymentStatuses),
    ...whereSchema,
    reason: z.string().nullable(),
    requestedBy: personSchema,
    createdAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .openapi('DeploymentSummary');

const minimumTimeSchema = z
  .object({
    deployMs: z.number().meta({ description: 'What it waits for by its own plan, milliseconds; builds, drivers and people come on top' }),
    rollbackMs: z.number().meta({ description: 'To take everything back after the last service was changed, milliseconds' }),
  })
  .openapi('MinimumTime');

const fromSchema = z.object({ version: z.string(), digest: z.string(), side: z.enum(sides) }).nullable();
const toSchema = z.object({ version: z.string(), digest: z.string() }).nullable().meta({ description: 'null: it is built first' });

const plannedFields = {
  serviceId: idSchema,
  name: z.string(),
  layer: z.int(),
  because: z.string().meta({ description: 'Why it is in the set', example: 'it was named' }),
  from: fromSchema,
  to: toSchema,
  note: z
    .string()
    .nullable()
    .meta({ description: 'What people should know of how it is changed, e.g. with which values it is brought back; null: nothing' }),
};

export const deploymentSchema = deploymentSummarySchema
  .extend({
    failure: z.string().nullable(),
    revertsId: idSchema.nullable().meta({ description: 'Of a rollback: the deployment it takes back' }),
    sourceEnvironmentId: idSchema.nullable(),
    cancellation: z.object({ requestedAt: instantSchema, reason: z.string(), deadlineAt: instantSchema.nullable() }).nullable(),
    overrides: z.array(z.object({ check: z.literal('health'), accountId: idSchema, reason: z.string() })),
    layers: z.array(z.array(z.string())).meta({ description: 'Services by the order in which they are changed' }),
    minimumTime: minimumTimeSchema,
    stages: z.array(
      z.object({
        key: z.string(),
        status: z.enum(stageStatuses),
        tasks: z.object({ done: z.int(), total: z.int() }),
      }),
    ),
    services: z.array(
      z.object({
        ...plannedFields,
        status: z.enum(serviceDeploymentStatuses),
        failure: z.string().nullable().meta({ description: 'Why its new version was taken back, or why it could not be' }),
        changeOrder: z.int().nullable().meta({ description: '1: changed first. null: not changed' }),
        weight: z.number().nullable().meta({ description: 'Share of traffic of the new version as the router showed it last, percent' }),
        rollout: z.object({ status: z.string(), pauseReason: z.string().nullable(), step: z.int() }).nullable(),
        startedAt: instantSchema.nullable(),
        endedAt: instantSchema.nullable(),
      }),
    ),
    holds: z.array(z.object({ reason: z.enum(holdReasons), subject: z.string(), note: z.string().nullable(), since: instantSchema })),
    waits: z.array(
      z.object({
        taskId: idSchema,
        task: z.string(),
        reason: z.enum(waitReasons),
        since: instantSchema,
        until: instantSchema.nullable().meta({ description: 'When it is looked at next by itself' }),
      }),
    ),
  })
  .openapi('Deployment');

export const planSchema = z
  .object({
    kind: z.enum(deploymentKinds),
    scope: z.enum(deploymentScopes),
    ...whereSchema,
    layers: z.array(z.array(z.string())),
    services: z.array(
      z.object({
        ...plannedFields,
        after: z.array(z.string()),
        commit: z.string().nullable().meta({ description: 'What it is built from' }),
        strategy: z
          .enum(['rolling', 'canary', 'blue-green', 'immediate', 'phased', 'staged'])
          .meta({ description: 'immediate, phased and staged: how a store lets it out' }),
        migrations: z.array(z.object({ name: z.string(), class: z.string() })),
      }),
    ),
    outside: z.array(z.object({ serviceId: idSchema, name: z.string(), kind: z.string(), neededBy: z.string() })),
    stages: z.array(z.string()),
    minimumTime: minimumTimeSchema,
    mermaid: z.string(),
  })
  .openapi('PlannedDeployment');

export const whySchema = z
  .object({
    status: z.enum(deploymentStatuses),
    summary: z.string(),
    items: z.array(
      z.object({
        kind: z.enum(['wait', 'hold', 'failure', 'cancellation', 'work']),
        text: z.string(),
        taskId: idSchema.nullable(),
        since: instantSchema.nullable(),
        until: instantSchema.nullable(),
      }),
    ),
  })
  .openapi('DeploymentWhy');

export const deploymentTaskSchema = taskSchema.extend({ stage: z.enum(deploymentStages) }).openapi('DeploymentTask');
