import { isValid } from 'ulid';
import type { Sql } from '../../../db/client.ts';
import type { Caller } from '../../context.ts';
import { conflict, notFound } from '../../service-error.ts';
import { findRunOf } from '../release-row.ts';
import { type ReleaseBuildRow, type ReleaseBuildView, releaseBuildColumns, releaseBuildTables, releaseBuildView } from './list-builds.ts';

export interface FoundBuild {
  view: ReleaseBuildView;
  /** Its run at the CI; null until the CI has said which it is, and for ever where it was cancelled before. */
  run: { integrationId: string; handle: string } | null;
  /** No other build has taken its place since. */
  isLatest: boolean;
}

export interface BuildIds {
  releaseId: string;
  buildId: string;
}

const TAKEN = 'SELECT 1 FROM builds n WHERE n.task_id = b.task_id AND n.platform = b.platform AND n.ordinal > b.ordinal';

/** A build of this very release. @throws ServiceError not-found */
export async function findBuild(sql: Sql, caller: Caller, { releaseId, buildId }: BuildIds): Promise<FoundBuild> {
  await findRunOf(sql, caller, releaseId);
  const [row] = isValid(buildId)
    ? await sql.rows<ReleaseBuildRow & { integrationId: string | null; handle: string | null; taken: number }>(
        `SELECT ${releaseBuildColumns}, b.integration_id AS integrationId, b.handle, EXISTS (${TAKEN}) AS taken
         FROM ${releaseBuildTables} WHERE r.tenant_id = ? AND r.release_id = ? AND b.id = ?`,
        [caller.tenantId, releaseId, buildId],
      )
    : [];
  if (row === undefined) throw notFound('The build');
  const { integrationId, handle, taken, ...build } = row;
  return {
    view: releaseBuildView(build),
    run: integrationId === null || handle === null ? null : { integrationId, handle },
    isLatest: Number(taken) === 0,
  };
}

/** @throws ServiceError conflict for a build that no CI has run, or of which no run is known */
export function demandRun({ view, run }: FoundBuild): NonNullable<FoundBuild['run']> {
  if (view.mode === 'MANUAL') throw conflict(`The ${view.platform} build was made by hand: there is no run at a CI.`);
  if (run !== null) return run;
  throw conflict(`No run of the ${view.platform} build is known to its CI: retry the task, which starts another.`);
}
