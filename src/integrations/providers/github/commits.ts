import type { Commit } from '../../capabilities/source-control.ts';
import { PAGE_SIZE } from './ask.ts';
import type { GithubClient } from './client.ts';
import { GithubRefusal, githubTrouble } from './github-error.ts';
import type { GithubCommit } from './schema.ts';

const FULL_SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Pages of a moving branch would skip or repeat commits, so both ends are pinned to the commits they stand on at the start. */
export async function* commitsBetween(client: GithubClient, base: string, head: string): AsyncGenerator<Commit> {
  const pinnedHead = await pinned(client, head);
  let pinnedBase = base;
  let read = 0;
  for (let page = 1; ; page += 1) {
    const comparison = await client.compare(pinnedBase, pinnedHead, page, PAGE_SIZE);
    pinnedBase = comparison.base_commit.sha;
    for (const commit of comparison.commits) yield toCommit(commit);
    read += comparison.commits.length;
    if (read >= comparison.total_commits) return;
    if (comparison.commits.length === 0) {
      throw githubTrouble('malformed', `comparison of ${base} with ${head} ended after ${read} of ${comparison.total_commits} commits`);
    }
  }
}

/** The commit that a branch, a tag or a commit stands for. A full id is taken as it is, known or not. */
export async function pinned(client: GithubClient, ref: string): Promise<string> {
  return FULL_SHA.test(ref) ? ref : (await client.commit(ref).catch(unknownRefAsNotFound)).sha;
}

/** This one endpoint answers 422 ("No commit found for SHA: …") where its siblings answer 404. */
function unknownRefAsNotFound(error: unknown): never {
  throw isUnknownCommit(error) ? githubTrouble('not-found', error.words, 422) : error;
}

export function isUnknownCommit(error: unknown): error is GithubRefusal {
  return error instanceof GithubRefusal && error.status === 422 && /^No commit found/i.test(error.words);
}

function toCommit(commit: GithubCommit): Commit {
  const author = commit.commit.author;
  return {
    sha: commit.sha,
    message: commit.commit.message,
    authorName: author?.name ?? null,
    authorLogin: commit.author?.login ?? null,
    authoredAt: author?.date ?? null,
    parents: commit.parents.map((parent) => parent.sha),
    url: commit.html_url,
  };
}
