import type { Sql } from '../../db/client.ts';
import type { BuildMode, Platform, WorkflowType } from '../../domain/release/vocabulary.ts';
import { iso, isoOrNull } from './instant.ts';

export interface BuildView {
  id: string;
  taskId: string;
  platform: Platform;
  /** Grows when a failed build is done again. */
  ordinal: number;
  workflowType: WorkflowType;
  mode: BuildMode;
  ref: string;
  version: string;
  status: string;
  /** The provider's own word for the state. */
  providerState: string | null;
  url: string | null;
  commit: string | null;
  /** `kept`: it can be downloaded here. `url`: at the provider. */
  artifact: { name: string; url: string | null; size: number | null; digest: string | null; kept: boolean } | null;
  dispatchedAt: string | null;
  createdAt: string;
  endedAt: string | null;
}

export interface BuildRow {
  id: string;
  taskId: string;
  platform: Platform;
  ordinal: number;
  workflowType: WorkflowType;
  mode: BuildMode;
  ref: string;
  version: string;
  status: string;
  providerState: string | null;
  url: string | null;
  commit: string | null;
  artifactName: string | null;
  artifactUrl: string | null;
  artifactSize: number | null;
  artifactDigest: string | null;
  artifactKey: string | null;
  dispatchedAt: Date | null;
  createdAt: Date;
  endedAt: Date | null;
}

/** Columns of `BuildRow`; `b` is builds. */
export const buildColumns = `
  b.id, b.task_id AS taskId, b.platform, b.ordinal, b.workflow_type AS workflowType, b.mode, b.ref, b.version, b.status,
  b.provider_state AS providerState, b.url, b.commit_sha AS \`commit\`, b.artifact_name AS artifactName, b.artifact_url AS artifactUrl,
  b.artifact_size AS artifactSize, b.artifact_digest AS artifactDigest, b.artifact_key AS artifactKey, b.dispatched_at AS dispatchedAt, b.created_at AS createdAt,
  b.ended_at AS endedAt`;

export function buildView(row: BuildRow): BuildView {
  const { artifactName, artifactUrl, artifactSize, artifactDigest, artifactKey, ...build } = row;
  return {
    ...build,
    artifact:
      artifactName === null
        ? null
        : { name: artifactName, url: artifactUrl, size: artifactSize, digest: artifactDigest, kept: artifactKey !== null },
    dispatchedAt: isoOrNull(row.dispatchedAt),
    createdAt: iso(row.createdAt),
    endedAt: isoOrNull(row.endedAt),
  };
}

export async function buildsOfTask(sql: Sql, tenantId: string, taskId: string): Promise<BuildView[]> {
  const rows = await sql.rows<BuildRow>(
    `SELECT ${buildColumns} FROM builds b WHERE b.task_id = ? AND b.tenant_id = ? ORDER BY b.platform, b.ordinal`,
    [taskId, tenantId],
  );
  return rows.map(buildView);
}
