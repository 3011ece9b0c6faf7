import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import { type Failure, retryDecision } from '../../../domain/failure.ts';
import type { BuildMode, Platform, WorkflowType } from '../../../domain/release/vocabulary.ts';
import { iso, isoOrNull } from '../instant.ts';

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
  /** Where CI says its artifact lies, and why it is not here yet; null = nobody named one. */
  artifactSource: { url: string; digest: string; failure: { kind: string; message: string; remedy: string } | null } | null;
  /** It was made elsewhere and given to the task; null = the task's own. */
  adoption: Adoption | null;
  dispatchedAt: string | null;
  createdAt: string;
  endedAt: string | null;
}

export interface Adoption {
  accountId: string;
  /** The commit the task asked for, where the build is of another, or nobody knows of which; null = it is of that one. */
  expectedCommit: string | null;
  /** Why another commit was taken all the same. */
  reason: string | null;
  /** Of a build that lies in a store only. */
  storeBuildNumber: string | null;
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
  sourceShown: string | null;
  sourceSha256: string | null;
  sourceFailure: unknown;
  adoptedBy: string | null;
  expectedCommit: string | null;
  otherCommitReason: string | null;
  storeBuildNumber: string | null;
  dispatchedAt: Date | null;
  createdAt: Date;
  endedAt: Date | null;
}

/** Columns of `BuildRow`; `b` is builds. */
export const buildColumns = `
  b.id, b.task_id AS taskId, b.platform, b.ordinal, b.workflow_type AS workflowType, b.mode, b.ref, b.version, b.status,
  b.provider_state AS providerState, b.url, b.commit_sha AS \`commit\`, b.artifact_name AS artifactName, b.artifact_url AS artifactUrl,
  b.artifact_size AS artifactSize, b.artifact_digest AS artifactDigest, b.artifact_key AS artifactKey, b.dispatched_at AS dispatchedAt, b.created_at AS createdAt,
  b.adopted_by_account_id AS adoptedBy, b.expected_commit AS expectedCommit, b.other_commit_reason AS otherCommitReason,
  b.store_build_number AS storeBuildNumber, b.artifact_source_shown AS sourceShown, b.artifact_source_sha256 AS sourceSha256,
  b.artifact_source_failure AS sourceFailure,
  b.ended_at AS endedAt`;

export function buildView(row: BuildRow): BuildView {
  const { artifactName, artifactUrl, artifactSize, artifactDigest, artifactKey, ...rest } = row;
  const { adoptedBy, expectedCommit, otherCommitReason, storeBuildNumber, sourceShown, sourceSha256, sourceFailure, ...build } = rest;
  const failure = parseJson(sourceFailure) as Failure | null;
  return {
    ...build,
    artifactSource:
      sourceShown === null
        ? null
        : {
            ...{ url: sourceShown, digest: `sha256:${sourceSha256}` },
            failure: failure === null ? null : { kind: failure.kind, message: failure.message, remedy: remedyOf(failure) },
          },
    adoption: adoptedBy === null ? null : { accountId: adoptedBy, expectedCommit, reason: otherCommitReason, storeBuildNumber },
    artifact:
      artifactName === null
        ? null
        : { name: artifactName, url: artifactUrl, size: artifactSize, digest: artifactDigest, kept: artifactKey !== null },
    dispatchedAt: isoOrNull(row.dispatchedAt),
    createdAt: iso(row.createdAt),
    endedAt: isoOrNull(row.endedAt),
  };
}

const remedyOf = (failure: Failure): string =>
  retryDecision(failure).when === 'never'
    ? 'Report the artifact again, with an address, a checksum and a size that hold; or adopt another build.'
    : 'It is fetched again by itself; report the artifact again if it lies elsewhere now.';

export async function buildsOfTask(sql: Sql, tenantId: string, taskId: string): Promise<BuildView[]> {
  const rows = await sql.rows<BuildRow>(
    `SELECT ${buildColumns} FROM builds b WHERE b.task_id = ? AND b.tenant_id = ? ORDER BY b.platform, b.ordinal`,
    [taskId, tenantId],
  );
  return rows.map(buildView);
}
