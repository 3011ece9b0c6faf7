import type { Platform, StageKey } from '../../../domain/release/vocabulary.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../../page.ts';
import { findRunOf } from '../release-row.ts';
import { type BuildRow, type BuildView, buildColumns, buildView } from './build-view.ts';

export interface BuildFilter {
  platform?: Platform | undefined;
  stage?: StageKey | undefined;
}

export interface ReleaseBuildView extends BuildView {
  stage: StageKey;
  /** Number of the regression cycle it was made for. */
  cycle: number | null;
}

export interface ReleaseBuildRow extends BuildRow {
  stage: StageKey;
  cycle: number | null;
}

/** Of `ReleaseBuildRow`; `b` is builds, `r` what they belong to. */
export const releaseBuildColumns = `${buildColumns}, r.stage_key AS stage, c.number AS cycle`;
export const releaseBuildTables = 'release_builds r JOIN builds b ON b.id = r.build_id LEFT JOIN regression_cycles c ON c.id = r.cycle_id';

export const releaseBuildView = ({ stage, cycle, ...build }: ReleaseBuildRow): ReleaseBuildView => ({ ...buildView(build), stage, cycle });

/** The builds of a release, newest first. */
export async function listBuilds(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  filter: BuildFilter,
  page: PageRequest,
): Promise<Page<ReleaseBuildView>> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  const after = afterId(page);
  const conditions = [
    ...(after === null ? [] : [{ text: 'b.id < ?', value: after }]),
    ...(filter.platform === undefined ? [] : [{ text: 'b.platform = ?', value: filter.platform }]),
    ...(filter.stage === undefined ? [] : [{ text: 'r.stage_key = ?', value: filter.stage }]),
  ];
  const rows = await deps.db.rows<ReleaseBuildRow>(
    `SELECT ${releaseBuildColumns} FROM ${releaseBuildTables}
     WHERE r.tenant_id = ? AND r.release_id = ?${conditions.map(({ text }) => ` AND ${text}`).join('')} ORDER BY b.id DESC LIMIT ?`,
    [caller.tenantId, releaseId, ...conditions.map(({ value }) => value), page.limit + 1],
  );
  return pageOf(rows, page.limit, releaseBuildView);
}
