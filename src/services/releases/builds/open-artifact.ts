import type { Sql } from '../../../db/client.ts';
import type { ArtifactStore, ByteRange } from '../../../platform/artifact-store.ts';
import { authorise, type Caller } from '../../context.ts';
import { notFound } from '../../service-error.ts';
import { findRunOf } from '../release-row.ts';

export interface OpenedArtifact {
  /** As the CI called it. */
  name: string;
  sizeBytes: number;
  /** `sha256:` and hexadecimal. */
  digest: string;
  /** Whole where no range is named; null = it is not kept any more. */
  open(range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;
}

export interface ArtifactRow {
  id: string;
  name: string | null;
  key: string | null;
  digest: string | null;
  sizeBytes: number | null;
}

export const artifactColumns =
  'b.id, b.artifact_name AS name, b.artifact_key AS `key`, b.artifact_digest AS digest, b.artifact_size AS sizeBytes';

/** The kept artifact of one of a release's builds. @throws ServiceError not-found, also when it is not kept any more */
export async function openArtifact(
  deps: { db: Pick<Sql, 'rows'> & Parameters<typeof findRunOf>[0]; artifacts: ArtifactStore },
  caller: Caller,
  releaseId: string,
  buildId: string,
): Promise<OpenedArtifact> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  const [row] = await deps.db.rows<ArtifactRow>(
    `SELECT ${artifactColumns} FROM release_builds r JOIN builds b ON b.id = r.build_id
     WHERE r.tenant_id = ? AND r.release_id = ? AND b.id = ?`,
    [caller.tenantId, releaseId, buildId],
  );
  return openedArtifact(deps.artifacts, row);
}

/** @throws ServiceError not-found */
export function openedArtifact(artifacts: ArtifactStore, row: ArtifactRow | undefined): OpenedArtifact {
  if (!row?.key) throw notFound('The artifact');
  const { id, key, name, digest, sizeBytes } = row;
  return {
    ...{ name: name ?? id, sizeBytes: sizeBytes ?? 0, digest: digest ?? '' },
    open: async (range) => (await artifacts.open(key, range))?.body ?? null,
  };
}
