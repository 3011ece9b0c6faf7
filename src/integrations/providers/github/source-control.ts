import type { Branch, Commit, Comparison, PullRequest, ReleaseObject, SourceControl, Tag } from '../../capabilities/source-control.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { type GithubClient, githubClient, PAGE_SIZE } from './client.ts';
import { GithubRefusal } from './github-error.ts';
import { type GithubConnection, PROVIDER } from './identity.ts';
import { eachItem } from './pages.ts';
import type { GithubCommit, GithubPull, GithubRelease, GitRef } from './schema.ts';

/** Tags of tags are legal and rare; a longer chain is somebody's joke. */
const MAX_TAG_DEPTH = 10;
const FULL_SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

export function githubSourceControl(connection: GithubConnection, deps: AdapterDeps): SourceControl {
  const client = githubClient(connection, deps);

  const findBranch = async (name: string): Promise<Branch | null> => {
    const ref = await client.gitRef(`heads/${name}`);
    return ref && { name, head: ref.object.sha };
  };

  return {
    findBranch,
    async ensureBranch(name, at) {
      const existing = await findBranch(name);
      if (existing) return holding(client, existing, at);
      // The creation's own answer is the re-read: a second read may come from a replica that does not know the branch yet.
      const created = await client.createRef(`heads/${name}`, at);
      if (created) return { name, head: created.object.sha };
      return holding(client, (await findBranch(name)) ?? vanished(`branch ${name}`), at);
    },
    findTag: (name) => readTag(client, name),
    async ensureTag(name, at, { message }) {
      const existing = await readTag(client, name);
      if (existing) return onCommit(existing, at);
      const object = await client.createTagObject(name, at, message);
      const created = await client.createRef(`tags/${name}`, object.sha);
      const tag = created ? await peel(client, name, created) : await readTag(client, name);
      return onCommit(tag ?? vanished(`tag ${name}`), at);
    },
    async compare(base, head) {
      const comparison = await client.compare(base, head, 1, 1);
      return {
        relation: comparison.status,
        aheadBy: comparison.ahead_by,
        behindBy: comparison.behind_by,
        mergeBase: comparison.merge_base_commit?.sha ?? null,
      } satisfies Comparison;
    },
    commitsBetween: (base, head) => commitsBetween(client, base, head),
    async findReleaseObject(tag) {
      const release = await client.releaseByTag(tag);
      return release && toReleaseObject(release);
    },
    ensureReleaseObject: (input) => ensureReleaseObject(client, input),
    async *pullRequests({ state, baseBranch }) {
      const seen = new Set<number>();
      const filter = { state, ...(baseBranch === undefined ? {} : { base: baseBranch }) };
      for await (const pull of eachItem(
        (page) => client.pulls(filter, page),
        (pulls) => pulls,
      )) {
        // One opened meanwhile pushes the last of a page onto the next.
        if (seen.has(pull.number)) continue;
        seen.add(pull.number);
        yield toPullRequest(pull);
      }
    },
  };
}

/** An existing branch is ours when `at` is in its history: people push on. */
async function holding(client: GithubClient, branch: Branch, at: string): Promise<Branch> {
  if (branch.head === at) return branch;
  const comparison = await client.compare(at, branch.head, 1, 1).catch((error: unknown) => {
    // No such commit, or no common history: either way the branch does not contain it.
    if (error instanceof GithubRefusal && error.kind === 'not-found') return null;
    throw error;
  });
  if (comparison?.status === 'ahead' || comparison?.status === 'identical') return branch;
  throw trouble('conflict', `branch ${branch.name} exists at ${branch.head}, which does not contain ${at}`);
}

async function readTag(client: GithubClient, name: string): Promise<Tag | null> {
  const ref = await client.gitRef(`tags/${name}`);
  return ref && peel(client, name, ref);
}

async function peel(client: GithubClient, name: string, ref: GitRef): Promise<Tag> {
  let target = ref.object;
  let message: string | null = null;
  for (let depth = 0; target.type === 'tag' && depth < MAX_TAG_DEPTH; depth += 1) {
    const object = await client.tagObject(target.sha);
    message ??= object.message;
    target = object.object;
  }
  if (target.type !== 'commit') throw trouble('conflict', `tag ${name} points at a ${target.type}, not at a commit`);
  return { name, commit: target.sha, annotated: ref.object.type === 'tag', message };
}

