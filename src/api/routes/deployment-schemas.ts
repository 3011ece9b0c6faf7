import { z } from '@hono/zod-openapi';
import { judgeDefaults } from '../../domain/analysis/judge.ts';
import { type PipelineTaskType, pipelineTaskTypes } from '../../domain/deployment/pipeline.ts';
import { strategyPresetNames, strategyPresets } from '../../domain/deployment/rollout/presets.ts';
import { storePresetNames, storePresets } from '../../domain/deployment/store-presets.ts';
import { deploymentStages, environmentTiers } from '../../domain/deployment/vocabulary.ts';
import type { RolloutPlan } from '../../domain/rollout/plan.ts';
import { idSchema } from '../schemas.ts';
import { analysisSchema, inconclusiveDeadlineMs, milliseconds, querySchema } from './analysis-schema.ts';
import { rolloutPlanSchema } from './rollout-plan-schema.ts';

/* Pieces of what is deployed and how, as requests and answers show them. */

const DAY_MS = 86_400_000;

const percent = z.number().int().min(0).max(100);

const judgeSchema = z
  .strictObject({
    groups: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(64),
          weight: z.number(),
          metrics: z
            .array(
              z.strictObject({
                name: z.string().min(1).max(64),
                query: querySchema,
                direction: z.enum(['increase', 'decrease', 'either']).meta({ description: 'Which change is bad' }),
                missing: z.enum(['remove', 'replace']).default('remove').meta({ description: 'What becomes of points without a value' }),
                critical: z.boolean().default(false),
              }),
            )
            .min(1)
            .max(50),
        }),
      )
      .min(1)
      .max(50),
    pass: z.number().default(judgeDefaults.pass),
    marginal: z.number().default(judgeDefaults.marginal),
    windowMs: milliseconds(),
    stepMs: milliseconds(),
    inconclusiveDeadlineMs,
  })
  .openapi('JudgePlan');

const canaryStepSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('set-weight'), percent }),
  z.strictObject({
    do: z.literal('pause'),
    forMs: milliseconds(30 * DAY_MS)
      .nullable()
      .meta({ description: 'null: until a person advances it' }),
  }),
  z.strictObject({ do: z.literal('analysis'), analysis: analysisSchema }),
  z.strictObject({ do: z.literal('judge'), judge: judgeSchema }),
  z.strictObject({
    do: z.literal('set-header-route'),
    header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header'),
    value: z.string().min(1).max(200),
  }),
]);

export const strategySchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rolling') }),
    z.strictObject({
      kind: z.literal('canary'),
      steps: z.array(canaryStepSchema).min(1).max(200),
      background: analysisSchema.nullable().default(null),
      drainMs: milliseconds().default(30_000),
    }),
    z.strictObject({
      kind: z.literal('blue-green'),
      prePromotion: analysisSchema.nullable().default(null),
      promotion: z.enum(['manual', 'automatic']),
      postPromotion: analysisSchema.nullable().default(null),
      drainMs: milliseconds().min(30_000).default(30_000),
    }),
  ])
  .openapi('Strategy');

const probe = {
  intervalMs: milliseconds(3_600_000).min(100).default(2000),
  timeoutMs: milliseconds(60_000).min(100).default(2000),
  successes: z.number().int().min(1).max(100).default(3),
  withinMs: milliseconds().min(1000).default(120_000),
};

const command = z.array(z.string().min(1).max(1000)).min(1).max(50);

export const healthCheckSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('http'),
      path: z.string().regex(/^\/[^\s]{0,1000}$/, 'must be a path'),
      expectStatus: z.array(z.number().int().min(100).max(599)).min(1).max(20).default([200]),
      ...probe,
    }),
    z.strictObject({ kind: z.literal('tcp'), ...probe }),
    z.strictObject({ kind: z.literal('command'), command, ...probe }),
  ])
  .openapi('HealthCheck');

const driverConfig = z.record(z.string().max(64), z.unknown()).meta({ description: 'As the driver takes it; see docs/providers.md' });

const targetFields = z.strictObject({
  deploy: z.strictObject({
    integrationId: idSchema,
    config: driverConfig,
    replicas: z.number().int().min(1).max(1000).default(1),
    readyWithinMs: milliseconds().min(1000).default(300_000),
    graceMs: milliseconds(3_600_000).default(30_000),
  }),
  strategy: strategySchema,
  traffic: z.strictObject({ integrationId: idSchema, config: driverConfig }).nullable().default(null),
  metrics: z.strictObject({ integrationId: idSchema }).nullable().default(null),
  health: z.array(healthCheckSchema).max(20).default([]),
  migrations: z.strictObject({ integrationId: idSchema }).nullable().default(null),
  requiredVariables: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable'),
        secret: z.boolean().default(false),
        pattern: z.string().max(500).nullable().default(null).meta({ description: 'A regular expression its whole value must match' }),
      }),
    )
    .max(200)
    .default([]),
});

