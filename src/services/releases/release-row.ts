import { isValid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenConfig } from '../../domain/release/config.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { ReleaseStatus } from '../../domain/release/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';
import { markChanged } from '../../engine/living.ts';
import type { Caller } from '../context.ts';
import { conflict, notFound } from '../service-error.ts';
import { STATUS_MESSAGE } from './messages/status-message.ts';

/** A release's row and its run's, both locked: commands on one release happen one after the other. */
export interface LockedRelease {
  id: string;
  tenantId: string;
  displayId: string;
  config: FrozenConfig;
  type: string;
  description: string | null;
  branch: string;
  baseBranch: string;
  baseReleaseId: string | null;
  forkCommit: string | null;
  releaseTag: string | null;
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  delayReason: string | null;
  preReleaseRequestedAt: Date | null;
  regressionRequestedAt: Date | null;
  pilotAccountId: string | null;
  createdByAccountId: string;
  status: ReleaseStatus;
  run: { id: string; tenantId: string; queue: string; fence: number; status: RunStatus; held: boolean };
  /** The database's clock. */
  now: Date;
}

interface RunRow {
  id: string;
  tenantId: string;
  queue: string;
  fence: number;
  status: RunStatus;
  held: number;
  now: Date;
}

type ReleaseRow = Omit<LockedRelease, 'displayId' | 'config' | 'status' | 'run' | 'now'> & {
  displayNumber: number;
  config: unknown;
  archivedAt: Date | null;
  submittedAt: Date | null;
};

export const displayIdOf = (displayNumber: number) => `REL-${displayNumber}`;

/** @throws ServiceError not-found, for another tenant's release as well */
export async function findRunOf(sql: Sql, caller: Pick<Caller, 'tenantId'>, releaseId: string): Promise<string> {
  if (!isValid(releaseId)) throw notFound('The release');
  const [row] = await sql.rows<{ runId: string }>('SELECT run_id AS runId FROM releases WHERE id = ? AND tenant_id = ?', [
    releaseId,
    caller.tenantId,
  ]);
  if (row === undefined) throw notFound('The release');
  return row.runId;
}

/** Locks the run first, as the engine does. @throws ServiceError not-found */
export async function lockRelease(tx: Tx, caller: Pick<Caller, 'tenantId'>, releaseId: string): Promise<LockedRelease> {
  const runId = await findRunOf(tx, caller, releaseId);
  const [run] = await tx.rows<RunRow>(
    `SELECT id, tenant_id AS tenantId, queue, fence, status, held, UTC_TIMESTAMP(3) AS now FROM runs WHERE id = ? FOR UPDATE`,
    [runId],
  );
  const [row] = await tx.rows<ReleaseRow>(
    `SELECT id, tenant_id AS tenantId, display_number AS displayNumber, config, type, description, branch, base_branch AS baseBranch,
            base_release_id AS baseReleaseId, fork_commit AS forkCommit, release_tag AS releaseTag,
            kick_off_reminder_date AS kickOffReminderDate, kick_off_date AS kickOffDate, target_release_date AS targetReleaseDate,
            delay_reason AS delayReason, archived_at AS archivedAt, submitted_at AS submittedAt, pre_release_requested_at AS preReleaseRequestedAt,
            regression_requested_at AS regressionRequestedAt,
            pilot_account_id AS pilotAccountId, created_by_account_id AS createdByAccountId
     FROM releases WHERE id = ? FOR UPDATE`,
    [releaseId],
  );
  if (run === undefined || row === undefined) throw notFound('The release');
  // Whoever locks it changes it; where nothing comes of that, the message says the same and is not sent.
  markChanged(tx, [{ tenantId: row.tenantId, subjectId: row.id, type: STATUS_MESSAGE }]);
  const { now, held, ...rest } = run;
  const { displayNumber, config, archivedAt, submittedAt, ...release } = row;
  return {
    ...release,
    displayId: displayIdOf(displayNumber),
    config: readFrozenConfig(parseJson(config)),
    status: releaseStatus({ status: run.status, held: held === 1 }, { archivedAt, submittedAt }),
    run: { ...rest, held: held === 1 },
    now,
  };
}

/** @throws ServiceError conflict when the release has ended */
export function refuseEnded(release: LockedRelease): void {
  if (release.run.status !== 'COMPLETED' && release.run.status !== 'CANCELLED') return;
  throw conflict(`${release.displayId} is ${release.status}: it has ended, and nothing about it changes any more.`);
}

export interface StageRow {
  key: string;
  status: string;
  attempt: number;
}

export async function stagesOf(sql: Sql, runId: string): Promise<ReadonlyMap<string, StageRow>> {
  const rows = await sql.rows<StageRow>('SELECT stage_key AS `key`, status, attempt FROM stages WHERE run_id = ? ORDER BY ordinal', [
    runId,
  ]);
  return new Map(rows.map((row) => [row.key, row]));
}
