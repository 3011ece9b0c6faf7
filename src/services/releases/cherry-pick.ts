import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { advise, mayBeDone } from './advise.ts';
import { recordChange } from './record-change.ts';
import { askRepository, demandBranch, demandLive, readReleaseBranch } from './release-branch.ts';
import { repositoryLock } from './repository-lock.ts';

export interface CherryPick {
  commit: string;
  branch: string;
  headBefore: string;
  headAfter: string;
  /** False: the branch had the change already. */
  applied: boolean;
}

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

/**
 * Applies the change of a commit to the release branch. The adapter finds an earlier pick by its trailer, so whoever asks again after a lost
 * answer changes nothing more; the lock keeps the next candidate from being tagged in between.
 * @param commit full id
 * @throws ServiceError conflict unless the release is under way and has its branch; ProviderError conflict when the change does not apply
 */
export async function cherryPick(
  deps: Pick<ServiceDeps, 'db' | 'connector' | 'locks'>,
  caller: Caller,
  releaseId: string,
  { commit, reason }: { commit: string; reason?: string | undefined },
): Promise<CherryPick> {
  authorise(caller, 'release:update');
  const release = await readReleaseBranch(deps.db, caller, releaseId);
  demandLive(release);
  const { branch } = release;
  const byHand = `Nothing was changed. Apply it by hand (git cherry-pick -x ${commit} on ${branch}) and push.`;
  return deps.locks.withLock(repositoryLock(release), LOCK, async (held) => {
    const picked = await advise({ ...mayBeDone, conflict: byHand }, () =>
      askRepository(
        deps,
        release,
        async (scm) => {
          const { head } = await demandBranch(scm, release);
          return { before: head, after: (await scm.cherryPick(commit, { onto: branch })).head };
        },
        held.signal,
      ),
    );
    const applied = picked.before !== picked.after;
    await recordChange(deps.db, caller, releaseId, {
      why: reason ?? null,
      items: [
        { field: 'cherryPick', before: null, after: commit },
        ...(applied ? [{ field: 'branchHead', before: picked.before, after: picked.after }] : []),
      ],
    });
    return { commit, branch, headBefore: picked.before, headAfter: picked.after, applied };
  });
}
