import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { CycleStatus } from '../../../domain/release/vocabulary.ts';
import { iso, isoOrNull } from '../instant.ts';
import type { SlotStatus, SlotView } from '../release-view.ts';

interface SlotRow {
  releaseId: string;
  id: string;
  date: Date;
  status: SlotStatus;
  reason: string | null;
  flags: unknown;
  cycleId: string | null;
  number: number;
  cycleStatus: CycleStatus;
  rcTag: string | null;
  rcCommit: string | null;
  startedAt: Date;
  endedAt: Date | null;
}

/** All slots of a release in the order of their dates, each with the cycle that came of it. */
export async function slotsOf(sql: Pick<Sql, 'rows'>, tenantId: string, releaseId: string): Promise<SlotView[]> {
  return (await slotsOfMany(sql, tenantId, [releaseId])).get(releaseId) ?? [];
}

/** The same of many releases in one query. */
export async function slotsOfMany(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, SlotView[]>> {
  const rows = await sql.rows<SlotRow>(
    `SELECT s.release_id AS releaseId, s.id, s.date, s.status, s.reason, s.flags, c.id AS cycleId, c.number, c.status AS cycleStatus,
            c.rc_tag AS rcTag, c.rc_commit AS rcCommit, c.started_at AS startedAt, c.ended_at AS endedAt
     FROM regression_slots s
     LEFT JOIN regression_cycles c ON c.tenant_id = s.tenant_id AND c.release_id = s.release_id AND c.slot_id = s.id
     WHERE s.tenant_id = ? AND s.release_id IN (?) ORDER BY s.date, s.id`,
    [tenantId, releaseIds],
  );
  const byRelease = new Map<string, SlotView[]>();
  for (const row of rows) {
    const views = byRelease.get(row.releaseId);
    if (views === undefined) byRelease.set(row.releaseId, [slotView(row)]);
    else views.push(slotView(row));
  }
  return byRelease;
}

function slotView(row: SlotRow): SlotView {
  return {
    id: row.id,
    date: iso(row.date),
    status: row.status,
    reason: row.reason,
    automation: (parseJson(row.flags) as { automation?: boolean }).automation === true,
    cycle:
      row.cycleId === null
        ? null
        : {
            id: row.cycleId,
            number: row.number,
            status: row.cycleStatus,
            rcTag: row.rcTag,
            rcCommit: row.rcCommit,
            startedAt: iso(row.startedAt),
            endedAt: isoOrNull(row.endedAt),
          },
  };
}
