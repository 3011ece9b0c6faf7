import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { CycleFact, ReleaseFacts } from '../../domain/release/plan-release.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { Platform } from '../../domain/release/vocabulary.ts';
import { leftRunningOf } from '../execution/builds/superseded-build-service.ts';

interface FactsRow {
  config: unknown;
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  regressionRequestedAt: Date | null;
  preReleaseRequestedAt: Date | null;
  turnTakenAt: Date | null;
}

/** Everything the planner decides on, read in the transaction that carries its plan out. */
export async function loadReleaseFacts(sql: Sql, tenantId: string, releaseId: string): Promise<ReleaseFacts> {
  const [row] = await sql.rows<FactsRow>(
    `SELECT config, kick_off_reminder_date AS kickOffReminderDate, kick_off_date AS kickOffDate, target_release_date AS targetReleaseDate,
            regression_requested_at AS regressionRequestedAt, pre_release_requested_at AS preReleaseRequestedAt,
            turn_taken_at AS turnTakenAt
     FROM releases WHERE tenant_id = ? AND id = ? FOR UPDATE`,
    [tenantId, releaseId],
  );
  if (row === undefined) throw new Error(`release ${releaseId} does not exist`);
  const platforms = await sql.rows<{ platform: Platform }>(
    'SELECT DISTINCT platform FROM platform_releases WHERE tenant_id = ? AND release_id = ? ORDER BY platform',
    [tenantId, releaseId],
  );
  const slots = await sql.rows<{ id: string; date: Date; status: 'PLANNED' | 'USED' | 'SKIPPED'; flags: unknown; createdAt: Date }>(
    'SELECT id, date, status, flags, created_at AS createdAt FROM regression_slots WHERE tenant_id = ? AND release_id = ? ORDER BY date, id',
    [tenantId, releaseId],
  );
  const cycles = await sql.rows<Omit<CycleFact, 'hasRunningBuilds'> & { running: number }>(
    `SELECT c.id, c.number, c.status, c.slot_id AS slotId, EXISTS (${leftRunningOf('c')}) AS running
     FROM regression_cycles c WHERE c.tenant_id = ? AND c.release_id = ? ORDER BY c.number`,
    [tenantId, releaseId],
  );
  return {
    config: readFrozenConfig(parseJson(row.config)),
    platforms: platforms.map(({ platform }) => platform),
    kickOffReminderDate: row.kickOffReminderDate,
    kickOffDate: row.kickOffDate,
    targetReleaseDate: row.targetReleaseDate,
    regressionRequested: row.regressionRequestedAt !== null,
    preReleaseRequested: row.preReleaseRequestedAt !== null,
    turnTaken: row.turnTakenAt !== null,
    slots: slots.map((slot) => ({ ...slot, flags: parseJson(slot.flags) as { automation: boolean } })),
    cycles: cycles.map(({ running, ...cycle }) => ({ ...cycle, hasRunningBuilds: Number(running) === 1 })),
  };
}
