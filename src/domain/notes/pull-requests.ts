import { compareText } from '../release/natural-order.ts';
import type { ParsedCommit } from './note-commit.ts';

/** A merged pull request. */
export interface NotePullRequest {
  number: number;
  title: string;
  labels: readonly string[];
  author: string | null;
  headBranch: string;
  /** ISO 8601; null = unknown. */
  mergedAt: string | null;
  mergeCommit: string | null;
  /** Commits that the provider says came in by it. */
  commits: readonly string[];
  url: string;
}

/**
 * The one pull request that a commit came in by: the one it is the merge of, else the one whose number squashing wrote into the subject, else
 * the first merged of those that contain it. Later ones carried the branch on: a merge back, a release.
 */
export function indexPullRequests(pulls: readonly NotePullRequest[]): (commit: ParsedCommit) => NotePullRequest | null {
  const byMerge = new Map<string, NotePullRequest>();
  const byNumber = new Map<number, NotePullRequest>();
  const byCommit = new Map<string, NotePullRequest>();
  for (const given of [...pulls].sort(firstMerged)) {
    setOnce(byNumber, given.number, given);
    // Whoever asked twice may have been told of it twice.
    const pull = byNumber.get(given.number) ?? given;
    if (given.mergeCommit !== null) setOnce(byMerge, given.mergeCommit.toLowerCase(), pull);
    for (const sha of given.commits) setOnce(byCommit, sha.toLowerCase(), pull);
  }
  return ({ sha, parsed }) => {
    const id = sha.toLowerCase();
    const named = parsed.pullRequests.findLast((number) => byNumber.has(number));
    return byMerge.get(id) ?? (named === undefined ? undefined : byNumber.get(named)) ?? byCommit.get(id) ?? null;
  };
}

function setOnce<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

/** Unknown instants come last. */
const firstMerged = (a: NotePullRequest, b: NotePullRequest) =>
  compareText(a.mergedAt ?? '~', b.mergedAt ?? '~') || a.number - b.number || compareText(a.title, b.title);
