import type { Branch, Comparison, Repository, SourceControl, Tag } from '../../capabilities/source-control.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { branchProtection } from './branch-protection.ts';
import { changedFiles } from './changed-files.ts';
import { cherryPick } from './cherry-pick.ts';
import { type GithubClient, githubClient } from './client.ts';
import { commitsBetween } from './commits.ts';
import { readText } from './file.ts';
import { GithubRefusal, githubTrouble, vanished } from './github-error.ts';
import type { GithubConnection } from './identity.ts';
import { eachItem } from './pages.ts';
import { pullRequests } from './pull-requests.ts';
import type { GithubRepository } from './schema.ts';
import { peel, readTag } from './tag.ts';

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
    async deleteBranch(name, { expectedHead }) {
      const branch = await findBranch(name);
      if (branch === null) return;
      if (branch.head !== expectedHead) throw githubTrouble('conflict', `branch ${name} stands on ${branch.head}, not on ${expectedHead}`);
      await removed(client, `heads/${name}`);
    },
    findTag: (name) => readTag(client, name),
    async deleteTag(name, { expectedCommit }) {
      const tag = await readTag(client, name);
      if (tag === null) return;
      onCommit(tag, expectedCommit);
      await removed(client, `tags/${name}`);
    },
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
    changedFiles: (base, head) => changedFiles(client, base, head),
    ...pullRequests(client, connection.settings.owner),
    cherryPick: (commit, { onto }) => cherryPick(client, commit, onto),
    branchProtection: (branch) => branchProtection(client, branch),
    readFile: (path, ref) => readText(client, path, ref),
    branches: () => branches(client),
    repositories: () => repositories(client, connection),
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
  throw githubTrouble('conflict', `branch ${branch.name} exists at ${branch.head}, which does not contain ${at}`);
}

function onCommit(tag: Tag, at: string): Tag {
  if (tag.commit === at) return tag;
  throw githubTrouble('conflict', `tag ${tag.name} exists on commit ${tag.commit}, not on ${at}`);
}

/** A refusal stands for a ref that is gone as well as for one that a rule keeps: which it is, a look tells. */
async function removed(client: GithubClient, ref: string): Promise<void> {
  try {
    await client.deleteRef(ref);
  } catch (error) {
    if (!(error instanceof GithubRefusal) || (error.kind !== 'invalid' && error.kind !== 'not-found')) throw error;
    if ((await client.gitRef(ref)) !== null) throw error;
  }
}

async function* branches(client: GithubClient): AsyncGenerator<Branch> {
  const seen = new Set<string>();
  for await (const { name, commit } of eachItem(
    (page) => client.branches(page),
    (list) => list,
  )) {
    // One made meanwhile pushes the last of a page onto the next.
    if (seen.has(name)) continue;
    seen.add(name);
    yield { name, head: commit.sha };
  }
}

/** Two addresses: an app has no account whose repositories could be listed. */
async function* repositories(client: GithubClient, { credentials }: GithubConnection): AsyncGenerator<Repository> {
  const listed =
    'kind' in credentials
      ? eachItem(
          (page) => client.repositoriesOfInstallation(page),
          (data) => data.repositories,
        )
      : eachItem(
          (page) => client.repositoriesOfUser(page),
          (list) => list,
        );
  const seen = new Set<string>();
  for await (const repository of listed) {
    if (seen.has(repository.full_name)) continue;
    seen.add(repository.full_name);
    yield toRepository(repository);
  }
}

function toRepository(repository: GithubRepository): Repository {
  return {
    fullName: repository.full_name,
    settings: { owner: repository.owner.login, repo: repository.name },
    defaultBranch: repository.default_branch ?? null,
    isPrivate: repository.private,
    url: repository.html_url,
  };
}
