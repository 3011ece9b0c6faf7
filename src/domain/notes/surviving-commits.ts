import { inHistoryOrder } from './commit-order.ts';
import { parseCommitMessage } from './conventional-commit.ts';
import type { NoteCommit, ParsedCommit } from './note-commit.ts';
import { isMerge, type PullOf, revertTargets } from './revert-targets.ts';

/**
 * The commits whose change stands at the end of a range, each once: merges left out, a reverted commit and its revert both gone, a reverted
 * revert undoing that again, whatever order the commits come in.
 */
export function survivingCommits(commits: readonly NoteCommit[], pullOf: PullOf = () => null): ParsedCommit[] {
  const bySha = new Map(
    inHistoryOrder(commits).map((commit) => [commit.sha.toLowerCase(), { ...commit, parsed: parseCommitMessage(commit.message) }]),
  );
  const targets = revertTargets(bySha, pullOf);
  const isReverted = revertedBy(targets);
  return [...bySha.values()].filter((commit) => {
    if (isMerge(commit)) return false;
    const reverted = targets.get(commit) ?? [];
    const undoesAll = reverted.length > 0 && reverted.every((target) => target !== null);
    return !undoesAll && !isReverted(commit);
  });
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
