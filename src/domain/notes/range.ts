import type { NoteRemark } from './document.ts';

export interface NotesRange {
  base: string;
  head: string;
  /** What readers must know about the base. */
  remarks: NoteRemark[];
}

/**
 * Since when notes tell: the previous candidate, else the base release (of a hotfix, the release it fixes; else the one before), else, in the
 * first release of a repository, the commit that the branch was cut from.
 */
export function notesRange(
  head: string,
  { previousCandidate, baseTag, forkCommit }: { previousCandidate: string | null; baseTag: string | null; forkCommit: string | null },
): NotesRange {
  const released = previousCandidate ?? baseTag;
  if (released !== null) return { base: released, head, remarks: [] };
  return { base: forkCommit ?? head, head, remarks: ['since-fork'] };
}
