import { z } from '@hono/zod-openapi';
import { rolloutPauseReasons, rolloutStatuses, rolloutWishes } from '../../domain/rollout/rollout.ts';
import { uploaders } from '../../services/store-configs/store-config.ts';
import { submissionStatuses } from '../../services/submissions/submission-view.ts';
import { idSchema, instantSchema } from '../schemas.ts';

/** What a platform of a release shows of its store. */
export const storeProgress = {
  store: z
    .object({
      storeConfigId: idSchema,
      integrationId: idSchema,
      provider: z.string().meta({ example: 'google-play' }),
      appId: z.string(),
      track: z.string(),
      uploadBy: z.enum(uploaders),
    })
    .nullable()
    .meta({ description: 'Where it goes, as copied from the store config; null: the release does not bring it to a store' }),
  submission: z
    .object({
      id: idSchema,
      ordinal: z.int(),
      buildNumber: z.string(),
      status: z.enum(submissionStatuses),
      reason: z.string().nullable().meta({ description: 'Why it was rejected' }),
      url: z.string().nullable(),
      submittedAt: instantSchema.nullable(),
    })
    .nullable()
    .meta({ description: 'The latest' }),
  rollout: z
    .object({
      id: idSchema,
      status: z.enum(rolloutStatuses),
      pauseReason: z.enum(rolloutPauseReasons).nullable(),
      wanted: z.enum(rolloutWishes),
      step: z.int(),
      fraction: z.number().meta({ description: 'Share of the users, 0 to 1' }),
    })
    .nullable(),
};
