import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findRunOf } from '../releases/release-row.ts';
import { type UploadView, uploadsOf, uploadView } from './upload-row.ts';

/** What was uploaded for a release and is there whole, newest first. */
export async function listUploads(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: UploadView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: (await uploadsOf(deps.db, caller.tenantId, releaseId)).map(uploadView) };
}
