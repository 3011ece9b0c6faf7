import { z } from 'zod';

/** Only the fields we read (Prometheus HTTP API v1). */

const labels = z.record(z.string(), z.string());
/** Seconds since 1970, with a fraction; the value is text, because JSON has no NaN and no infinity. */
const sample = z.tuple([z.number(), z.string()]);

const vector = z.object({
  resultType: z.literal('vector'),
  /** A native histogram comes without a `value`. */
  result: z.array(z.object({ metric: labels, value: sample.optional() })),
});
const scalar = z.object({ resultType: z.literal('scalar'), result: sample });
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(sample).optional(), histograms: z.array(z.unknown()).optional() })),
});
const string = z.object({ resultType: z.literal('string') });

export const answerSchema = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [vector, scalar, matrix, string]),
  warnings: z.array(z.string()).optional(),
});
export type Answer = z.output<typeof answerSchema>;

export const errorSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

export const buildSchema = z.object({ status: z.literal('success'), data: z.object({ version: z.string() }) });
