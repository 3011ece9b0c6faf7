import type { PullRequest, SourceControl } from '../../capabilities/source-control.ts';
import type { GithubClient } from './client.ts';
import { isUnknownCommit } from './commits.ts';
import { GithubRefusal, githubTrouble, vanished } from './github-error.ts';
import { eachItem } from './pages.ts';
import type { GithubPull } from './schema.ts';

type PullRequests = Pick<SourceControl, 'pullRequests' | 'pullRequestsOf' | 'ensurePullRequest' | 'mergePullRequest'>;

/** @param owner of the repository */
export function pullRequests(client: GithubClient, owner: string): PullRequests {
  /** Asked for open ones only, GitHub has one at most per pair of branches. */
  const findOpen = async (headBranch: string, baseBranch: string): Promise<PullRequest | null> => {
    const { data } = await client.pulls({ state: 'open', head: `${owner}:${headBranch}`, base: baseBranch }, 1);
    const pull = data.find((each) => each.head.ref === headBranch && each.base.ref === baseBranch);
    return pull ? toPullRequest(pull) : null;
  };

  return {
    async *pullRequests({ state, baseBranch }) {
      const seen = new Set<number>();
      const filter = { state, ...(baseBranch === undefined ? {} : { base: baseBranch }) };
      for await (const pull of eachItem(
        (page) => client.pulls(filter, page),
        (pulls) => pulls,
      )) {
        // One opened meanwhile pushes the last of a page onto the next.
        if (seen.has(pull.number)) continue;
        seen.add(pull.number);
        yield toPullRequest(pull);
      }
    },
    pullRequestsOf: (commit) => pullRequestsOf(client, commit),
    async ensurePullRequest({ headBranch, baseBranch, title, body }) {
      const existing = await findOpen(headBranch, baseBranch);
      if (existing) return existing;
      const created = await client.createPull({ head: headBranch, base: baseBranch, title, body });
      if (created) return toPullRequest(created);
      return (await findOpen(headBranch, baseBranch)) ?? vanished(`the pull request from ${headBranch} into ${baseBranch}`);
    },
    mergePullRequest: (number, { expectedHead }) => mergePullRequest(client, number, expectedHead),
  };
}

async function pullRequestsOf(client: GithubClient, commit: string): Promise<PullRequest[]> {
  const found: PullRequest[] = [];
  try {
    for await (const pull of eachItem(
      (page) => client.pullsOfCommit(commit, page),
      (pulls) => pulls,
    )) {
      found.push(toPullRequest(pull));
    }
  } catch (error) {
    if (isUnknownCommit(error) || (error instanceof GithubRefusal && error.kind === 'not-found')) return [];
    throw error;
  }
  return found;
}

async function mergePullRequest(client: GithubClient, number: number, expectedHead: string): Promise<PullRequest> {
  const before = await client.pull(number);
  if (!before) throw githubTrouble('not-found', `there is no pull request ${number}`);
  const pull = toPullRequest(before);
  if (pull.state === 'merged') return pull;
  if (pull.state === 'closed') throw githubTrouble('conflict', `pull request ${number} was closed without a merge`);
  if (before.head.sha !== expectedHead) {
    throw githubTrouble('conflict', `the head of pull request ${number} is ${before.head.sha}, not ${expectedHead}`);
  }
  const { sha } = await client.mergePull(number, expectedHead).catch((error: unknown) => mergeRefused(client, number, error));
  const after = await client.pull(number);
  if (after?.merged_at) return toPullRequest(after);
  // A replica that does not know the merge yet; the merge's own answer does.
  return { ...pull, state: 'merged', mergeCommit: sha };
}

/** 405 stands for everything that is in a merge's way: a conflict, a missing approval or check, and a race of GitHub's own. */
async function mergeRefused(client: GithubClient, number: number, error: unknown): Promise<never> {
  if (!(error instanceof GithubRefusal && error.status === 405)) throw error;
  const message = `merge pull request ${number} answered 405: ${error.words}`;
  if (/base branch was modified/i.test(error.words)) throw githubTrouble('unavailable', message, 405);
  const pull = await client.pull(number);
  // GitHub has not found out yet whether it merges.
  if (pull?.mergeable === null) throw githubTrouble('unavailable', message, 405);
  throw githubTrouble('conflict', message, 405);
}

function toPullRequest(pull: GithubPull): PullRequest {
  const mergedAt = pull.merged_at ?? null;
  const unmerged = pull.state === 'open' ? 'open' : 'closed';
  return {
    number: pull.number,
    title: pull.title,
    state: mergedAt === null ? unmerged : 'merged',
    labels: pull.labels.flatMap((label) => label.name ?? []),
    authorLogin: pull.user?.login ?? null,
    baseBranch: pull.base.ref,
    headBranch: pull.head.ref,
    // Before the merge this names GitHub's test merge, which is on no branch.
    mergeCommit: mergedAt === null ? null : (pull.merge_commit_sha ?? null),
    mergedAt,
    url: pull.html_url,
  };
}
