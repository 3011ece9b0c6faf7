import { createRoute, z } from '@hono/zod-openapi';
import { cherryPick } from '../../services/releases/cherry-pick.ts';
import { commitRanges, listBranchCommits } from '../../services/releases/list-branch-commits.ts';
import { listPullRequests, pullRequestStates } from '../../services/releases/list-pull-requests.ts';
import { mergePullRequest } from '../../services/releases/merge-pull-request.ts';
import { openPullRequest } from '../../services/releases/open-pull-request.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, instantSchema, jsonBody, providerProblems, providerWriteProblems } from '../schemas.ts';
import { optionalBody, reasonSchema, refuseOtherBodies, releaseParams, releasePath } from './release-schemas.ts';

/** What stands in the repository for a release, asked of the provider while somebody waits. */

const SHA = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

const shaInput = z
  .string()
  .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/i, 'must be the full id of a commit, 40 hexadecimal digits')
  .transform((sha) => sha.toLowerCase())
  .openapi({ type: 'string', example: SHA, description: 'Full id of a commit' });

const branchInput = z.string().min(1).max(200);

const limited = { limit: z.coerce.number().int().min(1).max(100).default(50).meta({ description: 'Items at most' }) };
const truncated = z.boolean().meta({ description: 'There are more than `limit`' });

const commitSchema = z
  .object({
    sha: z.string(),
    message: z.string(),
    authorName: z.string().nullable(),
    authorLogin: z.string().nullable(),
    authoredAt: instantSchema.nullable(),
    parents: z.array(z.string()),
    url: z.string(),
  })
  .openapi('Commit');

const commitsSchema = z
  .object({
    branch: z.string().meta({ example: 'release/1.4.0' }),
    head: z.string().meta({ description: 'Its newest commit', example: SHA }),
    since: z.object({
      kind: z.enum(commitRanges),
      tag: z.string().nullable().meta({ description: 'Of the candidate', example: 'v1.4.0-rc.2' }),
      ref: z.string().meta({ description: 'A commit; the base branch where the release branch was forked by hand' }),
    }),
    items: z.array(commitSchema).meta({ description: 'Oldest first' }),
    truncated,
  })
  .openapi('BranchCommits');

const cherryPickSchema = z
  .strictObject({ commit: shaInput, reason: reasonSchema.optional() })
  .openapi('CherryPick', { description: 'Neither the first commit of a history nor a merge' });

const pickedSchema = z
  .object({
    commit: z.string(),
    branch: z.string(),
    headBefore: z.string(),
    headAfter: z.string(),
    applied: z.boolean().meta({ description: 'false: the branch had the change already' }),
  })
  .openapi('CherryPicked');

const pullRequestSchema = z
  .object({
    number: z.int(),
    title: z.string(),
    state: z.enum(['open', 'merged', 'closed']),
    labels: z.array(z.string()),
    authorLogin: z.string().nullable(),
    baseBranch: z.string(),
    headBranch: z.string(),
    mergeCommit: z.string().nullable(),
    mergedAt: instantSchema.nullable(),
    url: z.string(),
  })
  .openapi('PullRequest');

const openedSchema = pullRequestSchema
  .extend({ headCommit: z.string().nullable().meta({ description: 'What stands on its head branch: `expectedHead` of its merge' }) })
  .openapi('OpenedPullRequest');

const newPullRequestSchema = z
  .strictObject({
    head: branchInput.optional().meta({ description: 'What is merged; the release branch where absent', example: 'release/1.4.0' }),
    base: branchInput.optional().meta({ description: 'What it goes into; the base branch of the release where absent', example: 'main' }),
    title: z.string().trim().min(1).max(200).optional(),
    body: z.string().max(10_000).optional(),
    reason: reasonSchema.optional(),
  })
  .openapi('NewPullRequest');

const mergeSchema = z
  .strictObject({ expectedHead: shaInput, reason: reasonSchema.optional() })
  .openapi('MergePullRequest', { description: 'Whoever pushes meanwhile is not merged unseen' });

const common = { tags: ['Releases'], security: bearer };
const pullsPath = `${releasePath}/pull-requests`;

const commits = createRoute({
  ...common,
  method: 'get',
  path: `${releasePath}/commits`,
  operationId: 'listReleaseCommits',
  summary: 'What is on the release branch beyond its last candidate, or beyond the fork',
  description: 'As the repository tells it now. Without `since`: beyond the last candidate, before the first one beyond the fork.',
  request: { params: releaseParams, query: z.object({ since: z.enum(commitRanges).optional(), ...limited }) },
  responses: { 200: answer('The commits', commitsSchema), ...providerProblems },
});

const pulls = createRoute({
  ...common,
  method: 'get',
  path: pullsPath,
  operationId: 'listReleasePullRequests',
  summary: 'The pull requests into the release branch, newest first',
  request: { params: releaseParams, query: z.object({ state: z.enum(pullRequestStates).default('open'), ...limited }) },
  responses: {
    200: answer('The pull requests', z.object({ items: z.array(pullRequestSchema), truncated }).openapi('PullRequestList')),
    ...providerProblems,
  },
});

const commands = (deps: ApiDeps) => ({
  pick: createRoute({
    ...common,
    method: 'post',
    path: `${releasePath}/cherry-picks`,
    operationId: 'cherryPickCommit',
    summary: 'Apply a commit to the release branch',
    description: 'The release must be under way. Asked twice it is applied once; a change that does not apply is 409 and changes nothing.',
    middleware: [idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(cherryPickSchema) },
    responses: { 200: answer('The branch before and after', pickedSchema), ...providerWriteProblems },
  }),
  open: createRoute({
    ...common,
    method: 'post',
    path: pullsPath,
    operationId: 'openReleasePullRequest',
    summary: 'Open a pull request from or into the release branch',
    description: 'Without a body: back from the release branch into the base branch. The open one of these branches is found again.',
    middleware: [refuseOtherBodies, idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...optionalBody(newPullRequestSchema) },
    responses: { 200: answer('The pull request', openedSchema), ...providerWriteProblems },
  }),
  merge: createRoute({
    ...common,
    method: 'post',
    path: `${pullsPath}/{number}/merge`,
    operationId: 'mergeReleasePullRequest',
    summary: 'Merge a pull request from or into the release branch',
    description: 'With a merge commit. One that is merged already is answered as it is; what is in its way is 409.',
    middleware: [idempotent(deps)] as const,
    request: {
      // Text, so that what is no number is the number of nothing and no wrong field.
      params: releaseParams.extend({ number: z.string().openapi({ type: 'integer', example: 42 }) }),
      ...{ headers: idempotencyHeader, ...jsonBody(mergeSchema) },
    },
    responses: { 200: answer('The pull request', pullRequestSchema), ...providerWriteProblems },
  }),
});

export function registerReleaseChangeRoutes(app: App, deps: ApiDeps): void {
  const { pick, open, merge } = commands(deps);
  app.openapi(commits, async (c) =>
    c.json(await listBranchCommits(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
  app.openapi(pulls, async (c) =>
    c.json(await listPullRequests(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
  app.openapi(pick, async (c) =>
    c.json(await cherryPick(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(open, async (c) =>
    c.json(await openPullRequest(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 200),
  );
  app.openapi(merge, async (c) =>
    c.json(await mergePullRequest(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
