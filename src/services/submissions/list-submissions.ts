import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findRunOf } from '../releases/release-row.ts';
import { type SubmissionView, submissionRows, submissionView } from './submission-view.ts';

/** What was handed to the stores, newest first; a rejected one stays. */
export async function listSubmissions(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
): Promise<{ items: SubmissionView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: (await submissionRows(deps.db, caller.tenantId, releaseId)).map(submissionView) };
}
