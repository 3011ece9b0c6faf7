import type { Commit, Comparison } from '../../capabilities/source-control.ts';
import { PAGE_SIZE } from './call.ts';
import type { GitlabClient } from './client.ts';
import { trouble } from './gitlab-error.ts';
import { collect, eachItem } from './pages.ts';
import type { GitlabCommit } from './schema.ts';

type Direction = { base: string; head: string };

/** GitLab compares one way and without counts, so both ways are counted, except where the merge base says that one is empty. */
export async function compare(client: GitlabClient, baseName: string, headName: string): Promise<Comparison> {
  // Pages of a moving branch would skip or repeat commits, so both ends are pinned to the commits they stand on at the start.
  const [base, head] = await Promise.all([pin(client, baseName), pin(client, headName)]);
  if (base === head) return { relation: 'identical', aheadBy: 0, behindBy: 0, mergeBase: base };
  const mergeBase = (await client.mergeBase(base, head))?.id ?? null;
  const aheadBy = mergeBase === head ? 0 : await count(client, { base, head });
  const behindBy = mergeBase === base ? 0 : await count(client, { base: head, head: base });
  const apart = behindBy > 0 ? 'diverged' : 'ahead';
  return { relation: aheadBy > 0 ? apart : 'behind', aheadBy, behindBy, mergeBase };
}

/** Of the two commits as they are. GitLab answers with all files at once, and says when these are not all. */
export async function* changedFiles(client: GitlabClient, baseName: string, headName: string): AsyncGenerator<string> {
  const [base, head] = await Promise.all([pin(client, baseName), pin(client, headName)]);
  if (base === head) return;
  if ((await client.mergeBase(base, head)) === null) throw trouble('not-found', `${baseName} and ${headName} have no common history`);
  const { diffs, compare_timeout: isCutOff } = await client.changes(base, head);
  if (isCutOff) throw trouble('invalid', `${headName} differs from ${baseName} in more files than GitLab compares`);
  yield* new Set(diffs.flatMap((diff) => [diff.old_path, diff.new_path]));
}

/** GitLab lists newest first; all are read, because the oldest come on the last page. */
export async function* commitsBetween(client: GitlabClient, baseName: string, headName: string): AsyncGenerator<Commit> {
  const [base, head] = await Promise.all([pin(client, baseName), pin(client, headName)]);
  if (base === head) return;
  const commits = await collect(range(client, { base, head }));
  for (const commit of commits.reverse()) yield toCommit(commit);
}

/** Children before parents. */
export function range(client: GitlabClient, { base, head }: Direction): AsyncGenerator<GitlabCommit> {
  return eachItem((page) => client.commitsBetween(base, head, page, PAGE_SIZE));
}

async function count(client: GitlabClient, direction: Direction): Promise<number> {
  let total = 0;
  for await (const _commit of range(client, direction)) total += 1;
  return total;
}

async function pin(client: GitlabClient, ref: string): Promise<string> {
  return (await client.commit(ref)).id;
}

function toCommit(commit: GitlabCommit): Commit {
  const authored = Date.parse(commit.authored_date ?? '');
  return {
    sha: commit.id,
    message: commit.message ?? commit.title ?? '',
    authorName: commit.author_name ?? null,
    // GitLab tells the author's name and e-mail address only.
    authorLogin: null,
    authoredAt: Number.isNaN(authored) ? null : new Date(authored).toISOString(),
    parents: commit.parent_ids ?? [],
    url: commit.web_url,
  };
}
