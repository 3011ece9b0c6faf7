import { parseCommitMessage } from '../../domain/notes/conventional-commit.ts';
import type { Commit, CommitSha, PullRequest, SourceControl } from '../../integrations/capabilities/source-control.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';

/** Merged pull requests and the commits they brought in. */
export interface PullRequestsBehind {
  pullRequests: (PullRequest & { commits: CommitSha[] })[];
  /** `some`: of the newest commits only; `none`: the provider does not tell by commit. */
  known: 'all' | 'some' | 'none';
}

/** Three pages: most squashed and merged ones are among them, and cost no question of their own. */
const MAX_LISTED = 300;
const MAX_ASKED = 300;
const AT_ONCE = 6;

/**
 * Finds by which pull requests commits came in: from the list of the newest, else commit by commit. Trouble is thrown, so that notes wait for
 * the provider instead of going without; only a provider that does not tell is no trouble.
 * @param branches whose own pull requests carry changes on and bring none: the release branch, its base
 */
export async function pullRequestsBehind(
  scm: Pick<SourceControl, 'pullRequests' | 'pullRequestsOf'>,
  commits: readonly Commit[],
  branches: readonly string[],
): Promise<PullRequestsBehind> {
  const found = new Map<number, PullRequest & { commits: CommitSha[] }>();
  const counts = (pull: PullRequest) => pull.state === 'merged' && !branches.includes(pull.headBranch);
  const add = (pull: PullRequest, sha: CommitSha) => {
    if (!counts(pull)) return;
    const known = found.get(pull.number) ?? { ...pull, commits: [] };
    found.set(pull.number, { ...known, commits: [...known.commits, sha] });
  };
  const result = (known: PullRequestsBehind['known']) => ({ pullRequests: [...found.values()], known });
  if (commits.length === 0) return result('all');
  return tellsByCommit(async () => {
    const listed = (await newest(scm)).filter(counts);
    const byMerge = new Map(listed.map((pull) => [pull.mergeCommit, pull]));
    const byNumber = new Map(listed.map((pull) => [pull.number, pull]));
    const open: CommitSha[] = [];
    for (const { sha, message, parents } of commits) {
      const named = parseCommitMessage(message).pullRequests.findLast((number) => byNumber.has(number));
      const pull = byMerge.get(sha) ?? (named === undefined ? undefined : byNumber.get(named));
      if (pull !== undefined) add(pull, sha);
      else if (parents.length < 2) open.push(sha);
    }
    await eachOf(open.slice(-MAX_ASKED), async (sha) => {
      for (const pull of await scm.pullRequestsOf(sha)) add(pull, sha);
    });
    return result(open.length > MAX_ASKED ? 'some' : 'all');
  }, result);
}

async function newest(scm: Pick<SourceControl, 'pullRequests'>): Promise<PullRequest[]> {
  const pulls: PullRequest[] = [];
  for await (const pull of scm.pullRequests({ state: 'closed' })) {
    pulls.push(pull);
    if (pulls.length >= MAX_LISTED) break;
  }
  return pulls;
}

/** An unknown commit has no pull requests; `not-found` says that the provider has no such thing for this repository. */
async function tellsByCommit<T>(ask: () => Promise<T>, without: (known: 'none') => T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') return without('none');
    throw error;
  }
}

/** A few at a time; after the first that fails none is begun. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const line = async () => {
    try {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    } catch (error) {
      left.length = 0;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, line));
}
