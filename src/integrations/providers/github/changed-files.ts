import type { GithubClient } from './client.ts';
import { pinned } from './commits.ts';
import { githubTrouble } from './github-error.ts';

/** GitHub tells of a comparison this many files and no more, without saying that there are others. */
const MAX_FILES = 300;

/**
 * GitHub compares with the common ancestor only, so what `base` has besides is compared as well. Both ends are pinned first: the two comparisons must be
 * of the same commits.
 */
export async function* changedFiles(client: GithubClient, base: string, head: string): AsyncGenerator<string> {
  const pinnedHead = await pinned(client, head);
  const forth = await client.changes(base, pinnedHead);
  const pinnedBase = forth.base_commit.sha;
  const hasOwn = forth.status === 'behind' || forth.status === 'diverged';
  const back = hasOwn ? await client.changes(pinnedHead, pinnedBase) : null;
  const seen = new Set<string>();
  for (const files of [forth.files, back?.files ?? []]) {
    if (files.length >= MAX_FILES) {
      throw githubTrouble(
        'invalid',
        `${head} differs from ${base} in ${MAX_FILES} files or more, and GitHub tells no more than ${MAX_FILES} of them`,
      );
    }
    for (const { filename, previous_filename } of files) {
      for (const path of previous_filename === undefined ? [filename] : [previous_filename, filename]) {
        if (seen.has(path)) continue;
        seen.add(path);
        yield path;
      }
    }
  }
}
