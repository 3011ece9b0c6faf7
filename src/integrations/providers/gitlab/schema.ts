import { z } from 'zod';

/** Only the fields we read, as GitLab's REST description (v4) names them. */

const id = z.number().int().transform(String);
const account = z.object({ username: z.string() }).nullish();

export const userSchema = z.object({ id: z.number(), username: z.string(), is_admin: z.boolean().optional() });

export const tokenSchema = z.object({
  scopes: z.array(z.string()),
  revoked: z.boolean(),
  active: z.boolean().optional(),
  /** Day, `2027-01-31`. */
  expires_at: z.string().nullish(),
});

const access = z.object({ access_level: z.number().nullish() }).nullish();

export const projectSchema = z.object({
  id: z.number(),
  path_with_namespace: z.string(),
  default_branch: z.string().nullish(),
  visibility: z.string().optional(),
  web_url: z.string(),
  archived: z.boolean().optional(),
  repository_access_level: z.string().nullish(),
  builds_access_level: z.string().nullish(),
  /** Empty or null: `.gitlab-ci.yml`. */
  ci_config_path: z.string().nullish(),
  ci_pipeline_variables_minimum_override_role: z.string().nullish(),
  only_allow_merge_if_pipeline_succeeds: z.boolean().nullish(),
  only_allow_merge_if_all_status_checks_passed: z.boolean().nullish(),
  permissions: z.object({ project_access: access, group_access: access }).nullish(),
});
export type GitlabProject = z.infer<typeof projectSchema>;
export const projectsSchema = z.array(projectSchema);

export const memberSchema = z.object({ access_level: z.number() });

const commitSchema = z.object({
  id: z.string(),
  message: z.string().nullish(),
  title: z.string().nullish(),
  author_name: z.string().nullish(),
  authored_date: z.string().nullish(),
  parent_ids: z.array(z.string()).nullish(),
  web_url: z.string(),
});
export type GitlabCommit = z.infer<typeof commitSchema>;
export { commitSchema };
export const commitsSchema = z.array(commitSchema);

export const changesSchema = z.object({
  diffs: z.array(z.object({ old_path: z.string(), new_path: z.string() })),
  /** There are more than GitLab tells, or it gave up. */
  compare_timeout: z.boolean(),
});

export const branchSchema = z.object({
  name: z.string(),
  commit: z.object({ id: z.string() }),
  protected: z.boolean().optional(),
  can_push: z.boolean().nullish(),
});
export const branchesSchema = z.array(branchSchema);

export const tagSchema = z.object({
  name: z.string(),
  message: z.string().nullish(),
  /** The tag object of an annotated tag, else the commit. */
  target: z.string(),
  /** Absent when the tag stands on something that is no commit. */
  commit: z.object({ id: z.string() }).nullish(),
});
export type GitlabTag = z.infer<typeof tagSchema>;

export const fileSchema = z.object({ size: z.number(), encoding: z.string(), content: z.string() });

const label = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);

export const mergeRequestSchema = z.object({
  iid: z.number(),
  project_id: z.number(),
  source_project_id: z.number().nullish(),
  title: z.string(),
  state: z.string(),
  labels: z.array(label),
  author: account,
  source_branch: z.string(),
  target_branch: z.string(),
  sha: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  squash_commit_sha: z.string().nullish(),
  merged_at: z.string().nullish(),
  detailed_merge_status: z.string().nullish(),
  web_url: z.string(),
});
export type GitlabMergeRequest = z.infer<typeof mergeRequestSchema>;
export const mergeRequestsSchema = z.array(mergeRequestSchema);

export const protectedBranchesSchema = z.array(z.object({ name: z.string(), allow_force_push: z.boolean().nullish() }));

const ofBranches = { protected_branches: z.array(z.object({ name: z.string() })).nullish() };
export const approvalRulesSchema = z.array(
  z.object({ approvals_required: z.number(), applies_to_all_protected_branches: z.boolean().nullish(), ...ofBranches }),
);
export const statusChecksSchema = z.array(z.object({ name: z.string(), ...ofBranches }));

export const releaseSchema = z.object({
  tag_name: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  _links: z.object({ self: z.string().optional() }).nullish(),
});
export type GitlabRelease = z.infer<typeof releaseSchema>;

export const hookSchema = z.object({
  id,
  url: z.string(),
  /** `executable`, or why GitLab has stopped calling it. */
  alert_status: z.string().nullish(),
});
export const hooksSchema = z.array(hookSchema);

export const pipelineSchema = z.object({
  id,
  iid: z.number().nullish(),
  ref: z.string().nullish(),
  sha: z.string().nullish(),
  status: z.string(),
  source: z.string().nullish(),
  name: z.string().nullish(),
  created_at: z.string(),
  web_url: z.string(),
});
export type GitlabPipeline = z.infer<typeof pipelineSchema>;
export const pipelinesSchema = z.array(pipelineSchema);

export const variablesSchema = z.array(z.object({ key: z.string(), value: z.string().nullish() }));

export const jobSchema = z.object({
  id,
  name: z.string(),
  pipeline: z.object({ id }),
  artifacts_file: z.object({ filename: z.string(), size: z.number().nullish() }).nullish(),
  artifacts: z.array(z.object({ file_type: z.string(), filename: z.string().nullish(), size: z.number().nullish() })).nullish(),
});
export type GitlabJob = z.infer<typeof jobSchema>;
export const jobsSchema = z.array(jobSchema);

/** A write whose answer says no more than that it was taken. */
export const takenSchema = z.union([z.literal(''), z.object({ id: z.number() })]);
