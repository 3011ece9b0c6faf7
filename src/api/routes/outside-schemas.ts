import { z } from '@hono/zod-openapi';
import { platforms, targets } from '../../domain/release/vocabulary.ts';
import { idSchema } from '../schemas.ts';

/** What exists outside: builds that came from there, and what an archived release leaves there. */

const adoptionSchema = z
  .object({
    accountId: idSchema,
    expectedCommit: z
      .string()
      .nullable()
      .meta({ description: 'What the task asked for, where the build is of another commit or of one nobody knows' }),
    reason: z.string().nullable().meta({ description: 'Why another commit was taken all the same' }),
    storeBuildNumber: z.string().nullable().meta({ description: 'Of a build that lies in a store only' }),
  })
  .openapi('BuildAdoption');

const artifactSourceSchema = z
  .object({
    url: z.string().meta({ description: 'Without its query' }),
    digest: z.string(),
    failure: z
      .object({ kind: z.string(), message: z.string(), remedy: z.string() })
      .nullable()
      .meta({ description: 'Why it is not here yet, and what to do' }),
  })
  .openapi('ArtifactSource');

const outsideUrl = z.string().nullable();
/** What archiving a release leaves outside; shown with it and with the archiving. */
export const leftBehindSchema = z
  .object({
    branch: z.string().nullable(),
    tags: z.array(z.string()),
    tickets: z.array(z.object({ key: z.string(), url: outsideUrl })),
    testRuns: z.array(z.object({ id: z.string(), url: outsideUrl })),
    builds: z
      .array(z.object({ id: idSchema, platform: z.enum(platforms), url: outsideUrl }))
      .meta({ description: 'Runs that have not ended' }),
    artifacts: z
      .array(z.object({ buildId: idSchema, platform: z.enum(platforms), name: z.string(), size: z.number().nullable() }))
      .meta({ description: 'Files that are kept here' }),
    stores: z
      .array(z.object({ target: z.enum(targets), version: z.string(), status: z.string(), url: outsideUrl }))
      .meta({ description: 'Versions that lie in a store' }),
  })
  .openapi('LeftBehind');

/** Of a build. */
export const buildOrigin = {
  artifactSource: artifactSourceSchema.nullable().meta({ description: 'Where CI says the artifact lies' }),
  adoption: adoptionSchema.nullable().meta({ description: 'Made elsewhere and given to the task; null: its own' }),
};

/** Of a release. */
export const archiveState = {
  isArchiving: z.boolean().meta({ description: 'Its stores are cleared, then it is archived by itself' }),
  leftBehind: leftBehindSchema.nullable().meta({ description: 'Of an archived release: what is still outside' }),
};
