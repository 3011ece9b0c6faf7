import { isValid } from 'ulid';
import type { Database, Sql } from '../../db/client.ts';
import { gather } from '../../db/gather.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenConfig } from '../../domain/release/config.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import { pauseReasons, releaseStatus } from '../../domain/release/status.ts';
import type { BuildMode, ReleaseType, StageKey } from '../../domain/release/vocabulary.ts';
import type { HoldReason, RunStatus, StageStatus } from '../../domain/run.ts';
import { createBatch } from '../../engine/batch.ts';
import { leftBehindOf } from '../clean-ups/left-behind.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';
import { turnsOf } from './blocked-by.ts';
import { delaysOf } from './delays.ts';
import { gateRowsOf, gateTaskTypes, gateView } from './gate-view.ts';
import { groupBy } from './group-by.ts';
import { iso, isoOrNull } from './instant.ts';
import { platformDetail, platformsOf, storeStatesOf } from './platform-view.ts';
import { displayIdOf } from './release-row.ts';
import type { HoldView, PersonView, ReleaseDetail, StageProgressView } from './release-view.ts';
import { slotsOfMany } from './slots/slot-view.ts';

interface DetailRow {
  id: string;
  runId: string;
  displayNumber: number;
  configId: string;
  config: unknown;
  type: ReleaseType;
  description: string | null;
  branch: string;
  baseBranch: string;
  baseReleaseId: string | null;
  forkCommit: string | null;
  releaseTag: string | null;
  buildMode: BuildMode;
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  /** Whether the kickoff has come, by the database's clock. */
  isDue: number;
  targetReleaseDate: Date;
  delayReason: string | null;
  releaseDate: Date | null;
  archivedAt: Date | null;
  submittedAt: Date | null;
  preReleaseRequestedAt: Date | null;
  regressionRequestedAt: Date | null;
  attention: string | null;
  isArchiving: number;
  createdAt: Date;
  updatedAt: Date;
  createdById: string;
  createdByName: string | null;
  pilotId: string | null;
  pilotName: string | null;
  runStatus: RunStatus;
  held: number;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Everything about one release that a page shows, in a fixed number of queries. */
export async function getRelease(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<ReleaseDetail> {
  authorise(caller, 'release:read');
  return readRelease(deps.db, caller.tenantId, releaseId);
}

/**
 * `getRelease` for a process that answers many at once: what is asked for while a reading is under way is read together with the next one,
 * after it was asked for and never before.
 */
export function createReleaseReader({ db }: { db: Database }): (caller: Caller, releaseId: string) => Promise<ReleaseDetail> {
  const read = createBatch<{ tenantId: string; releaseId: string }, ReleaseDetail | null>({
    maxSize: 50,
    maxConcurrent: 2,
    flush: async (asked) => {
      const tenants = groupBy(asked, ({ tenantId }) => tenantId);
      const found = new Map(
        await Promise.all(
          [...tenants].map(async ([tenantId, of]) => {
            const ids = new Set(of.map(({ releaseId }) => releaseId));
            return [tenantId, await readReleases(db, tenantId, [...ids])] as const;
          }),
        ),
      );
      return asked.map(({ tenantId, releaseId }) => found.get(tenantId)?.get(releaseId) ?? null);
    },
  });
  return async (caller, releaseId) => {
    authorise(caller, 'release:read');
    const release = isValid(releaseId) ? await read({ tenantId: caller.tenantId, releaseId }) : null;
    if (release === null) throw notFound('The release');
    return release;
  };
}

/** The same for the other use cases, which answer with the release they changed. @throws ServiceError not-found */
export async function readRelease(sql: Sql, tenantId: string, releaseId: string): Promise<ReleaseDetail> {
  if (!isValid(releaseId)) throw notFound('The release');
  const release = (await readReleases(sql, tenantId, [releaseId])).get(releaseId);
  if (release === undefined) throw notFound('The release');
  return release;
}

/**
 * Those of a tenant's releases that exist, by id: five queries in one round trip, and in a second one what only some of them have: a gate, delays,
 * stores, others to wait for.
 */
async function readReleases(sql: Sql, tenantId: string, releaseIds: readonly string[]): Promise<ReadonlyMap<string, ReleaseDetail>> {
  const first = gather(sql);
  const [rows, platforms, holds, stages, slots] = await Promise.all([
    first.rows<DetailRow>(selectDetails, [tenantId, releaseIds]),
    platformsOf(first, tenantId, releaseIds),
    holdsOf(first, tenantId, releaseIds),
    stageProgressOf(first, tenantId, releaseIds),
    slotsOfMany(first, tenantId, releaseIds),
  ]);
  const configs = new Map(rows.map((row) => [row.id, readFrozenConfig(parseJson(row.config))]));
  const idsWhere = (is: (row: DetailRow) => boolean) => rows.filter(is).map(({ id }) => id);
  const then = gather(sql);
  const [gates, delays, states, turns, left] = await Promise.all([
    gateRowsOf(then, tenantId, latestGates(stages)),
    delaysOf(
      then,
      tenantId,
      idsWhere(({ delayReason }) => delayReason !== null),
    ),
    storeStatesOf(
      then,
      tenantId,
      idsWhere(({ id }) => (configs.get(id)?.stores.length ?? 0) > 0),
    ),
    turnsOf(then, tenantId, rows),
    leftBehindOf(
      then,
      tenantId,
      rows.filter(({ archivedAt }) => archivedAt !== null),
    ),
  ]);
  const detailOf = (row: DetailRow): ReleaseDetail => {
    const config = configs.get(row.id) ?? readFrozenConfig(parseJson(row.config));
    return {
      ...headOf(row, config),
      platforms: (platforms.get(row.id) ?? []).map((platform) => platformDetail(platform, config.stores, states.get(row.id) ?? [])),
      ...holdViews(holds.get(row.runId) ?? []),
      stages: (stages.get(row.runId) ?? []).map(stageView),
      slots: slots.get(row.id) ?? [],
      delays: delays.get(row.id) ?? [],
      blockedBy: turns.get(row.id) ?? [],
      leftBehind: left.get(row.id) ?? null,
      gate: gateView(gates.get(row.runId) ?? [], config.gates),
    };
  };
  return new Map(rows.map((row) => [row.id, detailOf(row)]));
}

function headOf(row: DetailRow, config: FrozenConfig) {
  return {
    id: row.id,
    displayId: displayIdOf(row.displayNumber),
    type: row.type,
    status: releaseStatus({ status: row.runStatus, held: row.held === 1 }, row),
    description: row.description,
    branch: row.branch,
    baseBranch: row.baseBranch,
    baseReleaseId: row.baseReleaseId,
    forkCommit: row.forkCommit,
    releaseTag: row.releaseTag,
    buildMode: row.buildMode,
    config: { id: row.configId, name: config.configName },
    kickOffReminderDate: isoOrNull(row.kickOffReminderDate),
    kickOffDate: iso(row.kickOffDate),
    targetReleaseDate: iso(row.targetReleaseDate),
    delayReason: row.delayReason,
    releaseDate: isoOrNull(row.releaseDate),
    archivedAt: isoOrNull(row.archivedAt),
    submittedAt: isoOrNull(row.submittedAt),
    preReleaseRequestedAt: isoOrNull(row.preReleaseRequestedAt),
    regressionRequestedAt: isoOrNull(row.regressionRequestedAt),
    attention: row.attention,
    isArchiving: Number(row.isArchiving) === 1,
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
    createdAt: iso(row.createdAt),
    skipped: config.skipped.regression || config.skipped.tasks.length > 0 ? config.skipped : null,
    updatedAt: iso(row.updatedAt),
    createdBy: { accountId: row.createdById, displayName: row.createdByName ?? row.createdById },
    pilot: personOrNull(row.pilotId, row.pilotName),
  };
}

const personOrNull = (accountId: string | null, displayName: string | null): PersonView | null =>
  accountId === null ? null : { accountId, displayName: displayName ?? accountId };

const selectDetails = `
  SELECT r.id, r.run_id AS runId, r.display_number AS displayNumber, r.config_id AS configId, r.config, r.type, r.description, r.branch,
         r.base_branch AS baseBranch, r.base_release_id AS baseReleaseId, r.fork_commit AS forkCommit, r.release_tag AS releaseTag,
         r.build_mode AS buildMode, r.kick_off_reminder_date AS kickOffReminderDate, r.kick_off_date AS kickOffDate, r.kick_off_date <= UTC_TIMESTAMP(3) AS isDue,
         r.target_release_date AS targetReleaseDate, r.delay_reason AS delayReason, r.release_date AS releaseDate,
         r.archived_at AS archivedAt, r.submitted_at AS submittedAt, r.pre_release_requested_at AS preReleaseRequestedAt, r.regression_requested_at AS regressionRequestedAt, r.attention, r.archiving IS NOT NULL AS isArchiving, r.created_at AS createdAt,
         r.updated_at AS updatedAt, r.created_by_account_id AS createdById, c.display_name AS createdByName, r.pilot_account_id AS pilotId,
         p.display_name AS pilotName, n.status AS runStatus, n.held, n.started_at AS startedAt, n.ended_at AS endedAt
  FROM releases r JOIN runs n ON n.id = r.run_id
       LEFT JOIN accounts c ON c.id = r.created_by_account_id LEFT JOIN accounts p ON p.id = r.pilot_account_id
  WHERE r.tenant_id = ? AND r.id IN (?)`;

interface HoldRow {
  runId: string;
  reason: HoldReason;
  subject: string;
  note: string | null;
  since: Date;
  accountId: string | null;
  displayName: string | null;
}

async function holdsOf(sql: Pick<Sql, 'rows'>, tenantId: string, releaseIds: readonly string[]): Promise<ReadonlyMap<string, HoldRow[]>> {
  const rows = await sql.rows<HoldRow>(
    `SELECT h.run_id AS runId, h.reason, h.subject, h.note, h.since, h.account_id AS accountId, a.display_name AS displayName
     FROM releases r JOIN run_holds h ON h.run_id = r.run_id LEFT JOIN accounts a ON a.id = h.account_id
     WHERE r.tenant_id = ? AND r.id IN (?) ORDER BY h.since, h.reason, h.subject`,
    [tenantId, releaseIds],
  );
  return groupBy(rows, (row) => row.runId);
}

/** What holds a run: the set of reasons in words, and each with who, since when and why. */
function holdViews(rows: readonly HoldRow[]): { pauseReasons: string[]; holds: HoldView[] } {
  return {
    pauseReasons: pauseReasons(rows),
    holds: rows.map((row) => ({
      reason: row.reason,
      subject: row.subject === '' ? null : row.subject,
      note: row.note,
      since: iso(row.since),
      by: personOrNull(row.accountId, row.displayName),
    })),
  };
}

interface StageRow {
  runId: string;
  key: StageKey;
  status: StageStatus;
  attempt: number;
  openedAt: Date | null;
  closedAt: Date | null;
  total: string | number | null;
  done: string | number | null;
  waiting: string | number | null;
  failed: string | number | null;
  ordinal: number;
  /** The latest gate of any round; ids grow with time. */
  gateTaskId: string | null;
}

async function stageProgressOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, StageRow[]>> {
  const rows = await sql.rows<StageRow>(
    `SELECT s.run_id AS runId, s.stage_key AS \`key\`, s.status, s.attempt, s.opened_at AS openedAt, s.closed_at AS closedAt,
            SUM(t.stage_attempt = s.attempt) AS total, SUM(t.stage_attempt = s.attempt AND t.status IN ('COMPLETED', 'SKIPPED')) AS done,
            SUM(t.stage_attempt = s.attempt AND t.status = 'WAITING') AS waiting,
            SUM(t.stage_attempt = s.attempt AND t.status = 'FAILED') AS failed,
            MAX(CASE WHEN t.type IN (?) THEN t.id END) AS gateTaskId, s.ordinal
     FROM releases r JOIN stages s ON s.run_id = r.run_id LEFT JOIN tasks t ON t.stage_id = s.id
     WHERE r.tenant_id = ? AND r.id IN (?) GROUP BY s.id`,
    [gateTaskTypes, tenantId, releaseIds],
  );
  return groupBy(
    rows.sort((a, b) => a.ordinal - b.ordinal),
    (row) => row.runId,
  );
}

function latestGates(stages: ReadonlyMap<string, StageRow[]>): string[] {
  return [...stages.values()].flatMap(
    (ofRun) =>
      ofRun
        .flatMap((stage) => stage.gateTaskId ?? [])
        .sort()
        .at(-1) ?? [],
  );
}

const stageView = (row: StageRow): StageProgressView => ({
  key: row.key,
  status: row.status,
  attempt: row.attempt,
  openedAt: isoOrNull(row.openedAt),
  closedAt: isoOrNull(row.closedAt),
  // Sums are decimals, and nothing where there are no tasks.
  tasks: { total: Number(row.total), done: Number(row.done), waiting: Number(row.waiting), failed: Number(row.failed) },
});
