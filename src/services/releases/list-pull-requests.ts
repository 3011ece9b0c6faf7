import type { PullRequest } from '../../integrations/capabilities/source-control.ts';
import { type ProviderList, take } from '../connections/ask-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { askRepository, readReleaseBranch } from './release-branch.ts';

export const pullRequestStates = ['open', 'closed', 'all'] as const;
type PullRequestFilter = (typeof pullRequestStates)[number];

/** The pull requests into the release branch, newest first. */
export async function listPullRequests(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  releaseId: string,
  { state, limit }: { state: PullRequestFilter; limit: number },
): Promise<ProviderList<PullRequest>> {
  authorise(caller, 'release:read');
  const release = await readReleaseBranch(deps.db, caller, releaseId);
  return askRepository(deps, release, (scm) =>
    take(scm.pullRequests({ state, baseBranch: release.branch }), { limit }, ({ title }) => title),
  );
}
