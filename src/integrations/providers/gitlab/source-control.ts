import type { Branch, SourceControl, Tag } from '../../capabilities/source-control.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { branchProtection } from './branch-protection.ts';
import { cherryPick } from './cherry-pick.ts';
import { type GitlabClient, gitlabClient } from './client.ts';
import { alreadyExists, GitlabRefusal, trouble, vanished } from './gitlab-error.ts';
import { changedFiles, commitsBetween, compare } from './history.ts';
import type { GitlabConnection } from './identity.ts';
import { ensureMergeRequest, mergeMergeRequest, mergeRequests, mergeRequestsOf } from './merge-requests.ts';
import { eachAfter, eachItem } from './pages.ts';
import type { GitlabTag } from './schema.ts';
import { storedText } from './stored-file.ts';

export function gitlabSourceControl(connection: GitlabConnection, deps: AdapterDeps): SourceControl {
  const client = gitlabClient(connection, deps);

  return {
    findBranch: (name) => findBranch(client, name),
    async ensureBranch(name, at) {
      const existing = await findBranch(client, name);
      if (existing) return holding(client, existing, at);
      try {
        // The creation's own answer is the re-read: a second read may come from a replica that does not know the branch yet.
        const created = await client.createBranch(name, at);
        return { name: created.name, head: created.commit.id };
      } catch (error) {
        if (!alreadyExists(error)) throw error;
        return holding(client, (await findBranch(client, name)) ?? vanished(`branch ${name}`), at);
      }
    },
    async deleteBranch(name, { expectedHead }) {
      const branch = await findBranch(client, name);
      if (branch === null) return;
      if (branch.head !== expectedHead) throw trouble('conflict', `branch ${name} stands on ${branch.head}, not on ${expectedHead}`);
      await removed(client.deleteBranch(name), () => findBranch(client, name));
    },
    findTag: (name) => findTag(client, name),
    async deleteTag(name, { expectedCommit }) {
      const tag = await findTag(client, name);
      if (tag === null) return;
      onCommit(tag, expectedCommit);
      await removed(client.deleteTag(name), () => findTag(client, name));
    },
    async ensureTag(name, at, { message }) {
      const existing = await findTag(client, name);
      if (existing) return onCommit(existing, at);
      try {
        return onCommit(toTag(await client.createTag(name, at, message)), at);
      } catch (error) {
        if (!alreadyExists(error)) throw error;
        return onCommit((await findTag(client, name)) ?? vanished(`tag ${name}`), at);
      }
    },
    compare: (base, head) => compare(client, base, head),
    commitsBetween: (base, head) => commitsBetween(client, base, head),
    changedFiles: (base, head) => changedFiles(client, base, head),
    pullRequests: (filter) => mergeRequests(client, filter),
    pullRequestsOf: (commit) => mergeRequestsOf(client, commit),
    ensurePullRequest: (input) => ensureMergeRequest(client, input),
    mergePullRequest: (number, { expectedHead }) => mergeMergeRequest(client, number, expectedHead),
    cherryPick: (commit, { onto }) => cherryPick(client, commit, onto),
    branchProtection: (branch) => branchProtection(client, branch),
    async readFile(path, ref) {
      const stored = await client.file(path, ref);
      return stored && storedText(stored, `${path} at ${ref}`);
    },
    async *branches() {
      for await (const branch of eachItem(client.branches)) yield { name: branch.name, head: branch.commit.id };
    },
    async *repositories() {
      for await (const project of eachAfter(client.projectsAfter)) {
        yield {
          fullName: project.path_with_namespace,
          settings: { project: project.path_with_namespace },
          defaultBranch: project.default_branch ?? null,
          // Internal projects are open to every account of the instance, not to the public.
          isPrivate: project.visibility !== 'public',
          url: project.web_url,
        };
      }
    },
  };
}

async function findBranch(client: GitlabClient, name: string): Promise<Branch | null> {
  const branch = await client.branch(name);
  return branch && { name: branch.name, head: branch.commit.id };
}

/** An existing branch is ours when `at` is in its history: people push on. */
async function holding(client: GitlabClient, branch: Branch, at: string): Promise<Branch> {
  if (branch.head === at) return branch;
  const base = await client.mergeBase(at, branch.head).catch((error: unknown) => {
    // No such commit: the branch does not contain it.
    if (error instanceof GitlabRefusal && error.status === 400 && /could not find ref/i.test(error.words)) return null;
    throw error;
  });
  if (base?.id === at) return branch;
  throw trouble('conflict', `branch ${branch.name} exists at ${branch.head}, which does not contain ${at}`);
}

/** Gone meanwhile is as wanted. */
async function removed(removing: Promise<unknown>, find: () => Promise<unknown>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    if (!(error instanceof GitlabRefusal) || error.status !== 404 || (await find()) !== null) throw error;
  }
}

async function findTag(client: GitlabClient, name: string): Promise<Tag | null> {
  const tag = await client.tag(name);
  return tag && toTag(tag);
}

function toTag({ name, message, target, commit }: GitlabTag): Tag {
  if (!commit) throw trouble('conflict', `tag ${name} does not stand on a commit`);
  const annotated = target !== commit.id;
  return { name, commit: commit.id, annotated, message: annotated ? (message ?? '') : null };
}

function onCommit(tag: Tag, at: string): Tag {
  if (tag.commit === at) return tag;
  throw trouble('conflict', `tag ${tag.name} exists on commit ${tag.commit}, not on ${at}`);
}
