import { z } from '@hono/zod-openapi';

const rolloutStep = z.strictObject({
  percent: z.number().gt(0).max(100).meta({ description: 'Of the users; grows from step to step, the last is 100' }),
  waitMinutes: z
    .int()
    .min(0)
    .max(60 * 24 * 30)
    .nullable()
    .meta({ description: 'How long it stays there; null: until a person advances it' }),
});
export const rolloutPlans = [
  z.strictObject({ kind: z.literal('immediate') }).meta({ description: 'To everybody at once' }),
  z.strictObject({ kind: z.literal('phased') }).meta({ description: "In the store's own days" }),
  z
    .strictObject({ kind: z.literal('staged'), steps: z.array(rolloutStep).min(1).max(20).readonly() })
    .meta({ description: 'In steps of shares' }),
] as const;

export const rolloutPlanSchema = z.union(rolloutPlans).openapi('RolloutPlan');
