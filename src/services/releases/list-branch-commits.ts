import type { Commit } from '../../integrations/capabilities/source-control.ts';
import { take } from '../connections/ask-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { askRepository, demandBranch, type ReleaseBranch, readReleaseBranch } from './release-branch.ts';

export const commitRanges = ['last-candidate', 'fork'] as const;
export type CommitRange = (typeof commitRanges)[number];

export interface BranchCommits {
  branch: string;
  head: string;
  since: {
    kind: CommitRange;
    /** Tag of the candidate, where it is one. */
    tag: string | null;
    /** A commit; the base branch where the release branch was forked by hand. */
    ref: string;
  };
  /** Oldest first. */
  items: Commit[];
  /** There are newer ones. */
  truncated: boolean;
}

/**
 * What is on the release branch beyond the last candidate, or beyond the fork.
 * @param query `since` absent: the last candidate, before the first one the fork
 * @throws ServiceError conflict without a branch, or without the candidate that was asked for
 */
export async function listBranchCommits(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  releaseId: string,
  query: { since?: CommitRange | undefined; limit: number },
): Promise<BranchCommits> {
  authorise(caller, 'release:read');
  const release = await readReleaseBranch(deps.db, caller, releaseId);
  const since = await beginning(deps, release, query.since);
  return askRepository(deps, release, async (scm) => {
    // Up to the head that the answer names: somebody may push while the pages are read.
    const { head } = await demandBranch(scm, release);
    const { items, truncated } = await take(scm.commitsBetween(since.ref, head), { limit: query.limit }, ({ sha }) => sha);
    return { branch: release.branch, head, since, items, truncated };
  });
}

async function beginning(
  { db }: Pick<ServiceDeps, 'db'>,
  { id, tenantId, displayId, forkCommit, baseBranch }: ReleaseBranch,
  wanted: CommitRange | undefined,
): Promise<BranchCommits['since']> {
  if (wanted !== 'fork') {
    const [candidate] = await db.rows<{ tag: string | null; commit: string }>(
      `SELECT rc_tag AS tag, rc_commit AS \`commit\` FROM regression_cycles
       WHERE tenant_id = ? AND release_id = ? AND rc_commit IS NOT NULL AND status <> 'ABANDONED' ORDER BY number DESC LIMIT 1`,
      [tenantId, id],
    );
    if (candidate !== undefined) return { kind: 'last-candidate', tag: candidate.tag, ref: candidate.commit };
    if (wanted === 'last-candidate') throw conflict(`${displayId} has no candidate yet; ask for the commits since the fork (since=fork).`);
  }
  return { kind: 'fork', tag: null, ref: forkCommit ?? baseBranch };
}
