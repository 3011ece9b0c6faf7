import type { Commit, Comparison } from '../../capabilities/source-control.ts';
import type { BitbucketClient } from './client.ts';
import { trouble } from './identity.ts';
import type { BitbucketCommit } from './schema.ts';

const FULL_HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const SHORT_HASH = /^[0-9a-f]{7,63}$/;

/** The commit a branch, a tag or a commit stands for; `null` when there is none. A full hash is taken as it is, known or not. */
export async function findCommit(client: BitbucketClient, ref: string): Promise<string | null> {
  if (FULL_HASH.test(ref)) return ref;
  // Names with a slash cannot stand where Bitbucket expects a commit, so names are looked up first.
  const named = (await client.branch(ref)) ?? (await client.tag(ref));
  if (named) return named.target.hash;
  return SHORT_HASH.test(ref) ? ((await client.commit(ref))?.hash ?? null) : null;
}

async function commitOf(client: BitbucketClient, ref: string): Promise<string> {
  const hash = await findCommit(client, ref);
  if (hash === null) throw trouble('not-found', `there is no branch, tag or commit ${ref}`);
  return hash;
}

export async function compare(client: BitbucketClient, baseRef: string, headRef: string): Promise<Comparison> {
  const base = await commitOf(client, baseRef);
  const head = await commitOf(client, headRef);
  const mergeBase = (await client.mergeBase(base, head))?.hash ?? null;
  if (mergeBase === null) await bothExist(client, base, head);
  const aheadBy = mergeBase === head ? 0 : await count(client.commitHashes(head, base));
  const behindBy = mergeBase === base ? 0 : await count(client.commitHashes(base, head));
  return { relation: relationOf(aheadBy, behindBy), aheadBy, behindBy, mergeBase };
}

/** Without a merge base they are either unrelated or one of them is unknown. */
async function bothExist(client: BitbucketClient, ...hashes: string[]): Promise<void> {
  for (const hash of hashes) if (!(await client.commit(hash))) throw trouble('not-found', `there is no commit ${hash}`);
}

function relationOf(aheadBy: number, behindBy: number): Comparison['relation'] {
  if (aheadBy === 0) return behindBy === 0 ? 'identical' : 'behind';
  return behindBy === 0 ? 'ahead' : 'diverged';
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let counted = 0;
  for await (const _item of items) counted += 1;
  return counted;
}

/** Of the two commits as they are. A rename comes as a removal and an addition. */
export async function* changedFiles(client: BitbucketClient, baseRef: string, headRef: string): AsyncGenerator<string> {
  const base = await commitOf(client, baseRef);
  const head = await commitOf(client, headRef);
  if ((await client.mergeBase(base, head)) === null) {
    await bothExist(client, base, head);
    throw trouble('not-found', `${baseRef} and ${headRef} have no common history`);
  }
  const seen = new Set<string>();
  for await (const { old, new: now } of client.diffstat(`${head}..${base}`)) {
    const paths = [old?.path, now?.path].filter((path) => path !== undefined);
    if (paths.length === 0) throw trouble('malformed', `the comparison of ${baseRef} with ${headRef} names a change without a file`);
    for (const path of paths) {
      if (seen.has(path)) continue;
      seen.add(path);
      yield path;
    }
  }
}

/** Bitbucket knows newest first only: the range is read to its end, kept, and handed out from there. */
export async function* commitsBetween(client: BitbucketClient, baseRef: string, headRef: string): AsyncGenerator<Commit> {
  // Pages of a moving branch would skip or repeat commits, so both ends are pinned.
  const base = await commitOf(client, baseRef);
  const head = await commitOf(client, headRef);
  const newestFirst: Commit[] = [];
  for await (const commit of client.commits(head, base)) newestFirst.push(toCommit(commit));
  yield* newestFirst.reverse();
}

function toCommit(commit: BitbucketCommit): Commit {
  return {
    sha: commit.hash,
    message: withoutNewline(commit.message),
    authorName: /^(.*?)\s*(?:<[^>]*>)?\s*$/s.exec(commit.author?.raw ?? '')?.[1] || null,
    authorLogin: commit.author?.user?.nickname ?? null,
    authoredAt: utc(commit.date),
    parents: commit.parents.map((parent) => parent.hash),
    url: commit.links.html.href,
  };
}

/** Bitbucket hands out messages with the line break that git keeps at their end. */
export const withoutNewline = (message: string) => message.replace(/\n$/, '');

/** Bitbucket writes `+00:00`. */
export function utc(time: string): string | null {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString();
}
