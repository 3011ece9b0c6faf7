import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { type MilestoneStatus, milestoneStatus } from '../../domain/milestones/status.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { ReleaseStatus } from '../../domain/release/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';
import { groupBy } from '../releases/group-by.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { displayIdOf } from '../releases/release-row.ts';
import type { PersonView } from '../releases/release-view.ts';
import { notFound } from '../service-error.ts';

export interface MilestoneView {
  id: string;
  name: string;
  description: string | null;
  dueDate: string | null;
  /** What a person says, else what its releases say. */
  status: MilestoneStatus;
  /** What its releases say. */
  computedStatus: MilestoneStatus;
  override: OverrideView | null;
  /** In the order of their target dates. */
  releases: MilestoneReleaseView[];
  createdBy: PersonView;
  createdAt: string;
  updatedAt: string;
}

interface OverrideView {
  status: MilestoneStatus;
  reason: string;
  by: PersonView;
  at: string;
}

export interface MilestoneReleaseView {
  id: string;
  displayId: string;
  status: ReleaseStatus;
  targetReleaseDate: string;
  releaseDate: string | null;
}

export interface MilestoneRow {
  id: string;
  name: string;
  description: string | null;
  dueDate: Date | null;
  overrideStatus: MilestoneStatus | null;
  overrideReason: string | null;
  overrideById: string | null;
  overrideByName: string | null;
  overrideAt: Date | null;
  createdById: string;
  createdByName: string | null;
  createdAt: Date;
  updatedAt: Date;
}

interface LinkRow {
  milestoneId: string;
  id: string;
  displayNumber: number;
  targetReleaseDate: Date;
  releaseDate: Date | null;
  archivedAt: Date | null;
  submittedAt: Date | null;
  runStatus: RunStatus;
  held: number;
}

export const selectMilestones = `
  SELECT m.id, m.name, m.description, m.due_date AS dueDate, m.override_status AS overrideStatus, m.override_reason AS overrideReason,
         m.override_by_account_id AS overrideById, o.display_name AS overrideByName, m.override_at AS overrideAt,
         m.created_by_account_id AS createdById, c.display_name AS createdByName, m.created_at AS createdAt, m.updated_at AS updatedAt
  FROM milestones m LEFT JOIN accounts o ON o.id = m.override_by_account_id LEFT JOIN accounts c ON c.id = m.created_by_account_id`;

/** @throws ServiceError not-found, for another tenant's milestone as well */
export async function readMilestoneView(sql: Sql, tenantId: string, id: string): Promise<MilestoneView> {
  const rows = isValid(id) ? await sql.rows<MilestoneRow>(`${selectMilestones} WHERE m.tenant_id = ? AND m.id = ?`, [tenantId, id]) : [];
  const [view] = await milestoneViews(sql, tenantId, rows);
  if (view === undefined) throw notFound('The milestone');
  return view;
}

/** With the releases of all of them, in one query more. */
export async function milestoneViews(sql: Sql, tenantId: string, rows: readonly MilestoneRow[]): Promise<MilestoneView[]> {
  if (rows.length === 0) return [];
  const links = await sql.rows<LinkRow>(
    `SELECT l.milestone_id AS milestoneId, r.id, r.display_number AS displayNumber, r.target_release_date AS targetReleaseDate,
            r.release_date AS releaseDate, r.archived_at AS archivedAt, r.submitted_at AS submittedAt, n.status AS runStatus, n.held
     FROM release_milestones l JOIN releases r ON r.tenant_id = l.tenant_id AND r.id = l.release_id JOIN runs n ON n.id = r.run_id
     WHERE l.tenant_id = ? AND l.milestone_id IN (?) ORDER BY r.target_release_date, r.id`,
    [tenantId, rows.map(({ id }) => id)],
  );
  const byMilestone = groupBy(links, ({ milestoneId }) => milestoneId);
  return rows.map((row) => view(row, (byMilestone.get(row.id) ?? []).map(releaseView)));
}

function view(row: MilestoneRow, releases: MilestoneReleaseView[]): MilestoneView {
  const computedStatus = milestoneStatus(releases.map(({ status }) => status));
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    dueDate: isoOrNull(row.dueDate),
    status: row.overrideStatus ?? computedStatus,
    computedStatus,
    override: overrideView(row),
    releases,
    createdBy: person(row.createdById, row.createdByName),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

/** All of its columns are written together. */
function overrideView(row: MilestoneRow): OverrideView | null {
  const { overrideStatus: status, overrideReason: reason, overrideById: byId, overrideAt: at } = row;
  if (status === null || reason === null || byId === null || at === null) return null;
  return { status, reason, by: person(byId, row.overrideByName), at: iso(at) };
}

const person = (accountId: string, displayName: string | null): PersonView => ({ accountId, displayName: displayName ?? accountId });

const releaseView = (row: LinkRow): MilestoneReleaseView => ({
  id: row.id,
  displayId: displayIdOf(row.displayNumber),
  status: releaseStatus({ status: row.runStatus, held: row.held === 1 }, row),
  targetReleaseDate: iso(row.targetReleaseDate),
  releaseDate: isoOrNull(row.releaseDate),
});
