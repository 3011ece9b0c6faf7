import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { ReleaseStatus } from '../../domain/release/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';

/** A release that another one follows or fixes. */
export interface BaseRelease {
  id: string;
  branch: string;
  releaseTag: string | null;
  baseReleaseId: string | null;
  status: ReleaseStatus;
}

interface BaseRow extends Omit<BaseRelease, 'status'> {
  archivedAt: Date | null;
  submittedAt: Date | null;
  runStatus: RunStatus;
  held: number;
}

/** `null` = the tenant has no such release. */
export async function findBase(sql: Sql, tenantId: string, releaseId: string): Promise<BaseRelease | null> {
  if (!isValid(releaseId)) return null;
  const [row] = await sql.rows<BaseRow>(
    `SELECT r.id, r.branch, r.release_tag AS releaseTag, r.base_release_id AS baseReleaseId, r.archived_at AS archivedAt,
            r.submitted_at AS submittedAt, n.status AS runStatus, n.held
     FROM releases r JOIN runs n ON n.id = r.run_id WHERE r.id = ? AND r.tenant_id = ?`,
    [releaseId, tenantId],
  );
  if (row === undefined) return null;
  const { runStatus, held, archivedAt, submittedAt, ...base } = row;
  return { ...base, status: releaseStatus({ status: runStatus, held: held === 1 }, { archivedAt, submittedAt }) };
}
