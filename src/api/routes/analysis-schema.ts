import { z } from '@hono/zod-openapi';
import { verdicts } from '../../domain/analysis/judge-metric.ts';
import { outcomes } from '../../domain/analysis/measurement.ts';
import { metricDefaults } from '../../domain/analysis/metric.ts';
import { instantSchema } from '../schemas.ts';

/* What is measured beside a rollout, as requests and answers show it. */

const DAY_MS = 86_400_000;

export const milliseconds = (most = DAY_MS) => z.number().int().min(0).max(most).meta({ description: 'Milliseconds' });

const conditionSchema = z.strictObject({ op: z.enum(['<', '<=', '>', '>=', '==']), threshold: z.number() });

export const querySchema = z.string().min(1).max(4000).meta({
  description: '`{{side}}`, `{{otherSide}}`, `{{service}}`, `{{environment}}` and `{{windowSeconds}}` are replaced',
  example: 'sum(rate(errors{side="{{side}}"}[30s]))',
});

const metricSchema = z.strictObject({
  name: z.string().min(1).max(64),
  query: querySchema,
  intervalMs: milliseconds(),
  initialDelayMs: milliseconds().default(metricDefaults.initialDelayMs),
  until: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('count'), count: z.int() }),
      z.strictObject({ kind: z.literal('time'), ms: milliseconds(30 * DAY_MS) }),
    ])
    .meta({ description: 'When it has been measured enough' }),
  successCondition: conditionSchema.meta({ description: 'A measurement that meets it is a success' }),
  failureCondition: conditionSchema
    .nullable()
    .default(metricDefaults.failureCondition)
    .meta({ description: 'null: whatever is no success is a failure. Otherwise what is neither is inconclusive' }),
  failureLimit: z.int().default(metricDefaults.failureLimit).meta({ description: 'It fails when its failures exceed this' }),
  inconclusiveLimit: z.int().default(metricDefaults.inconclusiveLimit),
  consecutiveErrorLimit: z.int().default(metricDefaults.consecutiveErrorLimit),
  minSamples: z.int().default(metricDefaults.minSamples).meta({ description: 'Without as many it never passes' }),
});

export const inconclusiveDeadlineMs = milliseconds(7 * DAY_MS)
  .default(3_600_000)
  .meta({ description: 'How long one without evidence waits for a person before the rollout is aborted, milliseconds' });

export const analysisSchema = z
  .strictObject({ metrics: z.array(metricSchema).min(1).max(50), inconclusiveDeadlineMs })
  .openapi('AnalysisPlan');

const measurementSchema = z.object({
  metric: z.string(),
  value: z.number().nullable().meta({ description: 'null: there was none, or none that is a finite number' }),
  result: z.enum(outcomes),
  message: z.string().nullable().meta({ description: 'Why it is no success' }),
  at: instantSchema,
});

export const analysisRunSchema = z
  .object({
    key: z.string().meta({
      example: 'step-2',
      description: 'step-N: of that step; background-N: the Nth beside the steps; in a store stay-<instant>: of the step reached then',
    }),
    kind: z.enum(['analysis', 'judge']),
    verdict: z.enum(verdicts).nullable(),
    reason: z.string().nullable().meta({ description: 'What the verdict rests on' }),
    startedAt: instantSchema,
    endedAt: instantSchema.nullable(),
    measurements: z.array(measurementSchema).meta({ description: 'The newest 50 of each metric, oldest first' }),
  })
  .openapi('AnalysisRun');
