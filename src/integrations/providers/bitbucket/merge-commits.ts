import { ProviderError } from '../../kit/provider-error.ts';
import type { BitbucketClient } from './client.ts';
import type { BitbucketPull } from './schema.ts';

export interface MergeCommit {
  hash: string;
  date: string;
}

export type FindMergeCommit = (pull: BitbucketPull) => Promise<MergeCommit | null>;

/** One at a time: one call each. */
export const mergeCommitOf =
  (client: BitbucketClient): FindMergeCommit =>
  async ({ merge_commit: merge }) =>
    merge ? client.commit(merge.hash) : null;

/** As many as a page of commits has. */
const STEP = 100;
/** Digits by which pull requests name commits. */
const DIGITS = 12;
const MAX_MISSES = 3;

interface Trail {
  known: Map<string, MergeCommit>;
  rest: AsyncGenerator<MergeCommit>;
  /** Pages in a row that did not bring what they were read for. */
  misses: number;
}

/**
 * For lists: a call per pull request would use up an hour's calls. The history of the branch merged into is read along, newest first like the
 * list, and brings the merge commits a page at a time. Where it does not (few pull requests, many commits) it is given up.
 */
export function mergeCommitsAlong(client: BitbucketClient): FindMergeCommit {
  const trails = new Map<string, Trail>();
  const one = mergeCommitOf(client);

  return async (pull) => {
    const digits = pull.merge_commit?.hash.slice(0, DIGITS);
    if (digits === undefined) return null;
    const branch = pull.destination.branch.name;
    const trail = trails.get(branch) ?? { known: new Map(), rest: client.commitDates(branch), misses: 0 };
    trails.set(branch, trail);
    if (!trail.known.has(digits) && trail.misses < MAX_MISSES) {
      await follow(trail);
      trail.misses = trail.known.has(digits) ? 0 : trail.misses + 1;
    }
    return trail.known.get(digits) ?? one(pull);
  };
}

async function follow(trail: Trail): Promise<void> {
  try {
    for (let step = 0; step < STEP; step += 1) {
      const { done, value: commit } = await trail.rest.next();
      if (done) return;
      trail.known.set(commit.hash.slice(0, DIGITS), commit);
    }
  } catch (error) {
    // The branch is gone; its merges may still be found one by one.
    if (!(error instanceof ProviderError) || error.kind !== 'not-found') throw error;
    trail.misses = MAX_MISSES;
  }
}
