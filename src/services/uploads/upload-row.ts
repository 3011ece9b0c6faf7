import type { Sql } from '../../db/client.ts';
import type { UploadType } from '../../domain/release/upload-rules.ts';
import type { Platform } from '../../domain/release/vocabulary.ts';
import { iso } from '../releases/instant.ts';

export const uploadStates = ['STAGED', 'SUPERSEDED', 'USED'] as const;
/** STAGED: the next build task of its platform and type takes it. SUPERSEDED: a newer one came, and it is not taken any more. */
export type UploadState = (typeof uploadStates)[number];

export interface UploadView {
  id: string;
  platform: Platform;
  type: UploadType;
  fileName: string;
  sizeBytes: number;
  /** `sha256:` and hexadecimal. */
  digest: string;
  state: UploadState;
  /** The build that took it. */
  buildId: string | null;
  uploadedBy: { accountId: string; displayName: string };
  at: string;
}

export interface UploadRow {
  id: string;
  platform: Platform;
  type: UploadType;
  fileName: string;
  sizeBytes: number;
  digest: string;
  artifactKey: string;
  buildId: string | null;
  accountId: string;
  displayName: string;
  storedAt: Date;
  superseded: number;
}

/** Whole, and not taken back; `u` is uploads. */
const THERE = 'u.stored_at IS NOT NULL AND u.removed_at IS NULL';

const NEWER = `SELECT 1 FROM uploads n WHERE n.tenant_id = u.tenant_id AND n.release_id = u.release_id AND n.platform = u.platform AND n.type = u.type
  AND n.stored_at IS NOT NULL AND n.removed_at IS NULL AND (n.stored_at > u.stored_at OR (n.stored_at = u.stored_at AND n.id > u.id))`;

const selectUpload = `
  SELECT u.id, u.platform, u.type, u.file_name AS fileName, u.size_bytes AS sizeBytes, u.digest, u.artifact_key AS artifactKey,
         u.build_id AS buildId, u.uploaded_by_account_id AS accountId, a.display_name AS displayName, u.stored_at AS storedAt,
         EXISTS (${NEWER}) AS superseded
  FROM uploads u JOIN accounts a ON a.id = u.uploaded_by_account_id`;

interface UploadKind {
  tenantId: string;
  releaseId: string;
  platform: string;
  type: string;
}

/** Newest first. */
export function uploadsOf(sql: Pick<Sql, 'rows'>, tenantId: string, releaseId: string): Promise<UploadRow[]> {
  return sql.rows<UploadRow>(
    `${selectUpload} WHERE u.tenant_id = ? AND u.release_id = ? AND ${THERE} ORDER BY u.stored_at DESC, u.id DESC`,
    [tenantId, releaseId],
  );
}

export async function findUpload(sql: Pick<Sql, 'rows'>, tenantId: string, releaseId: string, id: string): Promise<UploadRow | null> {
  const [row] = await sql.rows<UploadRow>(`${selectUpload} WHERE u.tenant_id = ? AND u.release_id = ? AND u.id = ? AND ${THERE}`, [
    tenantId,
    releaseId,
    id,
  ]);
  return row ?? null;
}

/** The only one of its kind that counts: what came before it is superseded, whether this one was used or not. */
export async function newestUpload(sql: Pick<Sql, 'rows'>, kind: UploadKind): Promise<UploadRow | null> {
  const [row] = await sql.rows<UploadRow>(
    `${selectUpload} WHERE u.tenant_id = ? AND u.release_id = ? AND u.platform = ? AND u.type = ? AND ${THERE}
     ORDER BY u.stored_at DESC, u.id DESC LIMIT 1`,
    [kind.tenantId, kind.releaseId, kind.platform, kind.type],
  );
  return row ?? null;
}

export function uploadView(row: UploadRow): UploadView {
  const { artifactKey: _key, accountId, displayName, storedAt, superseded, ...upload } = row;
  const unused = Number(superseded) === 1 ? 'SUPERSEDED' : 'STAGED';
  return {
    ...upload,
    state: row.buildId === null ? unused : 'USED',
    uploadedBy: { accountId, displayName },
    at: iso(storedAt),
  };
}
