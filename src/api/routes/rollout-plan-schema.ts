import { z } from '@hono/zod-openapi';
import type { RolloutPlan } from '../../domain/rollout/plan.ts';
import { idSchema } from '../schemas.ts';
import { analysisSchema } from './analysis-schema.ts';

const measured = z
  .strictObject({ integrationId: idSchema })
  .nullable()
  .optional()
  .meta({ description: 'A connection of the category monitoring, by which analyses are measured' });

/** Queries have words of their own here. */
const storeAnalysis = (what: string) =>
  analysisSchema
    .nullable()
    .optional()
    .meta({
      description: `${what}. Its queries name \`{{version}}\`, \`{{buildNumber}}\`, \`{{app}}\`, \`{{track}}\`, \`{{target}}\` and \`{{windowSeconds}}\`. Failed: it is halted in the store. Without evidence it stands still, and is halted when the deadline has passed`,
    });

const rolloutStep = z.strictObject({
  percent: z.number().gt(0).max(100).meta({ description: 'Of the users; grows from step to step, the last is 100' }),
  waitMinutes: z
    .int()
    .min(0)
    .max(60 * 24 * 30)
    .nullable()
    .meta({ description: 'How long it stays there; null: until a person advances it' }),
  analysis: storeAnalysis('Must have passed before the next share; the last step has none'),
});
export const rolloutPlans = [
  z.strictObject({ kind: z.literal('immediate') }).meta({ description: 'To everybody at once' }),
  z
    .strictObject({
      kind: z.literal('phased'),
      analysis: storeAnalysis('Anew on each of its days; without evidence it is halted at once'),
      metrics: measured,
    })
    .meta({ description: "In the store's own days" }),
  z
    .strictObject({ kind: z.literal('staged'), steps: z.array(rolloutStep).min(1).max(20).readonly(), metrics: measured })
    .meta({ description: 'In steps of shares' }),
] as const;

// The plan's lists are readonly, which the compiler would refuse to answer with.
export const rolloutPlanSchema = z.union(rolloutPlans).openapi('RolloutPlan') as unknown as z.ZodType<RolloutPlan>;
