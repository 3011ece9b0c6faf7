import type { ParsedMessage } from './conventional-commit.ts';

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
