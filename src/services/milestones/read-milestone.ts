import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type HistoryEventView, historyPage } from '../releases/list-history.ts';
import { findRunOf } from '../releases/release-row.ts';
import { type MilestoneRow, type MilestoneView, milestoneViews, readMilestoneView, selectMilestones } from './milestone-view.ts';

type Deps = Pick<ServiceDeps, 'db'>;

/** Newest first, with their releases; two queries, whatever the page holds. */
export async function listMilestones({ db }: Deps, caller: Caller, page: PageRequest): Promise<Page<MilestoneView>> {
  authorise(caller, 'release:read');
  const after = afterId(page);
  const rows = await db.rows<MilestoneRow>(
    `${selectMilestones} WHERE m.tenant_id = ?${after === null ? '' : ' AND m.id < ?'} ORDER BY m.id DESC LIMIT ?`,
    [caller.tenantId, ...(after === null ? [] : [after]), page.limit + 1],
  );
  const views = new Map((await milestoneViews(db, caller.tenantId, rows.slice(0, page.limit))).map((view) => [view.id, view]));
  const { items, nextCursor } = pageOf(rows, page.limit, ({ id }) => views.get(id));
  return { items: items.flatMap((view) => view ?? []), nextCursor };
}

export async function readMilestone({ db }: Deps, caller: Caller, milestoneId: string): Promise<MilestoneView> {
  authorise(caller, 'release:read');
  return readMilestoneView(db, caller.tenantId, milestoneId);
}

/** What a release is part of, the next due first; three queries, whatever there is. */
export async function listReleaseMilestones({ db }: Deps, caller: Caller, releaseId: string): Promise<{ items: MilestoneView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(db, caller, releaseId);
  const rows = await db.rows<MilestoneRow>(
    `${selectMilestones} JOIN release_milestones l ON l.tenant_id = m.tenant_id AND l.milestone_id = m.id
     WHERE l.tenant_id = ? AND l.release_id = ? ORDER BY m.due_date IS NULL, m.due_date, m.id`,
    [caller.tenantId, releaseId],
  );
  return { items: await milestoneViews(db, caller.tenantId, rows) };
}

/** Everything that ever happened to a milestone, newest first. */
export async function listMilestoneHistory(
  { db }: Deps,
  caller: Caller,
  milestoneId: string,
  page: PageRequest,
): Promise<Page<HistoryEventView>> {
  authorise(caller, 'release:read');
  const { id } = await readMilestoneView(db, caller.tenantId, milestoneId);
  return historyPage(db, caller.tenantId, id, page);
}
