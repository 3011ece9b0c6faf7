/**
 * Source control, bound to one connection and one repository.
 *
 * Every `ensure…` looks first, creates if absent, re-reads and compares: running it twice, or ten times at once, has one effect, and
 * something else already standing there is a `conflict`, never success. Absent is `null`, not an error. Trouble is a `ProviderError`.
 */

/** Full 40-digit (or 64-digit) hexadecimal object id. */
export type CommitSha = string;

export interface Branch {
  name: string;
  head: CommitSha;
}

export interface Tag {
  name: string;
  /** The commit the tag peels to. */
  commit: CommitSha;
  annotated: boolean;
  message: string | null;
}

export interface Commit {
  sha: CommitSha;
  message: string;
  authorName: string | null;
  /** The author's account at the provider, when it knows it. */
  authorLogin: string | null;
  /** ISO 8601, UTC. */
  authoredAt: string | null;
  parents: CommitSha[];
  url: string;
}

export interface Comparison {
  /** How `head` stands to `base`. */
  relation: 'identical' | 'ahead' | 'behind' | 'diverged';
  aheadBy: number;
  behindBy: number;
  mergeBase: CommitSha | null;
}

export interface PullRequest {
  number: number;
  title: string;
  state: 'open' | 'merged' | 'closed';
  labels: string[];
  authorLogin: string | null;
  baseBranch: string;
  headBranch: string;
  mergeCommit: CommitSha | null;
  /** ISO 8601, UTC. */
  mergedAt: string | null;
  url: string;
}

export interface ReleaseObject {
  id: string;
  tag: string;
  name: string;
  body: string;
  prerelease: boolean;
  url: string;
}

export interface SourceControl {
  findBranch(name: string): Promise<Branch | null>;
  /** Succeeds on an existing branch only when `at` is its head or an ancestor of it (people push on); otherwise `conflict`. */
  ensureBranch(name: string, at: CommitSha): Promise<Branch>;
  findTag(name: string): Promise<Tag | null>;
  /** Annotated tag. An existing tag that peels to another commit is `conflict`. */
  ensureTag(name: string, at: CommitSha, options: { message: string }): Promise<Tag>;
  /** `base` and `head` are branch names, tag names or commits. */
  compare(base: string, head: string): Promise<Comparison>;
  /** Commits reachable from `head` and not from `base`, oldest first, to the last page. */
  commitsBetween(base: string, head: string): AsyncIterable<Commit>;
  findReleaseObject(tag: string): Promise<ReleaseObject | null>;
  /** Creates the release object of a tag, or brings name, body and prerelease of the existing one in line. */
  ensureReleaseObject(input: { tag: string; name: string; body: string; prerelease: boolean }): Promise<ReleaseObject>;
  /** Newest first, to the last page. */
  pullRequests(filter: { state: 'open' | 'closed' | 'all'; baseBranch?: string }): AsyncIterable<PullRequest>;
}