function onCommit(tag: Tag, at: string): Tag {
  if (tag.commit === at) return tag;
  throw trouble('conflict', `tag ${tag.name} exists on commit ${tag.commit}, not on ${at}`);
}

/** Pages of a moving branch would skip or repeat commits, so both ends are pinned to the commits they stand on at the start. */
async function* commitsBetween(client: GithubClient, base: string, head: string): AsyncGenerator<Commit> {
  const pinnedHead = FULL_SHA.test(head) ? head : (await client.commit(head).catch(unknownRefAsNotFound)).sha;
  let pinnedBase = base;
  let read = 0;
  for (let page = 1; ; page += 1) {
    const comparison = await client.compare(pinnedBase, pinnedHead, page, PAGE_SIZE);
    pinnedBase = comparison.base_commit.sha;
    for (const commit of comparison.commits) yield toCommit(commit);
    read += comparison.commits.length;
    if (read >= comparison.total_commits) return;
    if (comparison.commits.length === 0) {
      throw trouble('malformed', `comparison of ${base} with ${head} ended after ${read} of ${comparison.total_commits} commits`);
    }
  }
}

/** This one endpoint answers 422 ("No commit found for SHA: …") where its siblings answer 404. */
function unknownRefAsNotFound(error: unknown): never {
  if (error instanceof GithubRefusal && error.status === 422 && /^No commit found/i.test(error.words)) {
    throw new ProviderError('not-found', error.message, { provider: PROVIDER, status: 422 });
  }
  throw error;
}

async function ensureReleaseObject(
  client: GithubClient,
  input: { tag: string; name: string; body: string; prerelease: boolean },
): Promise<ReleaseObject> {
  const { tag, ...wanted } = input;
  const existing = await client.releaseByTag(tag);
  if (existing) return inLine(client, existing, wanted);
  // Without its tag GitHub would create one on the default branch; the commit is passed too in case the tag goes meanwhile.
  const target = await readTag(client, tag);
  if (!target) throw trouble('not-found', `create the release of ${tag}: there is no such tag`);
  const created = await client.createRelease({ tag_name: tag, target_commitish: target.commit, ...wanted });
  if (created) return toReleaseObject(created);
  return inLine(client, (await client.releaseByTag(tag)) ?? vanished(`release of ${tag}`), wanted);
}

async function inLine(
  client: GithubClient,
  release: GithubRelease,
  wanted: { name: string; body: string; prerelease: boolean },
): Promise<ReleaseObject> {
  const same =
    (release.name ?? '') === wanted.name &&
    unixLines(release.body ?? '') === unixLines(wanted.body) &&
    release.prerelease === wanted.prerelease;
  return toReleaseObject(same ? release : await client.updateRelease(release.id, wanted));
}

/** Edited in the browser, a body comes back with CRLF. */
function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function trouble(kind: ProviderErrorKind, message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}

/** Refused as existing, yet not readable: a replica behind, or deleted in between. Later will tell. */
function vanished(what: string): never {
  throw trouble('unavailable', `${what} is said to exist but cannot be read yet`);
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

function toPullRequest(pull: GithubPull): PullRequest {
  const mergedAt = pull.merged_at ?? null;
  const unmerged = pull.state === 'open' ? 'open' : 'closed';
  return {
    number: pull.number,
    title: pull.title,
    state: mergedAt === null ? unmerged : 'merged',
    labels: pull.labels.flatMap((label) => label.name ?? []),
    authorLogin: pull.user?.login ?? null,
    baseBranch: pull.base.ref,
    headBranch: pull.head.ref,
    // Before the merge this names GitHub's test merge, which is on no branch.
    mergeCommit: mergedAt === null ? null : (pull.merge_commit_sha ?? null),
    mergedAt,
    url: pull.html_url,
  };
}

function toReleaseObject(release: GithubRelease): ReleaseObject {
  return {
    id: String(release.id),
    tag: release.tag_name,
    name: release.name ?? '',
    body: release.body ?? '',
    prerelease: release.prerelease,
    url: release.html_url,
  };
}
