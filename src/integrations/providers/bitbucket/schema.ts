import { z } from 'zod';

/** Only the fields we read, as Bitbucket's REST description (version 2.0) names them. */

const account = z.object({ uuid: z.string().optional(), nickname: z.string().nullish(), display_name: z.string().nullish() });
const html = z.object({ html: z.object({ href: z.string() }) });

export const pageOf = <T>(item: z.ZodType<T>) => z.object({ values: z.array(item), next: z.string().optional() });

export const userSchema = account;

export const repositorySchema = z.object({
  uuid: z.string(),
  full_name: z.string(),
  is_private: z.boolean(),
  // An empty repository has none.
  mainbranch: z.object({ name: z.string() }).nullish(),
  links: html,
});
export type BitbucketRepository = z.infer<typeof repositorySchema>;

export const branchSchema = z.object({ name: z.string(), target: z.object({ hash: z.string() }) });
export type BitbucketBranch = z.infer<typeof branchSchema>;

/** A lightweight tag has neither message nor tagger nor date. */
export const tagSchema = z.object({
  name: z.string(),
  target: z.object({ hash: z.string() }),
  message: z.string().nullish(),
  date: z.string().nullish(),
});
export type BitbucketTag = z.infer<typeof tagSchema>;

export const hashSchema = z.object({ hash: z.string() });
export const datedSchema = z.object({ hash: z.string(), date: z.string() });

export const commitSchema = z.object({
  hash: z.string(),
  message: z.string(),
  date: z.string(),
  author: z.object({ raw: z.string().nullish(), user: account.nullish() }).nullish(),
  parents: z.array(z.object({ hash: z.string() })),
  links: html,
});
export type BitbucketCommit = z.infer<typeof commitSchema>;

const endpoint = z.object({
  branch: z.object({ name: z.string() }),
  // Twelve digits; absent when the fork or the commit is gone.
  commit: z.object({ hash: z.string() }).nullish(),
  repository: z.object({ full_name: z.string() }).nullish(),
});

export const pullSchema = z.object({
  id: z.number(),
  title: z.string(),
  state: z.string(),
  author: account.nullish(),
  source: endpoint,
  destination: endpoint,
  merge_commit: z.object({ hash: z.string() }).nullish(),
  updated_on: z.string(),
  links: html,
});
export type BitbucketPull = z.infer<typeof pullSchema>;

/** Lists that link to pull requests show little more than their id. */
export const pullReferenceSchema = z.object({ id: z.number() });

/** The merged pull request, or nothing while a slow merge goes on. */
export const mergeTaskSchema = z.object({ task_status: z.string(), merge_result: pullSchema.nullish() });

const changedFile = z.object({ path: z.string() }).nullish();
export const diffstatSchema = z.object({ status: z.string(), old: changedFile, new: changedFile });
export type BitbucketDiffstat = z.infer<typeof diffstatSchema>;

/** The description calls `attributes` a text, its own examples and the answers show a list. */
const attributes = z
  .union([z.array(z.string()), z.string().transform((one) => [one])])
  .nullish()
  .transform((list) => list ?? []);
export const entrySchema = z.object({ type: z.string(), size: z.number().optional(), attributes });
export type BitbucketEntry = z.infer<typeof entrySchema>;

export const restrictionSchema = z.object({
  kind: z.string(),
  branch_match_kind: z.string().nullish(),
  pattern: z.string().nullish(),
  branch_type: z.string().nullish(),
  value: z.number().nullish(),
  users: z.array(account).nullish(),
  groups: z.array(z.unknown()).nullish(),
});
export type BitbucketRestriction = z.infer<typeof restrictionSchema>;

const modelBranch = z.object({ branch: z.object({ name: z.string() }).nullish() }).nullish();
export const branchingModelSchema = z.object({
  development: modelBranch,
  production: modelBranch,
  branch_types: z.array(z.object({ kind: z.string(), prefix: z.string() })).nullish(),
});
export type BitbucketBranchingModel = z.infer<typeof branchingModelSchema>;

export const hookSchema = z.object({ uuid: z.string(), url: z.string() });
export type BitbucketHook = z.infer<typeof hookSchema>;

/** Answers without a body. */
export const nothingSchema = z.undefined();
