import type { GitModel } from './git-model.ts';

/** Merging as git does it, except that a file is one piece: changed on both sides to different contents, it conflicts. */

export type Files = ReadonlyMap<string, string>;

/** `null`: a file conflicts. */
export function mergeFiles(base: Files, ours: Files, theirs: Files): Files | null {
  const merged = new Map<string, string>();
  for (const path of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const [was, mine, other] = [base.get(path), ours.get(path), theirs.get(path)];
    if (mine !== other && mine !== was && other !== was) return null;
    const content = mine === was ? other : mine;
    if (content !== undefined) merged.set(path, content);
  }
  return merged;
}

/** The files after merging `theirs` into `ours`, both names or ids; `null`: a conflict, or no common history. */
export function mergeCommits(git: GitModel, ours: string, theirs: string): Files | null {
  const comparison = git.compare(ours, theirs);
  const head = git.resolve(theirs);
  return comparison && head && mergeFiles(comparison.mergeBase.files, comparison.base.files, head.files);
}

/** The files after applying the change of one commit (against its first parent) to `onto`; `null`: a conflict. */
export function pickCommit(git: GitModel, picked: string, onto: string): Files | null {
  const [commit, head] = [git.resolve(picked), git.resolve(onto)];
  const parent = git.commits.get(commit?.parents[0] ?? '');
  return commit && head && mergeFiles(parent?.files ?? new Map(), head.files, commit.files);
}
