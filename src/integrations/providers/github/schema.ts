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
  permissions: z.object({ push: z.boolean().optional(), admin: z.boolean().optional() }).optional(),
});

const listedRepositorySchema = z.object({
  name: z.string(),
  full_name: z.string(),
  owner: z.object({ login: z.string() }),
  private: z.boolean(),
  default_branch: z.string().nullish(),
  html_url: z.string(),
});
export type GithubRepository = z.infer<typeof listedRepositorySchema>;
export const repositoriesSchema = z.array(listedRepositorySchema);
export const installationRepositoriesSchema = z.object({ repositories: repositoriesSchema });

export const gitRefSchema = z.object({ ref: z.string(), object: z.object({ type: z.string(), sha: z.string() }) });
export type GitRef = z.infer<typeof gitRefSchema>;

export const tagObjectSchema = z.object({ sha: z.string(), message: z.string(), object: z.object({ type: z.string(), sha: z.string() }) });

export const commitShaSchema = z.object({ sha: z.string() });

/** 204 has no body. */
export const nothingSchema = z.union([z.literal(''), z.undefined(), z.null()]).transform(() => null);

export const gitCommitSchema = z.object({
  sha: z.string(),
  message: z.string(),
  author: z.object({ name: z.string(), email: z.string(), date: z.string() }),
  tree: z.object({ sha: z.string() }),
  parents: z.array(z.object({ sha: z.string() })),
});
export type GitCommit = z.infer<typeof gitCommitSchema>;

/** 204: nothing to merge. */
export const mergeSchema = z.union([
  z.object({ sha: z.string(), commit: z.object({ tree: z.object({ sha: z.string() }) }) }),
  nothingSchema,
]);

export const branchesSchema = z.array(z.object({ name: z.string(), commit: z.object({ sha: z.string() }) }));

const switched = z.object({ enabled: z.boolean().optional() }).nullish();
const checks = z
  .object({ contexts: z.array(z.string()).optional(), checks: z.array(z.object({ context: z.string() })).optional() })
  .nullish();
const actors = z
  .object({ users: z.array(z.unknown()).optional(), teams: z.array(z.unknown()).optional(), apps: z.array(z.unknown()).optional() })
  .nullish();

export const protectionSchema = z.object({
  required_status_checks: checks,
  enforce_admins: switched,
  required_pull_request_reviews: z
    .object({ required_approving_review_count: z.number().optional(), bypass_pull_request_allowances: actors })
    .nullish(),
  restrictions: actors,
  allow_force_pushes: switched,
  lock_branch: switched,
});
export type GithubProtection = z.infer<typeof protectionSchema>;

/** `protected` by classic rules or rulesets; `protection.enabled` speaks of the classic ones. */
export const branchSchema = z.object({
  name: z.string(),
  protected: z.boolean(),
  protection: z.object({ enabled: z.boolean().optional() }).optional(),
});

export const rulesSchema = z.array(
  z.object({
    type: z.string(),
    ruleset_id: z.number().optional(),
    parameters: z
      .object({
        required_approving_review_count: z.number().optional(),
        required_status_checks: z.array(z.object({ context: z.string() })).optional(),
      })
      .nullish(),
  }),
);
export type GithubRule = z.infer<typeof rulesSchema>[number];

export const rulesetSchema = z.object({ current_user_can_bypass: z.string().optional() });

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

export const changesSchema = comparisonSchema.pick({ status: true, base_commit: true }).extend({
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })),
});

const pullSchema = z.object({
  number: z.number(),
  title: z.string(),
  state: z.string(),
  html_url: z.string(),
  labels: z.array(z.object({ name: z.string().nullish() })),
  user: account,
  base: z.object({ ref: z.string() }),
  head: z.object({ ref: z.string(), sha: z.string() }),
  merge_commit_sha: z.string().nullish(),
  merged_at: z.string().nullish(),
});
export type GithubPull = z.infer<typeof pullSchema>;
export const pullsSchema = z.array(pullSchema);
/** `mergeable` is null until GitHub has found out. */
export const onePullSchema = pullSchema.extend({ mergeable: z.boolean().nullish() });
export const mergedPullSchema = z.object({ sha: z.string(), merged: z.boolean() });

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

const fileSchema = z.object({
  type: z.string(),
  sha: z.string(),
  size: z.number(),
  // Base64, or empty with the encoding `none` when the file is large.
  encoding: z.string().optional(),
  content: z.string().optional(),
});
export type GithubFile = z.infer<typeof fileSchema>;
/** A folder is a list. */
export const contentSchema = z.union([fileSchema, z.array(z.unknown())]);
export const blobSchema = z.object({ encoding: z.string(), content: z.string() });

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

export const artifactSchema = z.object({
  id,
  name: z.string(),
  size_in_bytes: z.number(),
  digest: z.string().nullish(),
  expired: z.boolean(),
  archive_download_url: z.string(),
  workflow_run: z.object({ id: id.optional() }).nullish(),
});
export const artifactsSchema = z.object({ artifacts: z.array(artifactSchema) });

/** `{}`, or nothing at all from older servers: a write whose answer says no more than that it was taken. */
export const takenSchema = z.union([z.record(z.string(), z.unknown()), z.literal('')]);

export const hookSchema = z.object({
  id,
  active: z.boolean(),
  events: z.array(z.string()),
  config: z.object({ url: z.string().optional() }),
});
export type GithubHook = z.infer<typeof hookSchema>;
export const hooksSchema = z.array(hookSchema);

export const installationSchema = z.object({
  id,
  app_slug: z.string(),
  html_url: z.string(),
  permissions: z.record(z.string(), z.string().optional()),
  suspended_at: z.string().nullable(),
});
export type GithubInstallation = z.infer<typeof installationSchema>;

export const installationTokenSchema = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });
