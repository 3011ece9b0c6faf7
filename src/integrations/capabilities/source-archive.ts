import type { CommitSha } from './source-control.ts';

/** The files of a commit as one archive, bound to one connection and one repository. */
export interface SourceArchive {
  /**
   * Streams a `.tar.gz` of every file as of the commit, all below one folder whose name is the provider's. The caller reads `body` to its end or cancels it;
   * one that breaks off errors the stream. An unknown commit, and what is no commit, is `not-found`.
   * @returns the bytes that will come as `sizeBytes`, where the provider tells; archives are made while they are sent, so that mostly it does not
   */
  openArchive(commit: CommitSha): Promise<{ body: ReadableStream<Uint8Array>; sizeBytes: number | null }>;
}
