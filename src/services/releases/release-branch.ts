import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { RunStatus } from '../../domain/run.ts';
import type { Branch, SourceControl } from '../../integrations/capabilities/source-control.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { sourceControl } from '../connections/scm-metadata.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { conflict, notFound } from '../service-error.ts';
import { displayIdOf } from './release-row.ts';

/** What a release has in its repository, read without a lock. */
export interface ReleaseBranch {
  id: string;
  tenantId: string;
  displayId: string;
  branch: string;
  baseBranch: string;
  /** Null also where people forked the branch by hand. */
  forkCommit: string | null;
  scmIntegrationId: string;
  runStatus: RunStatus;
}

/** @throws ServiceError not-found, for another tenant's release as well */
export async function readReleaseBranch(sql: Sql, caller: Caller, releaseId: string): Promise<ReleaseBranch> {
  const [row] = isValid(releaseId)
    ? await sql.rows<Omit<ReleaseBranch, 'displayId' | 'scmIntegrationId'> & { displayNumber: number; config: unknown }>(
        `SELECT r.id, r.tenant_id AS tenantId, r.display_number AS displayNumber, r.branch, r.base_branch AS baseBranch,
                r.fork_commit AS forkCommit, r.config, u.status AS runStatus
         FROM releases r JOIN runs u ON u.id = r.run_id WHERE r.tenant_id = ? AND r.id = ?`,
        [caller.tenantId, releaseId],
      )
    : [];
  if (row === undefined) throw notFound('The release');
  const { displayNumber, config, ...release } = row;
  const { scmIntegrationId } = readFrozenConfig(parseJson(config));
  return { ...release, displayId: displayIdOf(displayNumber), scmIntegrationId };
}

/** Asks the repository of a release. @param within ends it earlier: a lock that was lost */
export function askRepository<T>(
  deps: Pick<ServiceDeps, 'connector'>,
  { tenantId, scmIntegrationId }: ReleaseBranch,
  ask: (scm: SourceControl) => Promise<T>,
  within?: AbortSignal,
): Promise<T> {
  return askConnection(deps, { category: 'scm', tenantId, id: scmIntegrationId }, (open) => ask(sourceControl(open)), within);
}

/** What comes onto the branch now must still be able to get into the release. @throws ServiceError conflict */
export function demandLive({ runStatus, displayId, branch }: ReleaseBranch): void {
  if (runStatus === 'IN_PROGRESS') return;
  const why = runStatus === 'PENDING' ? 'has not begun, and its branch is forked at kickoff' : 'has ended';
  throw conflict(`${displayId} ${why}: nothing can be brought onto ${branch} for it now.`);
}

/** @throws ServiceError conflict where the repository has no such branch */
export async function demandBranch(scm: SourceControl, { branch, displayId, runStatus }: ReleaseBranch): Promise<Branch> {
  const found = await scm.findBranch(branch);
  if (found !== null) return found;
  const when = runStatus === 'COMPLETED' || runStatus === 'CANCELLED' ? 'any more' : 'yet; FORK_BRANCH makes it at kickoff';
  throw conflict(`The repository has no branch ${branch} of ${displayId} ${when}.`);
}
