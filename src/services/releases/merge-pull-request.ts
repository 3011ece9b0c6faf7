import type { PullRequest, SourceControl } from '../../integrations/capabilities/source-control.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';
import { advise, mayBeDone } from './advise.ts';
import { recordChange } from './record-change.ts';
import { askRepository, demandLive, type ReleaseBranch, readReleaseBranch } from './release-branch.ts';
import { repositoryLock } from './repository-lock.ts';

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };
/** Lists are newest first and end at the number that is looked for; nobody merges what lies further back. */
const MAX_READ = 500;

const advice = {
  ...mayBeDone,
  conflict: 'Nothing was merged. See to what is in its way at the provider; after a new push, ask again with the new head.',
};

/**
 * Merges a pull request that has the release branch on one side. One that is merged already is answered as it is.
 * @param number of the pull request, as text
 * @throws ServiceError not-found for a number that is none of the release's; ProviderError conflict for whatever is in its way
 */
export async function mergePullRequest(
  deps: Pick<ServiceDeps, 'db' | 'connector' | 'locks'>,
  caller: Caller,
  { releaseId, number }: { releaseId: string; number: string },
  { expectedHead, reason }: { expectedHead: string; reason?: string | undefined },
): Promise<PullRequest> {
  authorise(caller, 'release:update');
  const release = await readReleaseBranch(deps.db, caller, releaseId);
  if (!/^[1-9]\d{0,14}$/.test(number)) throw notFound('The pull request');
  return deps.locks.withLock(repositoryLock(release), LOCK, async (held) => {
    const { found, merged } = await advise(advice, () =>
      askRepository(
        deps,
        release,
        async (scm) => {
          const found = await findOfRelease(scm, release, Number(number));
          if (found.state === 'open' && found.baseBranch === release.branch) demandLive(release);
          return { found, merged: await scm.mergePullRequest(found.number, { expectedHead }) };
        },
        held.signal,
      ),
    );
    await recordChange(deps.db, caller, releaseId, {
      why: reason ?? null,
      items: [
        { field: 'pullRequestMerged', before: null, after: merged.url },
        { field: 'pullRequestState', before: found.state, after: merged.state },
        { field: 'mergeCommit', before: null, after: merged.mergeCommit },
      ],
    });
    return merged;
  });
}

/** The connection could merge anything in its repository; a release is given what is its own. */
async function findOfRelease(scm: SourceControl, { branch, displayId }: ReleaseBranch, number: number): Promise<PullRequest> {
  for (const state of ['open', 'closed'] as const) {
    let read = 0;
    for await (const pull of scm.pullRequests({ state })) {
      if (pull.number === number && (pull.baseBranch === branch || pull.headBranch === branch)) return pull;
      read += 1;
      if (pull.number <= number || read === MAX_READ) break;
    }
  }
  throw notFound(`A pull request ${number} into or from the branch of ${displayId}`);
}
