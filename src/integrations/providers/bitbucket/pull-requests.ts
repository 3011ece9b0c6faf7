import type { PullRequest } from '../../capabilities/source-control.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { BitbucketClient } from './client.ts';
import { utc } from './history.ts';
import { trouble } from './identity.ts';
import { mergeCommitOf, mergeCommitsAlong } from './merge-commits.ts';
import type { BitbucketPull } from './schema.ts';

const ENDED = ['MERGED', 'DECLINED', 'SUPERSEDED'];
const STATES = { open: ['OPEN'], closed: ENDED, all: ['OPEN', ...ENDED] };

export async function* pullRequests(
  client: BitbucketClient,
  { state, baseBranch }: { state: 'open' | 'closed' | 'all'; baseBranch?: string },
): AsyncGenerator<PullRequest> {
  const seen = new Set<number>();
  const query = baseBranch === undefined ? undefined : `destination.branch.name=${quoted(baseBranch)}`;
  const find = mergeCommitsAlong(client);
  for await (const pull of client.pulls(STATES[state], query)) {
    // One opened meanwhile pushes the last of a page onto the next.
    if (seen.has(pull.id)) continue;
    seen.add(pull.id);
    yield toPullRequest(client, pull, find);
  }
}

/** Those that contain the commit, and the one whose merge it is. */
export async function pullRequestsOf(client: BitbucketClient, hash: string): Promise<PullRequest[]> {
  const commit = await client.commit(hash);
  if (!commit) return [];
  const mergedAs = await mergedBy(client, commit.hash, commit.message);
  const containing = await containingPulls(client, commit.hash);
  if (containing === null && mergedAs === null) {
    throw trouble(
      'not-found',
      "Bitbucket has no pull request links of this repository: open any commit in the browser and follow 'Go to pull request', which installs the app Pull Request Commit Links",
    );
  }
  const pulls = new Map([...(mergedAs ? [mergedAs] : []), ...(containing ?? [])].map((pull) => [pull.id, pull]));
  return Promise.all([...pulls.values()].map((pull) => toPullRequest(client, pull)));
}

/** A merge commit is part of no pull request, but its message names the one it merged; that one then says whether it is so. */
async function mergedBy(client: BitbucketClient, hash: string, message: string): Promise<BitbucketPull | null> {
  const number = /\(pull request #(\d{1,9})\)/.exec(message)?.[1];
  const pull = number === undefined ? null : await client.pull(Number(number));
  const merge = pull?.merge_commit?.hash;
  return pull && merge && hash.startsWith(merge) ? pull : null;
}

/** `null`: the repository has no links between commits and pull requests. */
async function containingPulls(client: BitbucketClient, hash: string): Promise<BitbucketPull[] | null> {
  try {
    const pulls: BitbucketPull[] = [];
    for await (const { id } of client.commitPulls(hash)) {
      // The list abbreviates.
      const pull = await client.pull(id);
      if (pull) pulls.push(pull);
    }
    return pulls;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') return null;
    throw error;
  }
}

export async function ensurePullRequest(
  client: BitbucketClient,
  fullName: string,
  input: { headBranch: string; baseBranch: string; title: string; body: string },
): Promise<PullRequest> {
  const { headBranch: source, baseBranch: destination, title, body } = input;
  const query = `source.branch.name=${quoted(source)} AND destination.branch.name=${quoted(destination)}`;
  for await (const pull of client.pulls(STATES.open, query)) {
    // The query does not tell a fork's branch of the same name from ours.
    if (pull.source.repository?.full_name.toLowerCase() === fullName.toLowerCase()) return toPullRequest(client, pull);
  }
  return toPullRequest(client, await client.createPull({ title, description: body, source, destination }));
}

export async function toPullRequest(client: BitbucketClient, pull: BitbucketPull, find = mergeCommitOf(client)): Promise<PullRequest> {
  const merged = pull.state === 'MERGED';
  // Bitbucket tells twelve digits of the merge commit, and no time of the merge but the commit's own.
  const merge = merged ? await find(pull) : null;
  return {
    number: pull.id,
    title: pull.title,
    state: merged ? 'merged' : pull.state === 'OPEN' ? 'open' : 'closed',
    labels: [],
    authorLogin: pull.author?.nickname ?? null,
    baseBranch: pull.destination.branch.name,
    headBranch: pull.source.branch.name,
    mergeCommit: merge?.hash ?? null,
    mergedAt: merged ? utc(merge?.date ?? pull.updated_on) : null,
    url: pull.links.html.href,
  };
}

/** A text of Bitbucket's query language. */
const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
