import { z } from '@hono/zod-openapi';
import { hotfixOrigins, skippableTasks, slotCatchUps } from '../../domain/release/vocabulary.ts';
import { schemeNames } from '../../domain/versions/scheme.ts';

/** How releases of a config are numbered, what hotfixes go without, and who waits for whom. */
export const releasePolicies = {
  versionScheme: z.enum(schemeNames).default('SEMVER'),
  versionFormat: z.string().trim().min(1).max(64).nullable().default(null).meta({
    description:
      'CALVER: tokens of calver.org, an optional end in brackets, e.g. `YY.0M[.MICRO]`; weeks are ISO weeks with their own years, days are by UTC. CUSTOM: numbers by name, the most significant first, e.g. `{major}.{minor}.{build}`; a type raises the number of its own name ({major}, {minor}, {hotfix}, {fix} or {patch}), else the first, second or last. null: the month with a running number, or any label',
    example: 'YYYY.MM.MICRO',
  }),
  hotfix: z
    .strictObject({
      skipTasks: z
        .array(z.enum(skippableTasks))
        .max(skippableTasks.length)
        .default([])
        .meta({ description: 'Parts of the kickoff that a hotfix may leave out; without tickets of its own none is checked' }),
      skipRegression: z.boolean().default(false).meta({
        description:
          'Whether a hotfix may go without regression: its cycle tags the head of the branch and writes the notes, nothing is built or tested before the stores, and a person approves it whatever the gates say',
      }),
    })
    .prefault({}),
  concurrency: z
    .strictObject({
      perType: z.int().min(1).max(20).nullable().default(null).meta({
        description:
          'How many releases of this config and one type may be past their kickoff at a time; the next one waits. null: any number. Hotfixes never wait',
      }),
    })
    .prefault({}),
  slotCatchUp: z.enum(slotCatchUps).default('ALL').meta({
    description:
      'Of regression slots that are late at once, because a cycle took long or the release was paused. ALL: each has its cycle, oldest first. LATEST: only the newest has, the older ones are skipped with a reason',
  }),
};

/** What a new hotfix may be asked to be. */
export const hotfixWishes = {
  branchFrom: z.enum(hotfixOrigins).optional().meta({
    description: "Of a hotfix: on the base release's branch, or on a new one from its tag. Absent: as `branch` says, else from the tag",
  }),
  skipTasks: z
    .array(z.enum(skippableTasks))
    .max(skippableTasks.length)
    .optional()
    .meta({ description: 'Of a hotfix: parts of the kickoff to leave out, as far as the release config lets it' }),
  skipRegression: z
    .boolean()
    .optional()
    .meta({ description: 'Of a hotfix: no regression, where the release config lets it. Then the candidate is the head of the branch' }),
};
