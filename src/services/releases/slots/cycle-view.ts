import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { CycleStatus, Platform, WorkflowType } from '../../../domain/release/vocabulary.ts';
import { groupBy } from '../group-by.ts';
import { iso, isoOrNull } from '../instant.ts';
import type { CycleView, PersonView, SlotView } from '../release-view.ts';

/** A regression cycle with what it made. */
export interface CycleDetail extends CycleView {
  /** Why it was abandoned, and by whom; null where it was not, or not by a person. */
  reason: string | null;
  abandonedBy: PersonView | null;
  /** The slot it came of. */
  slot: Omit<SlotView, 'cycle'>;
  builds: CycleBuildView[];
  /** Notes of its candidate; null = not written yet. */
  notes: { id: string; url: string } | null;
}

/** The latest build of a platform and workflow type: one that failed is told with its task. */
export interface CycleBuildView {
  id: string;
  platform: Platform;
  workflowType: WorkflowType;
  ordinal: number;
  status: string;
  providerState: string | null;
  url: string | null;
  endedAt: string | null;
}

export interface CycleRow {
  id: string;
  number: number;
  status: CycleStatus;
  rcTag: string | null;
  rcCommit: string | null;
  reason: string | null;
  abandonedById: string | null;
  abandonedByName: string | null;
  startedAt: Date;
  endedAt: Date | null;
  slotId: string;
  date: Date;
  slotStatus: SlotView['status'];
  slotReason: string | null;
  flags: unknown;
  notesId: string | null;
}

/** Columns and tables of `CycleRow`; `y` is the cycle. */
export const selectCycles = `
  SELECT y.id, y.number, y.status, y.rc_tag AS rcTag, y.rc_commit AS rcCommit, y.reason, y.abandoned_by_account_id AS abandonedById,
         p.display_name AS abandonedByName, y.started_at AS startedAt, y.ended_at AS endedAt, s.id AS slotId, s.date, s.status AS slotStatus,
         s.reason AS slotReason, s.flags, n.id AS notesId
  FROM regression_cycles y JOIN regression_slots s ON s.id = y.slot_id
       LEFT JOIN accounts p ON p.id = y.abandoned_by_account_id
       LEFT JOIN release_notes n ON n.tenant_id = y.tenant_id AND n.release_id = y.release_id AND n.kind = 'cycle' AND n.cycle = y.number`;

interface Scope {
  tenantId: string;
  releaseId: string;
}

/** The builds of all of them in one query. */
export async function cycleDetails(sql: Pick<Sql, 'rows'>, of: Scope, rows: readonly CycleRow[]): Promise<CycleDetail[]> {
  const builds = await buildsOf(sql, of, rows);
  return rows.map((row) => cycleDetail(of, row, builds.get(row.id) ?? []));
}

type BuildRow = Omit<CycleBuildView, 'endedAt'> & { cycleId: string; endedAt: Date | null };

async function buildsOf(sql: Pick<Sql, 'rows'>, of: Scope, cycles: readonly CycleRow[]): Promise<ReadonlyMap<string, BuildRow[]>> {
  if (cycles.length === 0) return new Map();
  const rows = await sql.rows<BuildRow>(
    `SELECT r.cycle_id AS cycleId, b.id, b.platform, b.workflow_type AS workflowType, b.ordinal, b.status, b.provider_state AS providerState,
            b.url, b.ended_at AS endedAt
     FROM release_builds r JOIN builds b ON b.id = r.build_id
     WHERE r.tenant_id = ? AND r.release_id = ? AND r.cycle_id IN (?)
       AND NOT EXISTS (SELECT 1 FROM builds n WHERE n.task_id = b.task_id AND n.platform = b.platform AND n.ordinal > b.ordinal)
     ORDER BY b.platform, b.workflow_type DESC, b.id`,
    [of.tenantId, of.releaseId, cycles.map(({ id }) => id)],
  );
  return groupBy(rows, ({ cycleId }) => cycleId);
}

function cycleDetail({ tenantId, releaseId }: Scope, row: CycleRow, builds: readonly BuildRow[]): CycleDetail {
  const { id, number, status, rcTag, rcCommit, reason, abandonedById, abandonedByName, notesId } = row;
  return {
    ...{ id, number, status, rcTag, rcCommit, startedAt: iso(row.startedAt), endedAt: isoOrNull(row.endedAt), reason },
    abandonedBy: abandonedById === null ? null : { accountId: abandonedById, displayName: abandonedByName ?? abandonedById },
    slot: {
      ...{ id: row.slotId, date: iso(row.date), status: row.slotStatus, reason: row.slotReason },
      automation: (parseJson(row.flags) as { automation?: boolean }).automation === true,
    },
    builds: builds.map(({ cycleId: _cycleId, endedAt, ...build }) => ({ ...build, endedAt: isoOrNull(endedAt) })),
    notes:
      notesId === null
        ? null
        : {
            id: notesId,
            url: `/api/v1/release-management/tenants/${tenantId}/releases/${releaseId}/notes?format=markdown&cycle=${number}`,
          },
  };
}
