import type { ReleaseObject } from '../../integrations/capabilities/release-objects.ts';
import type {
  Branch,
  Commit,
  CommitSha,
  Comparison,
  PullRequest,
  SourceControl,
  Tag,
} from '../../integrations/capabilities/source-control.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';
import { type PullRequestsBehind, pullRequestsBehind } from './pull-requests-behind.ts';

/** Source control for task handlers: tenant and connection in, nothing of release configs. */
export interface SourceControlService {
  /** Head of a branch, or the commit of a tag of that name. @throws ProviderError not-found */
  resolve(tenantId: string, integrationId: string, ref: string): Promise<CommitSha>;
  /** Head of a branch; null when there is none of that name. */
  branchHead(tenantId: string, integrationId: string, branch: string): Promise<CommitSha | null>;
  /** The commit of a tag; null when there is none of that name. */
  tagCommit(tenantId: string, integrationId: string, tag: string): Promise<CommitSha | null>;
  createBranch(tenantId: string, integrationId: string, branch: string, at: CommitSha): Promise<Branch>;
  createTag(tenantId: string, integrationId: string, tag: string, at: CommitSha, message: string): Promise<Tag>;
  compare(tenantId: string, integrationId: string, base: string, head: string): Promise<Comparison>;
  commitsBetween(tenantId: string, integrationId: string, base: string, head: string): Promise<Commit[]>;
  /** Merged pull requests by which these commits came in; see `pullRequestsBehind`. */
  pullRequestsBehind(
    tenantId: string,
    integrationId: string,
    commits: readonly Commit[],
    branches: readonly string[],
  ): Promise<PullRequestsBehind>;
  /** The open pull request of these branches, opened where there is none; null = nothing is there to merge. */
  openPullRequest(
    tenantId: string,
    integrationId: string,
    input: { headBranch: string; baseBranch: string; title: string; body: string },
  ): Promise<PullRequest | null>;
  /** The release object of the tag; `null` where the provider has none: there the tag and our own notes are all there is. */
  publishRelease(
    tenantId: string,
    integrationId: string,
    input: { tag: string; name: string; body: string },
  ): Promise<ReleaseObject | null>;
}

/** Beyond this a range is not a release: somebody named the wrong base. */
const MAX_COMMITS = 10_000;

export function createSourceControlService(connector: Connector): SourceControlService {
  async function open(tenantId: string, integrationId: string): Promise<{ scm: SourceControl; provider: string }> {
    const opened = await connector.open('scm', tenantId, integrationId, attemptSignal());
    const scm = opened.provider.sourceControl?.(opened.connection, opened.deps);
    if (scm === undefined)
      throw new ProviderError('invalid', `${opened.provider.displayName} is not source control.`, { provider: opened.provider.id });
    return { scm, provider: opened.provider.id };
  }

  return {
    async resolve(tenantId, integrationId, ref) {
      const { scm, provider } = await open(tenantId, integrationId);
      const branch = await scm.findBranch(ref);
      if (branch !== null) return branch.head;
      const tag = await scm.findTag(ref);
      if (tag !== null) return tag.commit;
      throw new ProviderError('not-found', `There is neither a branch nor a tag "${ref}".`, { provider });
    },
    async branchHead(tenantId, integrationId, branch) {
      return (await (await open(tenantId, integrationId)).scm.findBranch(branch))?.head ?? null;
    },
    async tagCommit(tenantId, integrationId, tag) {
      return (await (await open(tenantId, integrationId)).scm.findTag(tag))?.commit ?? null;
    },
    async createBranch(tenantId, integrationId, branch, at) {
      return (await open(tenantId, integrationId)).scm.ensureBranch(branch, at);
    },
    async createTag(tenantId, integrationId, tag, at, message) {
      return (await open(tenantId, integrationId)).scm.ensureTag(tag, at, { message });
    },
    async compare(tenantId, integrationId, base, head) {
      return (await open(tenantId, integrationId)).scm.compare(base, head);
    },
    async commitsBetween(tenantId, integrationId, base, head) {
      const { scm, provider } = await open(tenantId, integrationId);
      const commits: Commit[] = [];
      for await (const commit of scm.commitsBetween(base, head)) {
        if (commits.length >= MAX_COMMITS)
          throw new ProviderError('invalid', `More than ${MAX_COMMITS} commits between ${base} and ${head}.`, { provider });
        commits.push(commit);
      }
      return commits;
    },
    async pullRequestsBehind(tenantId, integrationId, commits, branches) {
      return pullRequestsBehind((await open(tenantId, integrationId)).scm, commits, branches);
    },
    async openPullRequest(tenantId, integrationId, input) {
      const { scm } = await open(tenantId, integrationId);
      const { relation } = await scm.compare(input.baseBranch, input.headBranch);
      return relation === 'identical' || relation === 'behind' ? null : scm.ensurePullRequest(input);
    },
    async publishRelease(tenantId, integrationId, input) {
      const { provider, connection, deps } = await connector.open('scm', tenantId, integrationId, attemptSignal());
      return provider.releaseObjects?.(connection, deps).ensureReleaseObject({ ...input, prerelease: false }) ?? null;
    },
  };
}
