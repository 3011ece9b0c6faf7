import { createHash } from 'node:crypto';
import type { Branch } from '../../capabilities/source-control.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { GithubClient } from './client.ts';
import { commitsBetween } from './commits.ts';
import { GithubRefusal, githubTrouble } from './github-error.ts';
import type { GitCommit } from './schema.ts';

/**
 * GitHub's API has no cherry-pick, but it merges. A stand-in commit with the branch's files whose only parent is the parent of the picked
 * commit makes that parent the merge base, so merging the picked commit into it is the three-way merge that a cherry-pick is. Merges go
 * into branches only: the stand-in stands on a temporary branch, which is removed before the real branch moves.
 *
 * Dying between any two lines leaves the branch as it was, or picked. What may stay is the temporary branch; its name is computed from
 * the pick, and the next attempt removes it.
 */
export async function cherryPick(client: GithubClient, sha: string, onto: string): Promise<Branch> {
  const [ref, picked] = [await client.gitRef(`heads/${onto}`), await client.gitCommit(sha)];
  if (!ref) throw githubTrouble('not-found', `there is no branch ${onto}`);
  if (!picked) throw githubTrouble('not-found', `there is no commit ${sha}`);
  const head = ref.object.sha;
  const temporary = `signalbox-pick-${createHash('sha256').update(`${sha}\0${onto}`).digest('hex').slice(0, 24)}`;
  if (await isPicked(client, sha, head)) {
    if (await client.gitRef(`heads/${temporary}`)) await client.deleteRef(`heads/${temporary}`);
    return { name: onto, head };
  }
  const parent = picked.parents[0]?.sha;
  if (parent === undefined || picked.parents.length > 1) {
    throw githubTrouble('conflict', `${sha} is ${parent === undefined ? 'a first' : 'a merge'} commit, which cannot be picked`);
  }
  const tree = await client.gitCommit(head);
  if (!tree) throw githubTrouble('unavailable', `the head ${head} of ${onto} cannot be read yet`);
  const merged = await mergedTree(client, { temporary, tree: tree.tree.sha, parent, sha, onto });
  // The branch has the change already, under whatever commit.
  if (merged === tree.tree.sha) return { name: onto, head };
  const commit = await client.createCommit({ message: pickMessage(picked), tree: merged, parents: [head], author: picked.author });
  const moved = await client.moveRef(`heads/${onto}`, commit.sha).catch((error: unknown) => notMoved(error, onto));
  return { name: onto, head: moved.object.sha };
}

/** The trailer of an earlier pick, looked for where it can only be: on the branch and not before the commit itself. */
async function isPicked(client: GithubClient, sha: string, head: string): Promise<boolean> {
  for await (const commit of commitsBetween(client, sha, head)) {
    if (commit.message.split('\n').some((line) => line.trim() === trailer(sha))) return true;
  }
  return false;
}

interface Merge {
  temporary: string;
  /** Of the branch. */
  tree: string;
  /** Of the picked commit. */
  parent: string;
  sha: string;
  onto: string;
}

async function mergedTree(client: GithubClient, { temporary, tree, parent, sha, onto }: Merge): Promise<string> {
  const standIn = await client.createCommit({ message: `Stand-in of ${onto} to pick ${sha}`, tree, parents: [parent] });
  const ref = `heads/${temporary}`;
  if (!(await client.createRef(ref, standIn.sha))) {
    // Left by an attempt that died.
    await client.deleteRef(ref);
    if (!(await client.createRef(ref, standIn.sha))) {
      throw githubTrouble('unavailable', `another pick of ${sha} onto ${onto} is under way`);
    }
  }
  try {
    const merge = await client.mergeInto(temporary, sha);
    // Before the branch moves: whoever dies afterwards leaves nothing behind.
    await client.deleteRef(ref);
    return merge === null ? tree : merge.commit.tree.sha;
  } catch (error) {
    // After an abort nothing may be called any more; then the next attempt removes it.
    if (error instanceof ProviderError) await client.deleteRef(ref).catch(() => undefined);
    if (error instanceof GithubRefusal && error.status === 409) {
      throw githubTrouble('conflict', `the change of ${sha} does not apply to ${onto}: pick it by hand`, 409);
    }
    // Both have been read a moment ago: a replica does not know the temporary branch yet.
    if (error instanceof GithubRefusal && error.status === 404) throw githubTrouble('unavailable', error.message, 404);
    throw error;
  }
}

/** As `git cherry-pick -x` writes it: a trailer joins the trailers that are there. */
function pickMessage(picked: GitCommit): string {
  const message = picked.message.trimEnd();
  const last = message.split(/\n\s*\n/).at(-1) ?? '';
  const endsInTrailers =
    last !== message && last.split('\n').every((line) => /^([A-Za-z][\w-]*: |\(cherry picked from commit )/.test(line));
  return `${message}${endsInTrailers ? '\n' : '\n\n'}${trailer(picked.sha)}`;
}

function trailer(sha: string): string {
  return `(cherry picked from commit ${sha})`;
}

const PROTECTED = /protected branch|rule violations|through a pull request|required status check/i;

/** 422 stands for both: somebody has pushed since we read the branch, so that the pick must be made anew; and a rule is in the way. */
function notMoved(error: unknown, branch: string): never {
  if (!(error instanceof GithubRefusal && error.status === 422)) throw error;
  if (/fast[ -]forward/i.test(error.words)) {
    throw githubTrouble('unavailable', `${branch} was pushed to while a commit was picked onto it`, 422);
  }
  throw PROTECTED.test(error.words) ? githubTrouble('forbidden', `${branch} is protected: ${error.words}`, 422) : error;
}
