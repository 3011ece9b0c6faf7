import type { GitModel } from './git-model.ts';
import type { Files } from './merge.ts';

/** A file that differs. Of a rename both names are there, of what was added or removed one. */
export interface FileChange {
  status: 'added' | 'removed' | 'modified' | 'renamed';
  old: string | null;
  now: string | null;
}

/** By path, as git lists it: a file removed and the same contents added are one rename. */
export function diffFiles(before: Files, after: Files): FileChange[] {
  const left = new Map([...after].filter(([path]) => !before.has(path)));
  const changes: FileChange[] = [];
  for (const [path, content] of before) {
    const now = after.get(path);
    if (now === content) continue;
    const moved = now === undefined ? [...left].find(([, candidate]) => candidate === content)?.[0] : undefined;
    if (moved !== undefined) left.delete(moved);
    if (now !== undefined) changes.push({ status: 'modified', old: path, now: path });
    else changes.push({ status: moved === undefined ? 'removed' : 'renamed', old: path, now: moved ?? null });
  }
  changes.push(...[...left.keys()].map((path) => ({ status: 'added' as const, old: null, now: path })));
  return changes.sort((a, b) => ((a.now ?? a.old ?? '') < (b.now ?? b.old ?? '') ? -1 : 1));
}

/** A branch with a history of its own, as a repository brought in from elsewhere has. */
export function seedOrphan(git: GitModel, branch: string): string {
  const author = { name: 'Mona Lisa', email: 'mona@example.com', login: 'mona' };
  const { sha } = git.commit({ message: 'Elsewhere', author, date: '2026-01-01T00:00:00Z', parents: [], files: { 'else.txt': 'x' } });
  git.branches.set(branch, sha);
  return sha;
}
