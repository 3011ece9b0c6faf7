import { z } from 'zod';

/** Only the fields we read, as GitHub's REST description (api.github.com, version 2022-11-28) names them. */

const account = z.object({ login: z.string() }).nullish();

export const userSchema = z.object({ login: z.string() });

export const repositorySchema = z.object({
  full_name: z.string(),
  private: z.boolean(),
  archived: z.boolean(),
  disabled: z.boolean().optional(),
  default_branch: z.string(),
  permissions: z.object({ push: z.boolean().optional() }).optional(),
});

export const gitRefSchema = z.object({ ref: z.string(), object: z.object({ type: z.string(), sha: z.string() }) });
export type GitRef = z.infer<typeof gitRefSchema>;

export const tagObjectSchema = z.object({ sha: z.string(), message: z.string(), object: z.object({ type: z.string(), sha: z.string() }) });

export const commitShaSchema = z.object({ sha: z.string() });

const commitSchema = z.object({
  sha: z.string(),
  html_url: z.string(),
  commit: z.object({ message: z.string(), author: z.object({ name: z.string().optional(), date: z.string().optional() }).nullish() }),
  // An author GitHub cannot tie to an account is null, or an empty object.
  author: z.object({ login: z.string().optional() }).nullish(),
  parents: z.array(z.object({ sha: z.string() })),
});
export type GithubCommit = z.infer<typeof commitSchema>;

export const comparisonSchema = z.object({
  status: z.enum(['diverged', 'ahead', 'behind', 'identical']),
  ahead_by: z.number(),
  behind_by: z.number(),
  total_commits: z.number(),
  base_commit: z.object({ sha: z.string() }),
  merge_base_commit: z.object({ sha: z.string() }).nullish(),
  commits: z.array(commitSchema),
});

const pullSchema = z.object({
  number: z.number(),
  title: z.string(),
  state: z.string(),
  html_url: z.string(),
  labels: z.array(z.object({ name: z.string().nullish() })),
  user: account,
  base: z.object({ ref: z.string() }),
  head: z.object({ ref: z.string() }),
  merge_commit_sha: z.string().nullish(),
  merged_at: z.string().nullish(),
});
export type GithubPull = z.infer<typeof pullSchema>;
export const pullsSchema = z.array(pullSchema);

export const releaseSchema = z.object({
  id: z.number(),
  tag_name: z.string(),
  name: z.string().nullable(),
  body: z.string().nullish(),
  prerelease: z.boolean(),
  html_url: z.string(),
});
export type GithubRelease = z.infer<typeof releaseSchema>;

// Numeric ids stay bigint-safe as text: octokit parses ids beyond 2^53 to bigint.
const id = z.union([z.number(), z.bigint()]).transform(String);

export const workflowSchema = z.object({ id, name: z.string(), path: z.string(), state: z.string() });
export const workflowsSchema = z.object({ workflows: z.array(workflowSchema) });

export const fileSchema = z.object({ type: z.string(), encoding: z.string().optional(), content: z.string() });

/** Empty for 204, which older servers answer. */
export const dispatchSchema = z.union([z.object({ workflow_run_id: id }), z.literal('').transform(() => null)]);

export const runSchema = z.object({
  id,
  name: z.string().nullish(),
  display_title: z.string().nullish(),
  event: z.string(),
  head_branch: z.string().nullable(),
  head_sha: z.string().nullish(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  run_number: z.number(),
  run_attempt: z.number().optional(),
  html_url: z.string(),
  created_at: z.string(),
});
export type GithubRun = z.infer<typeof runSchema>;
export const runsSchema = z.object({ workflow_runs: z.array(runSchema) });

const artifactSchema = z.object({
  id,
  name: z.string(),
  size_in_bytes: z.number(),
  digest: z.string().nullish(),
  expired: z.boolean(),
  archive_download_url: z.string(),
});
export const artifactsSchema = z.object({ artifacts: z.array(artifactSchema) });

/** `{}`, or nothing at all from older servers: a write whose answer says no more than that it was taken. */
export const takenSchema = z.union([z.record(z.string(), z.unknown()), z.literal('')]);
