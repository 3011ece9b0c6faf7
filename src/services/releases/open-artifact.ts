import type { Sql } from '../../db/client.ts';
import type { ArtifactStore } from '../../platform/artifact-store.ts';
import { authorise, type Caller } from '../context.ts';
import { notFound } from '../service-error.ts';
import { findRunOf } from './release-row.ts';

export interface OpenedArtifact {
  /** As the CI called it. */
  name: string;
  body: ReadableStream<Uint8Array>;
  sizeBytes: number;
  /** `sha256:` and hexadecimal. */
  digest: string;
}

/** The kept artifact of one of a release's builds. @throws ServiceError not-found, also when it is not kept any more */
export async function openArtifact(
  deps: { db: Pick<Sql, 'rows'> & Parameters<typeof findRunOf>[0]; artifacts: ArtifactStore },
  caller: Caller,
  releaseId: string,
  buildId: string,
): Promise<OpenedArtifact> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  const [row] = await deps.db.rows<{ name: string | null; key: string | null; digest: string | null }>(
    `SELECT b.artifact_name AS name, b.artifact_key AS \`key\`, b.artifact_digest AS digest
     FROM release_builds r JOIN builds b ON b.id = r.build_id WHERE r.tenant_id = ? AND r.release_id = ? AND b.id = ?`,
    [caller.tenantId, releaseId, buildId],
  );
  const kept = row?.key ? await deps.artifacts.open(row.key) : null;
  if (row === undefined || kept === null) throw notFound('The artifact');
  return { ...kept, name: row.name ?? buildId, digest: row.digest ?? '' };
}