const storeFields = z.strictObject({
  integrationId: idSchema.meta({ description: 'A connection of the category store' }),
  appId: z.string().trim().min(1).max(255).meta({ description: 'Bundle id or package name', example: 'com.example.shop' }),
  track: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .default('production')
    .meta({ description: 'As the store names it; stores with one track ignore it' }),
  rollout: rolloutPlanSchema,
  updatePriority: z
    .int()
    .min(0)
    .max(5)
    .nullable()
    .default(null)
    .meta({ description: "How urgently running apps offer the update; null: the store's default" }),
});

export const targetBodySchema = targetFields.openapi('TargetBody');
export const storeTargetSchema = z.strictObject({ store: storeFields }).openapi('StoreTargetBody');

const byCi = z.strictObject({
  by: z.literal('ci'),
  integrationId: idSchema,
  workflowId: z.string().min(1).max(512),
  inputs: z.record(z.string(), z.string()).default({}),
  artifactName: z.string().max(255).nullable().default(null),
});
const byJob = z.strictObject({
  by: z.literal('job').meta({
    description:
      'In a directory with the files of the commit, where the service has source control. What is tested lies in the folder that ARTIFACT_DIRECTORY names',
  }),
  integrationId: idSchema,
  command,
  artifactPath: z.string().max(255).nullable().default(null),
  timeoutMs: milliseconds().min(1000).default(1_800_000),
});
const junitPath = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'Where the JUnit report is, in the artifact of a run or the directory of a job' });

const recipeStep = z.discriminatedUnion('by', [byCi, byJob]);
const testStep = z.discriminatedUnion('by', [byCi.extend({ junitPath }), byJob.extend({ junitPath })]);

export const recipeSchema = z
  .strictObject({
    build: recipeStep.nullable().default(null),
    tests: z.strictObject({ smoke: testStep.optional(), e2e: testStep.optional(), full: testStep.optional() }).default({}),
  })
  .openapi('ServiceRecipe');

/** What a person is told who writes a name that nobody gave. */
const namedOr = (names: readonly string[]) => ({
  error: ({ input }: { input?: unknown }) =>
    typeof input === 'string' ? `must be one of ${names.join(', ')}, or the whole of it` : undefined,
});

/** As people write it: a strategy by its name, or the whole of it. */
const drivenTargetInput = targetFields
  .extend({
    strategy: z.union(
      [
        z.enum(strategyPresetNames).transform((name): z.output<typeof strategySchema> => structuredClone(strategyPresets[name]) as never),
        strategySchema,
      ],
      namedOr(strategyPresetNames),
    ),
  })
  .openapi('DrivenTargetInput');

/** Likewise: a rollout by its name, or the whole of it. */
const storeTargetInput = z
  .strictObject({
    store: storeFields.extend({
      rollout: z
        .union(
          [z.enum(storePresetNames).transform((name): RolloutPlan => storePresets[name]), rolloutPlanSchema],
          namedOr(storePresetNames),
        )
        .meta({
          description: '`play`: 1, 5, 10, 25, 50 and 100 % with a day each. `app-store`: in the days of the store. `immediate`',
          example: 'play',
        }),
    }),
  })
  .openapi('StoreTargetInput');

export const targetInputSchema = z
  .union([drivenTargetInput, storeTargetInput])
  .openapi('TargetInput', { description: 'Of a service that drivers run (backend, web), or of one in a store track (android, ios)' });

const pipelineTaskSchema = z.strictObject({
  key: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, dashes and underscores, at most 64'),
  type: z.enum(Object.keys(pipelineTaskTypes) as [PipelineTaskType, ...PipelineTaskType[]]),
  dependsOn: z.array(z.string().max(64)).max(50).default([]),
  onFailure: z.enum(['halt', 'continue', 'rollback']).default('rollback'),
  maxAttempts: z.number().int().min(1).max(50).default(12),
  timeoutMs: milliseconds(30 * DAY_MS)
    .min(1000)
    .default(DAY_MS),
  input: z.record(z.string().max(64), z.union([z.string().max(1000), z.number(), z.boolean()])).default({}),
});

const stageKeys = deploymentStages.filter((stage) => stage !== 'ROLL_BACK');

export const pipelineBodySchema = z
  .strictObject({
    tiers: z.array(z.enum(environmentTiers)).min(1).max(3),
    stages: z
      .array(z.strictObject({ key: z.enum(stageKeys), tasks: z.array(pipelineTaskSchema).max(50) }))
      .min(1)
      .max(stageKeys.length),
  })
  .openapi('PipelineBody');
