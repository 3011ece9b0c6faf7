import type { PullRequest } from '../../capabilities/source-control.ts';
import type { GitlabClient } from './client.ts';
import type { MergeRequestFilter } from './client-merge-requests.ts';
import { GitlabRefusal, isAbsent, trouble } from './gitlab-error.ts';
import { collect, eachItem } from './pages.ts';
import type { GitlabMergeRequest } from './schema.ts';

/** GitLab is still finding out whether it can be merged. */
const UNDECIDED = ['unchecked', 'checking', 'preparing', 'approvals_syncing'];
const UNDECIDED_RETRY_MS = 5_000;

export async function* mergeRequests(
  client: GitlabClient,
  filter: { state: 'open' | 'closed' | 'all'; baseBranch?: string },
): AsyncGenerator<PullRequest> {
  const base = filter.baseBranch === undefined ? {} : { targetBranch: filter.baseBranch };
  const list = (state?: 'opened' | 'closed' | 'merged') => listed(client, state === undefined ? base : { ...base, state });
  const source = {
    all: () => list(),
    open: () => list('opened'),
    // Closed to us is whatever is open no more; GitLab lists the merged ones apart.
    closed: () => newestOf(list('closed'), list('merged')),
  }[filter.state]();
  for await (const request of source) yield toPullRequest(request);
}

async function* listed(client: GitlabClient, filter: MergeRequestFilter): AsyncGenerator<GitlabMergeRequest> {
  const seen = new Set<number>();
  for await (const request of eachItem((page) => client.mergeRequests(filter, page))) {
    // One opened meanwhile pushes the last of a page onto the next.
    if (seen.has(request.iid)) continue;
    seen.add(request.iid);
    yield request;
  }
}

/** Two lists, each newest first, as one: numbers grow with time. */
async function* newestOf(
  one: AsyncGenerator<GitlabMergeRequest>,
  other: AsyncGenerator<GitlabMergeRequest>,
): AsyncGenerator<GitlabMergeRequest> {
  let [left, right] = [await one.next(), await other.next()];
  while (!left.done || !right.done) {
    if (!left.done && (right.done || left.value.iid > right.value.iid)) {
      yield left.value;
      left = await one.next();
    } else if (!right.done) {
      yield right.value;
      right = await other.next();
    }
  }
}

export async function mergeRequestsOf(client: GitlabClient, commit: string): Promise<PullRequest[]> {
  try {
    return (await collect(eachItem((page) => client.mergeRequestsOf(commit, page)))).map(toPullRequest);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

export async function ensureMergeRequest(
  client: GitlabClient,
  { headBranch, baseBranch, title, body }: { headBranch: string; baseBranch: string; title: string; body: string },
): Promise<PullRequest> {
  const find = () => findOpen(client, headBranch, baseBranch);
  const existing = await find();
  if (existing) return toPullRequest(existing);
  await requireDifference(client, headBranch, baseBranch);
  try {
    return toPullRequest(await client.createMergeRequest(headBranch, baseBranch, title, body));
  } catch (error) {
    if (!(error instanceof GitlabRefusal && error.status === 409)) throw error;
    const created = await find();
    if (created) return toPullRequest(created);
    throw error;
  }
}

/** A fork may have a branch of the same name; its merge requests are somebody else's. */
async function findOpen(client: GitlabClient, sourceBranch: string, targetBranch: string): Promise<GitlabMergeRequest | null> {
  for await (const request of listed(client, { state: 'opened', sourceBranch, targetBranch })) {
    if ((request.source_project_id ?? request.project_id) === request.project_id) return request;
  }
  return null;
}

/** GitLab opens merge requests of branches that hold nothing new, and of some that are not there. */
async function requireDifference(client: GitlabClient, headBranch: string, baseBranch: string): Promise<void> {
  const [head, base] = await Promise.all([client.branch(headBranch), client.branch(baseBranch)]);
  if (!head || !base) throw trouble('invalid', `there is no branch ${head ? baseBranch : headBranch}`);
  const { data } = await client.commitsBetween(base.commit.id, head.commit.id, 1, 1);
  if (data.length === 0) throw trouble('invalid', `${headBranch} holds nothing that ${baseBranch} does not have`);
}

export async function mergeMergeRequest(client: GitlabClient, iid: number, expectedHead: string): Promise<PullRequest> {
  const request = await client.mergeRequest(iid);
  if (request.state === 'merged') return toPullRequest(request);
  requireMergeable(request, expectedHead);
  try {
    return toPullRequest(mustBeMerged(await client.merge(iid, expectedHead)));
  } catch (error) {
    if (!(error instanceof GitlabRefusal)) throw error;
    // GitLab says 401 for a right that is missing; the token was good enough a moment ago.
    if (error.status === 401 && error.words === '401 Unauthorized') {
      throw trouble('forbidden', `the token may not merge !${iid} into ${request.target_branch}`, { status: 401 });
    }
    if (!refusesMerge(error)) throw error;
    return explain(await client.mergeRequest(iid), error);
  }
}

function requireMergeable(request: GitlabMergeRequest, expectedHead: string): void {
  if (request.state === 'closed') throw trouble('conflict', `!${request.iid} was closed`);
  if (request.sha !== expectedHead) throw trouble('conflict', `!${request.iid} stands at ${request.sha}, not at ${expectedHead}`);
}

/** 405: not mergeable as it is; 406 of older servers; 422 "Branch cannot be merged". */
function refusesMerge(error: GitlabRefusal): boolean {
  return error.status === 405 || error.status === 406 || (error.status === 422 && /cannot be merged/i.test(error.words));
}

/** Why the merge was refused, as the merge request itself tells. Someone else may have merged it: that is success. */
function explain(request: GitlabMergeRequest, refusal: GitlabRefusal): PullRequest {
  if (request.state === 'merged') return toPullRequest(request);
  const status = request.detailed_merge_status ?? 'unknown';
  if (UNDECIDED.includes(status)) {
    const message = `GitLab is still checking whether !${request.iid} can be merged (${status})`;
    throw trouble('unavailable', message, { retryAfterMs: UNDECIDED_RETRY_MS });
  }
  throw trouble('conflict', `!${request.iid} cannot be merged: ${status} (${refusal.status} ${refusal.words})`, {
    status: refusal.status ?? 405,
  });
}

function mustBeMerged(request: GitlabMergeRequest): GitlabMergeRequest {
  if (request.state === 'merged') return request;
  throw trouble('unavailable', `!${request.iid} is being merged (${request.state})`, { retryAfterMs: UNDECIDED_RETRY_MS });
}

function toPullRequest(request: GitlabMergeRequest): PullRequest {
  const merged = request.state === 'merged';
  return {
    number: request.iid,
    title: request.title,
    state: stateOf(request.state),
    labels: request.labels,
    authorLogin: request.author?.username ?? null,
    baseBranch: request.target_branch,
    headBranch: request.source_branch,
    // A fast-forward merge makes no commit of its own: then the head is what came in.
    mergeCommit: merged ? (request.merge_commit_sha ?? request.squash_commit_sha ?? request.sha ?? null) : null,
    mergedAt: merged ? utc(request.merged_at) : null,
    url: request.web_url,
  };
}

/** `locked` is what it is called while it is being merged. */
function stateOf(state: string): PullRequest['state'] {
  if (state === 'merged') return 'merged';
  return state === 'closed' ? 'closed' : 'open';
}

function utc(time: string | null | undefined): string | null {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
