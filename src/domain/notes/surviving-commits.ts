import { inHistoryOrder } from './commit-order.ts';
import { type ParsedMessage, parseCommitMessage } from './conventional-commit.ts';

export interface NoteCommit {
  sha: string;
  message: string;
  authorName: string | null;
  /** The author's account at the provider: bots are known by it. */
  authorLogin?: string | null;
  /** ISO 8601; picking and rebasing keep it. */
  authoredAt?: string | null;
  url: string | null;
  /**
   * When given, two or more make it a merge, whatever its message says. Without them, what a reverted merge had brought in is not known:
   * then its revert stays in the notes, and so does what it undid.
   */
  parents?: readonly string[];
}

export interface ParsedCommit extends NoteCommit {
  parsed: ParsedMessage;
}

/**
 * The commits whose change stands at the end of a range, each once: merges left out, a reverted commit and its revert both gone, a reverted
 * revert undoing that again. Reverts name their commit by id; only where they do not (squashed on a website) the last earlier commit with
 * the quoted subject is meant: by the order of history, whatever order the commits come in.
 */
export function survivingCommits(commits: readonly NoteCommit[]): ParsedCommit[] {
  const bySha = new Map(
    inHistoryOrder(commits).map((commit) => [commit.sha.toLowerCase(), { ...commit, parsed: parseCommitMessage(commit.message) }]),
  );
  const targets = revertTargets([...bySha.values()], (merge) => broughtInBy(merge, bySha));
  const isReverted = revertedBy(targets);
  return [...bySha.values()].filter((commit) => {
    if (isMerge(commit)) return false;
    const reverted = targets.get(commit) ?? [];
    const undoesAll = reverted.length > 0 && reverted.every((target) => target !== null);
    return !undoesAll && !isReverted(commit);
  });
}

const isMerge = (commit: ParsedCommit) => (commit.parents === undefined ? commit.parsed.isMerge : commit.parents.length > 1);

/** What came into the first line of history by a merge: reachable from its other parents and not from the first. */
function broughtInBy(merge: ParsedCommit, bySha: ReadonlyMap<string, ParsedCommit>): ParsedCommit[] {
  const [first, ...others] = merge.parents ?? [];
  const before = reachable(first === undefined ? [] : [first], bySha);
  return [...reachable(others, bySha)].filter((commit) => !before.has(commit) && !isMerge(commit));
}

function reachable(from: readonly string[], bySha: ReadonlyMap<string, ParsedCommit>): Set<ParsedCommit> {
  const seen = new Set<ParsedCommit>();
  const queue = [...from];
  for (let sha = queue.pop(); sha !== undefined; sha = queue.pop()) {
    const commit = bySha.get(sha.toLowerCase());
    if (commit === undefined || seen.has(commit)) continue;
    seen.add(commit);
    queue.push(...(commit.parents ?? []));
  }
  return seen;
}

/** Revert → the commits it undoes; null stands for one that is not in the range. */
function revertTargets(
  commits: readonly ParsedCommit[],
  broughtIn: (merge: ParsedCommit) => readonly ParsedCommit[],
): Map<ParsedCommit, (ParsedCommit | null)[]> {
  const targets = new Map<ParsedCommit, (ParsedCommit | null)[]>();
  const claimed = new Set<ParsedCommit>();
  const find = findById(commits);
  for (const commit of commits) {
    if (isMerge(commit)) continue;
    const found = commit.parsed.reverts.flatMap((id): readonly (ParsedCommit | null)[] => {
      const target = find(id);
      if (target === null || target === commit) return [null];
      if (!isMerge(target)) return [target];
      const brought = broughtIn(target);
      return brought.length === 0 ? [null] : brought;
    });
    for (const target of found) if (target !== null) claimed.add(target);
    if (found.length > 0) targets.set(commit, found);
  }
  for (const [index, commit] of commits.entries()) {
    const subject = commit.parsed.revertedSubject;
    if (subject === null || targets.has(commit) || isMerge(commit)) continue;
    const meant = (earlier: ParsedCommit) => earlier.parsed.subject === subject && !isMerge(earlier) && !claimed.has(earlier);
    const target = commits.slice(0, index).findLast(meant);
    if (target === undefined) continue;
    claimed.add(target);
    targets.set(commit, [target]);
  }
  return targets;
}

/** Ids in messages may be shortened; one that fits several commits means none of them. */
function findById(commits: readonly ParsedCommit[]): (id: string) => ParsedCommit | null {
  const bySha = new Map(commits.map((commit) => [commit.sha.toLowerCase(), commit]));
  return (id) => {
    const exact = bySha.get(id);
    if (exact !== undefined) return exact;
    const matches = commits.filter((commit) => commit.sha.toLowerCase().startsWith(id));
    return matches.length === 1 ? (matches[0] ?? null) : null;
  };
}

/** A commit is reverted while some revert of it is not reverted itself. */
function revertedBy(targets: ReadonlyMap<ParsedCommit, readonly (ParsedCommit | null)[]>): (commit: ParsedCommit) => boolean {
  const reverters = new Map<ParsedCommit, ParsedCommit[]>();
  for (const [revert, reverted] of targets) {
    for (const target of reverted) if (target !== null) reverters.set(target, [...(reverters.get(target) ?? []), revert]);
  }
  const known = new Map<ParsedCommit, boolean>();
  const isReverted = (commit: ParsedCommit): boolean => {
    const answer = known.get(commit);
    if (answer !== undefined) return answer;
    // Ids cannot really refer to each other in a circle; forged ones must not loop.
    known.set(commit, false);
    const result = (reverters.get(commit) ?? []).some((revert) => !isReverted(revert));
    known.set(commit, result);
    return result;
  };
  return isReverted;
}
