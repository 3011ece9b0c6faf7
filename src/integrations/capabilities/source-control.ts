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

/** A repository that the credentials may see. */
export interface Repository {
  /** As people write it: `owner/name`, `group/subgroup/name`. */
  fullName: string;
  /** What `settings` of a connection to it are. */
  settings: Record<string, string>;
  defaultBranch: string | null;
  isPrivate: boolean;
  url: string;
}

/** The rules that stand between us and a branch. */
export interface BranchProtection {
  /** Whether this connection's account may push straight to the branch; `null` where the provider does not tell. */
  mayPush: boolean | null;
  allowsForcePush: boolean;
  /** Approvals a pull request into it needs; 0 = none. */
  requiredApprovals: number;
  /** Names of checks that must pass before a merge. */
  requiredChecks: string[];
}

export interface SourceControl {
  findBranch(name: string): Promise<Branch | null>;
  /** Succeeds on an existing branch only when `at` is its head or an ancestor of it (people push on); otherwise `conflict`. */
  ensureBranch(name: string, at: CommitSha): Promise<Branch>;
  /** Absent already is success. A head other than `expectedHead` is `conflict`; a branch that a rule keeps is refused. */
  deleteBranch(name: string, options: { expectedHead: CommitSha }): Promise<void>;
  findTag(name: string): Promise<Tag | null>;
  /** Annotated tag. An existing tag that peels to another commit is `conflict`. */
  ensureTag(name: string, at: CommitSha, options: { message: string }): Promise<Tag>;
  /** Absent already is success. A tag on another commit is `conflict`; one that a rule keeps is refused. */
  deleteTag(name: string, options: { expectedCommit: CommitSha }): Promise<void>;
  /** `base` and `head` are branch names, tag names or commits. */
  compare(base: string, head: string): Promise<Comparison>;
  /** Commits reachable from `head` and not from `base`, oldest first, to the last page. */
  commitsBetween(base: string, head: string): AsyncIterable<Commit>;
  /**
   * Paths of the files in which `head` differs from `base`, each once, to the last page; of a rename both names. Where the two have gone different ways,
   * files that both changed alike may be among them; none that differs is missing: a list that the provider cuts off is `invalid`. No common history is
   * `not-found`.
   */
  changedFiles(base: string, head: string): AsyncIterable<string>;
  /** Newest first, to the last page. */
  pullRequests(filter: { state: 'open' | 'closed' | 'all'; baseBranch?: string }): AsyncIterable<PullRequest>;
  /** Those that brought the commit in: merged as it, or containing it. Empty for an unknown commit. */
  pullRequestsOf(commit: CommitSha): Promise<PullRequest[]>;
  /** The open pull request of these two branches, created where there is none. Nothing to merge, or a branch missing, is `invalid`. */
  ensurePullRequest(input: { headBranch: string; baseBranch: string; title: string; body: string }): Promise<PullRequest>;
  /**
   * Merges with a merge commit. Merged already is success. A conflict, a head other than `expectedHead`, a missing approval or check, or
   * a pull request that was closed is `conflict`; an unknown number is `not-found`.
   */
  mergePullRequest(number: number, options: { expectedHead: CommitSha }): Promise<PullRequest>;
  /**
   * Applies the change of one commit to a branch and returns the new head. The new commit's message ends in
   * `(cherry picked from commit <sha>)`, by which an earlier pick is found again; then the branch is left as it is. A change that does
   * not apply, and a merge commit, are `conflict`; an unknown commit or branch is `not-found`.
   */
  cherryPick(commit: CommitSha, options: { onto: string }): Promise<Branch>;
  /** `null`: no rule protects it, or there is no such branch. */
  branchProtection(branch: string): Promise<BranchProtection | null>;
  /** UTF-8 text as of a branch, tag or commit; `null` when there is no such file or ref. Not text, or over 1 MiB: `invalid`. */
  readFile(path: string, ref: string): Promise<string | null>;
  /** Branches of the repository, in the provider's order, to the last page. */
  branches(): AsyncIterable<Branch>;
  /** Repositories that the credentials may see, whichever the connection is bound to, to the last page. */
  repositories(): AsyncIterable<Repository>;
}
