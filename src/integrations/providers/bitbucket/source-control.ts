import type { Branch, Repository, SourceControl, Tag } from '../../capabilities/source-control.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { branchProtection } from './branch-protection.ts';
import { cherryPick } from './cherry-pick.ts';
import { type BitbucketClient, bitbucketClient } from './client.ts';
import { changedFiles, commitsBetween, compare, withoutNewline } from './history.ts';
import { type BitbucketConnection, trouble } from './identity.ts';
import { mergePullRequest } from './merge.ts';
import { ensurePullRequest, pullRequests, pullRequestsOf } from './pull-requests.ts';
import { readFile } from './read-file.ts';
import type { BitbucketBranch, BitbucketRepository, BitbucketTag } from './schema.ts';

export function bitbucketSourceControl(connection: BitbucketConnection, deps: AdapterDeps): SourceControl {
  const client = bitbucketClient(connection, deps);
  const { workspace, repo } = connection.settings;

  return {
    findBranch: (name) => findBranch(client, name),
    async ensureBranch(name, at) {
      const existing = await findBranch(client, name);
      if (existing) return holding(client, existing, at);
      return holding(client, await madeOrFound(client.createBranch(name, at).then(toBranch), () => findBranch(client, name)), at);
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
      return onCommit(await madeOrFound(client.createTag(name, at, message).then(toTag), () => findTag(client, name)), at);
    },
    compare: (base, head) => compare(client, base, head),
    commitsBetween: (base, head) => commitsBetween(client, base, head),
    changedFiles: (base, head) => changedFiles(client, base, head),
    pullRequests: (filter) => pullRequests(client, filter),
    pullRequestsOf: (commit) => pullRequestsOf(client, commit),
    ensurePullRequest: (input) => ensurePullRequest(client, `${workspace}/${repo}`, input),
    mergePullRequest: (number, { expectedHead }) => mergePullRequest(client, number, expectedHead),
    cherryPick: (commit, { onto }) => cherryPick(client, commit, onto),
    branchProtection: (branch) => branchProtection(client, branch),
    readFile: (path, ref) => readFile(client, path, ref),
    async *branches() {
      for await (const branch of client.branches()) yield toBranch(branch);
    },
    async *repositories() {
      for await (const repository of client.repositories()) yield toRepository(repository);
    },
  };
}

async function findBranch(client: BitbucketClient, name: string): Promise<Branch | null> {
  const branch = await client.branch(name);
  return branch && toBranch(branch);
}

/** Gone meanwhile is as wanted. */
async function removed(removing: Promise<unknown>, find: () => Promise<unknown>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.status !== 404 && error.status !== 400) || (await find()) !== null) throw error;
  }
}

async function findTag(client: BitbucketClient, name: string): Promise<Tag | null> {
  const tag = await client.tag(name);
  return tag && toTag(tag);
}

/**
 * The creation's own answer is the re-read: a second read may come from a replica that does not know it yet. A refusal that may mean "exists
 * already" (400 `BRANCH_ALREADY_EXISTS`, in several wordings) is settled by looking, not by its words.
 */
async function madeOrFound<T>(making: Promise<T>, find: () => Promise<T | null>): Promise<T> {
  try {
    return await making;
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.status !== 400 && error.status !== 409)) throw error;
    const found = await find();
    if (found === null) throw error;
    return found;
  }
}

/** An existing branch is ours when `at` is in its history: people push on. */
async function holding(client: BitbucketClient, branch: Branch, at: string): Promise<Branch> {
  if (branch.head === at) return branch;
  const mergeBase = await client.mergeBase(at, branch.head);
  if (mergeBase?.hash === at) return branch;
  throw trouble('conflict', `branch ${branch.name} exists at ${branch.head}, which does not contain ${at}`);
}

function onCommit(tag: Tag, at: string): Tag {
  if (tag.commit === at) return tag;
  throw trouble('conflict', `tag ${tag.name} exists on commit ${tag.commit}, not on ${at}`);
}

function toBranch({ name, target }: BitbucketBranch): Branch {
  return { name, head: target.hash };
}

function toTag({ name, target, message, date }: BitbucketTag): Tag {
  const annotated = date !== null && date !== undefined;
  return { name, commit: target.hash, annotated, message: annotated ? withoutNewline(message ?? '') : null };
}

function toRepository({ full_name, mainbranch, is_private, links }: BitbucketRepository): Repository {
  const [workspace = '', repo = ''] = full_name.split('/');
  const defaultBranch = mainbranch?.name ?? null;
  return {
    fullName: full_name,
    settings: { workspace, repo, ...(defaultBranch === null ? {} : { defaultBranch }) },
    defaultBranch,
    isPrivate: is_private,
    url: links.html.href,
  };
}
