import { parseJson } from '../../db/schema/columns.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import type { Decision } from './decision.ts';
import { subjectDigestOf } from './gate-view.ts';
import { iso } from './instant.ts';
import { findRunOf } from './release-row.ts';
import type { ApprovalView } from './release-view.ts';

interface ApprovalRow {
  id: string;
  taskId: string;
  decision: Decision;
  comment: string | null;
  commit: string | null;
  subject: unknown;
  forAccountIds: unknown;
  at: Date;
  accountId: string;
  displayName: string | null;
}

/** Every word given on the gates of a release, newest first. */
export async function listApprovals(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  page: PageRequest,
): Promise<Page<ApprovalView>> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  const after = afterId(page);
  const rows = await deps.db.rows<ApprovalRow>(
    `SELECT a.id, a.task_id AS taskId, a.decision, a.comment, a.commit_sha AS \`commit\`, a.subject, a.for_account_ids AS forAccountIds, a.created_at AS at, a.account_id AS accountId,
            c.display_name AS displayName
     FROM approvals a LEFT JOIN accounts c ON c.id = a.account_id
     WHERE a.tenant_id = ? AND a.release_id = ?${after === null ? '' : ' AND a.id < ?'} ORDER BY a.id DESC LIMIT ?`,
    [caller.tenantId, releaseId, ...(after === null ? [] : [after]), page.limit + 1],
  );
  return pageOf(rows, page.limit, ({ accountId, displayName, at, subject, forAccountIds, ...approval }) => ({
    ...approval,
    subject: subjectDigestOf(subject),
    forAccountIds: (parseJson(forAccountIds) as string[] | null) ?? [],
    at: iso(at),
    by: { accountId, displayName: displayName ?? accountId },
  }));
}
