import { z } from 'zod';

/** What a receiver answers. */

/** JSON has no NaN and no infinity: these are text. */
const value = z.union([
  z.number(),
  z
    .enum(['NaN', '+Inf', '-Inf'])
    .transform((text) => ({ NaN: Number.NaN, '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY })[text]),
]);

const point = z.object({ at: z.iso.datetime({ offset: true }).transform((text) => new Date(text)), value });

export const answerSchema = z.object({
  series: z.array(z.object({ labels: z.record(z.string(), z.string()), points: z.array(point) })).max(10_000),
});
