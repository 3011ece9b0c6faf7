import { writeHistory } from '../../engine/history.ts';
import type { ArtifactStore } from '../../platform/artifact-store.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { lockRelease } from '../releases/release-row.ts';
import { conflict, notFound } from '../service-error.ts';
import { findUpload } from './upload-row.ts';

/** Takes an upload back while no build has taken it. The file goes after the commit; what a crash leaves, the daily round takes away. */
export async function removeUpload(
  deps: Pick<ServiceDeps, 'db' | 'logger'> & { artifacts: ArtifactStore },
  caller: Caller,
  releaseId: string,
  uploadId: string,
): Promise<void> {
  authorise(caller, 'build:report');
  const key = await deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const upload = await findUpload(tx, caller.tenantId, releaseId, uploadId);
    if (upload === null) throw notFound('The upload');
    const changed = await tx.run(
      'UPDATE uploads SET removed_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND build_id IS NULL AND removed_at IS NULL',
      [caller.tenantId, uploadId],
    );
    if (changed === 0) throw conflict('A build has taken this upload: it is its artifact now.');
    await writeHistory(tx, [
      {
        ...{ tenantId: release.tenantId, scopeId: releaseId, entityType: 'upload', entityId: uploadId, action: 'REMOVE' },
        actor: actorOf(caller),
        items: [{ field: 'file', before: upload.fileName, after: null }],
      },
    ]);
    return upload.artifactKey;
  });
  try {
    await deps.artifacts.remove(key);
    await deps.db.run('DELETE FROM uploads WHERE tenant_id = ? AND id = ? AND removed_at IS NOT NULL', [caller.tenantId, uploadId]);
  } catch (error) {
    deps.logger.warn({ err: error, uploadId }, 'the file of an upload is cleared away later');
  }
}
