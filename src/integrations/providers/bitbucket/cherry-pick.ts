import type { Branch } from '../../capabilities/source-control.ts';
import type { BitbucketClient } from './client.ts';
import { commitForm, type FileContent } from './commit-form.ts';
import { trouble } from './identity.ts';
import type { BitbucketCommit, BitbucketDiffstat } from './schema.ts';

/**
 * The nearest to a cherry-pick that Bitbucket allows, file by file: the change applies when every file it touches is, on the branch, as it was
 * before the change, or already as the change left it. Git itself compares, in lists of differing paths; contents are fetched only to be
 * uploaded again, as bytes. One upload makes one commit on the head it was decided on, and is refused when the branch has moved since.
 * Dies before the upload: nothing has happened. Dies after: the next attempt finds the commit by its message.
 */
export async function cherryPick(client: BitbucketClient, hash: string, onto: string): Promise<Branch> {
  const commit = await client.commit(hash);
  if (!commit) throw trouble('not-found', `there is no commit ${hash}`);
  const head = (await client.branch(onto))?.target.hash;
  if (head === undefined) throw trouble('not-found', `there is no branch ${onto}`);
  const [parent, ...others] = commit.parents;
  if (parent === undefined || others.length > 0) {
    throw trouble('conflict', `commit ${hash} has ${commit.parents.length} parents: only a commit with one parent can be picked`);
  }
  if (await hasArrived(client, commit, head)) return { name: onto, head };
  const change = await changeOf(client, commit.hash);
  const missing = await missingOn(client, change, { head, parent: parent.hash, commit: commit.hash });
  if (missing.size === 0) return { name: onto, head };
  const form = commitForm({
    branch: onto,
    parent: head,
    message: `${commit.message.trimEnd()}\n\n${trailer(commit.hash)}`,
    author: commit.author?.raw ?? null,
    written: await contents(
      client,
      commit.hash,
      change.written.filter((path) => missing.has(path)),
    ),
    removed: change.removed.filter((path) => missing.has(path)),
  });
  return { name: onto, head: (await client.createCommit(onto, form)) ?? (await newHead(client, onto, head)) };
}

const trailer = (hash: string) => `(cherry picked from commit ${hash})`;

/** Contained in the branch, or picked onto it before. */
async function hasArrived(client: BitbucketClient, commit: BitbucketCommit, head: string): Promise<boolean> {
  if ((await client.mergeBase(commit.hash, head))?.hash === commit.hash) return true;
  for await (const { message } of client.commits(head, commit.hash)) {
    if (message.split('\n').some((line) => line.trim() === trailer(commit.hash))) return true;
  }
  return false;
}

interface Change {
  written: string[];
  removed: string[];
}

const MAX_FILES = 300;

/** Renames come as a removal and an addition, since that is how they are uploaded. */
async function changeOf(client: BitbucketClient, hash: string): Promise<Change> {
  const written = new Set<string>();
  const removed = new Set<string>();
  for await (const entry of client.diffstat(hash)) {
    if (entry.new && entry.status !== 'removed') written.add(entry.new.path);
    if (entry.old && entry.old.path !== entry.new?.path) removed.add(entry.old.path);
    if (written.size + removed.size > MAX_FILES) {
      throw trouble('invalid', `commit ${hash} changes more than ${MAX_FILES} files: apply it by hand`);
    }
  }
  return { written: [...written], removed: [...removed].filter((path) => !written.has(path)) };
}

/** The paths in which the branch is not yet as the commit left them. A path in which it is neither so nor as before is a conflict. */
async function missingOn(
  client: BitbucketClient,
  { written, removed }: Change,
  at: { head: string; parent: string; commit: string },
): Promise<Set<string>> {
  const touched = [...written, ...removed];
  const unlikeParent = await differing(client, `${at.head}..${at.parent}`, touched);
  const unlikeCommit = unlikeParent.size === 0 ? new Set(touched) : await differing(client, `${at.head}..${at.commit}`, touched);
  const inTheWay = touched.filter((path) => unlikeParent.has(path) && unlikeCommit.has(path));
  if (inTheWay.length === 0) return unlikeCommit;
  const named = inTheWay.slice(0, 5).join(', ');
  throw trouble('conflict', `commit ${at.commit} does not apply: changed on the branch too: ${named}${inTheWay.length > 5 ? ', …' : ''}`);
}

/** Addresses longer than about 8,000 characters are refused on the way. */
const MAX_QUERY_CHARS = 4_000;

async function differing(client: BitbucketClient, spec: string, paths: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const some of inQueries(paths)) {
    for await (const { old, new: after } of client.diffstat(spec, some)) for (const path of namesOf({ old, new: after })) found.add(path);
  }
  // A path may be a folder on one side, and what lies in it is then listed instead.
  return new Set(paths.filter((path) => found.has(path) || [...found].some((each) => each.startsWith(`${path}/`))));
}

const namesOf = (entry: Pick<BitbucketDiffstat, 'old' | 'new'>) => [entry.old, entry.new].flatMap((file) => (file ? [file.path] : []));

function inQueries(paths: readonly string[]): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const path of paths) {
    const length = encodeURIComponent(path).length + 'path=&'.length;
    if (length > room || groups.length === 0) {
      groups.push([]);
      room = MAX_QUERY_CHARS;
    }
    groups.at(-1)?.push(path);
    room -= length;
  }
  return groups;
}

/** Held in memory twice while they are uploaded. */
const MAX_BYTES = 32 * 1024 * 1024;

async function contents(client: BitbucketClient, hash: string, paths: readonly string[]): Promise<FileContent[]> {
  const files: FileContent[] = [];
  let size = 0;
  for (const path of paths) {
    const entry = await client.entry(hash, path);
    const attributes = entry?.attributes ?? [];
    if (entry?.type !== 'commit_file' || attributes.includes('subrepository') || attributes.includes('lfs')) {
      throw trouble(
        'conflict',
        `${path} is not a plain file (${attributes.join(', ') || entry?.type || 'gone'}): apply the change by hand`,
      );
    }
    size += entry.size ?? 0;
    if (size > MAX_BYTES) throw trouble('invalid', `commit ${hash} changes files of more than ${MAX_BYTES} bytes: apply it by hand`);
    const attribute = (['link', 'executable'] as const).find((each) => attributes.includes(each)) ?? null;
    const bytes = await client.bytes(hash, path);
    if (entry.size !== undefined && bytes.byteLength !== entry.size) {
      throw trouble('malformed', `${path} has ${entry.size} bytes, and ${bytes.byteLength} arrived`);
    }
    files.push({ path, bytes, attribute });
  }
  return files;
}

/** Only when the upload's answer does not name the commit. */
async function newHead(client: BitbucketClient, branch: string, former: string): Promise<string> {
  const head = (await client.branch(branch))?.target.hash ?? former;
  if (head === former) throw trouble('unavailable', `the commit on ${branch} is made but cannot be read yet`);
  return head;
}
