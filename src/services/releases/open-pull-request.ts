import { checkRefName } from '../../domain/release/git-ref.ts';
import type { PullRequest } from '../../integrations/capabilities/source-control.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { invalid, type Problem } from '../service-error.ts';
import { advise, mayBeDone } from './advise.ts';
import { recordChange } from './record-change.ts';
import { askRepository, demandLive, type ReleaseBranch, readReleaseBranch } from './release-branch.ts';
import { repositoryLock } from './repository-lock.ts';

export interface PullRequestInput {
  /** The release branch where absent. */
  head?: string | undefined;
  /** The branch that the release was forked from where absent. */
  base?: string | undefined;
  title?: string | undefined;
  body?: string | undefined;
  reason?: string | undefined;
}

export interface OpenedPullRequest extends PullRequest {
  /** What stands on its head branch, for the merge; null when the branch is gone meanwhile. */
  headCommit: string | null;
}

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

/**
 * Opens a pull request that has the release branch on one side, or finds the open one of these two branches. What brings the branch back is
 * possible after the end of the release, too.
 */
export async function openPullRequest(
  deps: Pick<ServiceDeps, 'db' | 'connector' | 'locks'>,
  caller: Caller,
  releaseId: string,
  input: PullRequestInput,
): Promise<OpenedPullRequest> {
  authorise(caller, 'release:update');
  const release = await readReleaseBranch(deps.db, caller, releaseId);
  const wanted = complete(release, input);
  if (wanted.baseBranch === release.branch) demandLive(release);
  return deps.locks.withLock(repositoryLock(release), LOCK, async (held) => {
    const opened = await advise(mayBeDone, () =>
      askRepository(
        deps,
        release,
        async (scm) => {
          const pull = await scm.ensurePullRequest(wanted);
          return { ...pull, headCommit: (await scm.findBranch(pull.headBranch))?.head ?? null };
        },
        held.signal,
      ),
    );
    await recordChange(deps.db, caller, releaseId, {
      why: input.reason ?? null,
      items: [
        { field: 'pullRequestOpened', before: null, after: opened.url },
        { field: 'pullRequestInto', before: null, after: `${opened.headBranch} → ${opened.baseBranch}` },
      ],
    });
    return opened;
  });
}

function complete(release: ReleaseBranch, { head, base, title, body }: PullRequestInput) {
  const headBranch = head ?? release.branch;
  const baseBranch = base ?? (headBranch === release.branch ? release.baseBranch : release.branch);
  const problems: Problem[] = Object.entries({ '/head': headBranch, '/base': baseBranch }).flatMap(([field, name]) => {
    const wrong = checkRefName(name);
    return wrong === null ? [] : [{ field, message: `is no branch name: it ${wrong}` }];
  });
  if (headBranch === baseBranch) problems.push({ field: '/base', message: 'must be another branch than the head' });
  if (![headBranch, baseBranch].includes(release.branch)) {
    problems.push({ field: '/base', message: `must be ${release.branch}, or the head must be: the pull request is the release's` });
  }
  if (problems.length > 0) throw invalid(problems);
  const subject =
    headBranch === release.branch ? `Merge ${release.branch} back into ${baseBranch}` : `Merge ${headBranch} into ${baseBranch}`;
  return { headBranch, baseBranch, title: title ?? subject, body: body ?? `For ${release.displayId}, opened by Signalbox.` };
}
