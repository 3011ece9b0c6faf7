import type { Database } from '../../../db/client.ts';
import type { CiArtifact } from '../../../integrations/capabilities/ci.ts';
import type { ArtifactKeeper } from './artifact-keeper.ts';
import { addressOrNull } from './build-state.ts';

/** Of the column. */
const NAME_CHARS = 255;

/**
 * Copies the artifact of a run into the store and gives it to the build, before that has succeeded: a crash in between costs one more look. What CI sent
 * while this was copied stays, and what it named meanwhile comes in its place.
 * @returns whether the build has an artifact now
 * @throws ProviderError where it cannot be copied, or is not what its digest says
 */
export async function keepCopy(
  db: Database,
  artifacts: ArtifactKeeper,
  source: Parameters<ArtifactKeeper['keep']>[0],
  artifact: CiArtifact,
): Promise<boolean> {
  const kept = await artifacts.keep(source, artifact);
  await db.run(
    `UPDATE builds SET artifact_name = ?, artifact_url = ?, artifact_size = ?, artifact_digest = ?, artifact_key = ?,
       artifact_kept_at = UTC_TIMESTAMP(3) WHERE id = ? AND artifact_key IS NULL AND artifact_source IS NULL`,
    [artifact.name.slice(0, NAME_CHARS), addressOrNull(artifact.url), kept.sizeBytes, `sha256:${kept.sha256}`, kept.key, source.buildId],
  );
  const [row] = await db.rows<{ artifactKey: string | null }>('SELECT artifact_key AS artifactKey FROM builds WHERE id = ?', [
    source.buildId,
  ]);
  return typeof row?.artifactKey === 'string';
}
