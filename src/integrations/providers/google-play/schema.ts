import { z } from 'zod';

/** The fields of Google's answers that we read. Protocol buffers as JSON: what is empty is left out. */

export const nothingSchema = z.unknown();

export const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** Of the token endpoint (RFC 6749, 5.2). */
export const refusedTokenSchema = z.object({ error: z.string(), error_description: z.string().optional() });

export const editSchema = z.object({ id: z.string().min(1) });

/** Loose, like the track: it is written back whole, and what we do not know in it belongs to people. */
export const trackReleaseSchema = z.looseObject({
  name: z.string().optional(),
  versionCodes: z.array(z.coerce.string()).optional(),
  status: z.string().optional(),
  userFraction: z.number().optional(),
  releaseNotes: z.array(z.looseObject({ language: z.string(), text: z.string().optional() })).optional(),
  countryTargeting: z.unknown().optional(),
});

export const trackSchema = z.object({ track: z.string(), releases: z.array(trackReleaseSchema).default([]) });

export const tracksSchema = z.object({ tracks: z.array(trackSchema).default([]) });

export const bundleSchema = z.object({ versionCode: z.int(), sha256: z.string().optional() });

export const bundlesSchema = z.object({ bundles: z.array(bundleSchema).default([]) });

export const listingsSchema = z.object({
  listings: z.array(z.object({ language: z.string(), title: z.string().optional() })).default([]),
});

export const detailsSchema = z.object({ defaultLanguage: z.string().optional() });

export const summariesSchema = z.object({
  releases: z
    .array(
      z.object({
        releaseLifecycleState: z.string().optional(),
        activeArtifacts: z.array(z.object({ versionCode: z.int() })).default([]),
      }),
    )
    .default([]),
});

export const refusalSchema = z.object({
  error: z.object({
    message: z.string().default(''),
    status: z.string().optional(),
    errors: z
      .array(z.object({ reason: z.string().optional() }))
      .optional()
      .catch(undefined),
    details: z
      .array(z.object({ reason: z.string().optional() }))
      .optional()
      .catch(undefined),
  }),
});

export type TrackRelease = z.output<typeof trackReleaseSchema>;
export type Track = z.output<typeof trackSchema>;
export type Bundle = z.output<typeof bundleSchema>;
export type ReleaseSummary = z.output<typeof summariesSchema>['releases'][number];
