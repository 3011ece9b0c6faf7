import type { Sql } from '../../db/client.ts';
import type { ReleaseRefs, TakenRefs } from '../../domain/release/new-release.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { RunStatus } from '../../domain/run.ts';
import { displayIdOf } from './release-row.ts';

interface TakenRow {
  displayNumber: number;
  branch: string;
  tagBase: string;
  archivedAt: Date | null;
  submittedAt: Date | null;
  runStatus: RunStatus;
  held: number;
}

/** Releases of the repository that have the branch or the tag already. An archived one has given them free. */
export async function takenRefs(sql: Sql, tenantId: string, scmIntegrationId: string, refs: ReleaseRefs): Promise<TakenRefs[]> {
  const rows = await sql.rows<TakenRow>(
    `SELECT r.display_number AS displayNumber, r.branch, JSON_UNQUOTE(JSON_EXTRACT(r.config, '$.tagPattern')) AS tagBase,
            r.archived_at AS archivedAt, r.submitted_at AS submittedAt, n.status AS runStatus, n.held
     FROM releases r JOIN runs n ON n.id = r.run_id
     WHERE r.tenant_id = ? AND n.status <> 'CANCELLED' AND JSON_UNQUOTE(JSON_EXTRACT(r.config, '$.scmIntegrationId')) = ?
       AND (r.branch = ? OR JSON_UNQUOTE(JSON_EXTRACT(r.config, '$.tagPattern')) = ?)
     ORDER BY r.id DESC`,
    [tenantId, scmIntegrationId, refs.branch, refs.tagBase],
  );
  return rows.map(({ displayNumber, branch, tagBase, runStatus, held, archivedAt, submittedAt }) => ({
    displayId: displayIdOf(displayNumber),
    branch,
    tagBase,
    status: releaseStatus({ status: runStatus, held: held === 1 }, { archivedAt, submittedAt }),
  }));
}
