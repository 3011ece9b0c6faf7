import type { Sql } from '../../db/client.ts';
import { deploymentStatus, type StatusFacts } from '../../domain/deployment/status.ts';
import type { DeploymentKind, DeploymentStatus } from '../../domain/deployment/vocabulary.ts';
import type { HoldReason, StageStatus, WaitReason } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { groupBy } from '../releases/group-by.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { displayIdOf } from './deployment-row.ts';
import type { DeploymentSummary, SummaryRow } from './deployment-view.ts';

export interface DeploymentFilter {
  environmentId?: string | undefined;
  appId?: string | undefined;
  status?: DeploymentStatus | undefined;
  kind?: DeploymentKind | undefined;
}

export const selectSummaries = `
  SELECT d.id, d.display_number AS displayNumber, d.kind, d.scope, d.environment_id AS environmentId, e.name AS environmentName, e.tier,
         d.app_id AS appId, a.name AS appName, d.service_release_id AS serviceReleaseId, r.version AS serviceReleaseVersion, d.reason,
         d.requested_by_account_id AS accountId, p.display_name AS displayName, d.created_at AS createdAt, d.ended_at AS endedAt, d.outcome,
         d.cancel_requested_at AS cancelRequestedAt, d.run_id AS runId, n.status AS runStatus
  FROM deployments d JOIN runs n ON n.id = d.run_id JOIN environments e ON e.id = d.environment_id JOIN apps a ON a.id = d.app_id
       LEFT JOIN service_releases r ON r.id = d.service_release_id LEFT JOIN accounts p ON p.id = d.requested_by_account_id`;

/** Newest first. Four queries, whatever the page holds. */
export async function listDeployments(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  filter: DeploymentFilter,
  page: PageRequest,
): Promise<Page<DeploymentSummary>> {
  authorise(caller, 'release:read');
  const after = afterId(page);
  const conditions: [string, unknown][] = [
    ...(after === null ? [] : [['d.id < ?', after] as [string, unknown]]),
    ...(filter.environmentId === undefined ? [] : [['d.environment_id = ?', filter.environmentId] as [string, unknown]]),
    ...(filter.appId === undefined ? [] : [['d.app_id = ?', filter.appId] as [string, unknown]]),
    ...(filter.kind === undefined ? [] : [['d.kind = ?', filter.kind] as [string, unknown]]),
    ...(filter.status === undefined ? [] : [[`${statusSql} = ?`, filter.status] as [string, unknown]]),
  ];
  const rows = await db.rows<SummaryRow>(
    `${selectSummaries} WHERE d.tenant_id = ?${conditions.map(([text]) => ` AND ${text}`).join('')} ORDER BY d.id DESC LIMIT ?`,
    [caller.tenantId, ...conditions.map(([, value]) => value as string), page.limit + 1],
  );
  const statuses = await statusesOf(db, rows);
  return pageOf(rows, page.limit, (row) => summaryOf(row, statuses.get(row.id) ?? 'PENDING'));
}

export const summaryOf = (row: SummaryRow, status: DeploymentStatus): DeploymentSummary => ({
  ...{ id: row.id, displayId: displayIdOf(row.displayNumber), kind: row.kind, scope: row.scope, status },
  environment: { id: row.environmentId, name: row.environmentName, tier: row.tier },
  app: { id: row.appId, name: row.appName },
  serviceRelease: row.serviceReleaseId === null ? null : { id: row.serviceReleaseId, version: row.serviceReleaseVersion ?? '' },
  reason: row.reason,
  requestedBy: { accountId: row.accountId, displayName: row.displayName ?? row.accountId },
  createdAt: iso(row.createdAt),
  endedAt: isoOrNull(row.endedAt),
});

/** What the status is computed from, of those that are under way: three queries. */
export async function statusesOf(sql: Pick<Sql, 'rows'>, rows: readonly SummaryRow[]): Promise<ReadonlyMap<string, DeploymentStatus>> {
  const open = rows.filter(({ outcome }) => outcome === null).map(({ runId }) => runId);
  const [stages, holds, waits] =
    open.length === 0
      ? [[], [], []]
      : await Promise.all([
          sql.rows<{ runId: string; key: string; status: StageStatus }>(
            `SELECT run_id AS runId, stage_key AS \`key\`, status FROM stages WHERE run_id IN (?) AND status = 'IN_PROGRESS' ORDER BY ordinal`,
            [open],
          ),
          sql.rows<{ runId: string; reason: HoldReason }>('SELECT run_id AS runId, reason FROM run_holds WHERE run_id IN (?)', [open]),
          sql.rows<{ runId: string; reason: WaitReason }>(
            `SELECT run_id AS runId, wait_reason AS reason FROM tasks WHERE run_id IN (?) AND status = 'WAITING' AND wait_reason IN ('WINDOW', 'APPROVAL')`,
            [open],
          ),
        ]);
  const [stagesBy, holdsBy, waitsBy] = [groupBy(stages, byRun), groupBy(holds, byRun), groupBy(waits, byRun)];
  return new Map(
    rows.map((row) => {
      const facts: StatusFacts = {
        ...{ outcome: row.outcome, runStatus: row.runStatus, cancelRequested: row.cancelRequestedAt !== null },
        stages: stagesBy.get(row.runId) ?? [],
        holds: (holdsBy.get(row.runId) ?? []).map(({ reason }) => reason),
        waits: (waitsBy.get(row.runId) ?? []).map(({ reason }) => reason),
      };
      return [row.id, deploymentStatus(facts)];
    }),
  );
}

const byRun = ({ runId }: { runId: string }) => runId;

const holds = (reasons: string) => `EXISTS (SELECT 1 FROM run_holds h WHERE h.run_id = d.run_id AND h.reason ${reasons})`;
const waits = (reason: string) =>
  `EXISTS (SELECT 1 FROM tasks t WHERE t.run_id = d.run_id AND t.status = 'WAITING' AND t.wait_reason = '${reason}')`;
const stage = "(SELECT s.stage_key FROM stages s WHERE s.run_id = d.run_id AND s.status = 'IN_PROGRESS' ORDER BY s.ordinal LIMIT 1)";

/** `deploymentStatus` told in SQL; a test holds the two to each other. */
const statusSql = `CASE
  WHEN d.outcome IS NOT NULL THEN d.outcome
  WHEN d.cancel_requested_at IS NOT NULL OR ${stage} = 'ROLL_BACK' THEN 'ROLLING_BACK'
  WHEN ${holds("<> 'AWAITING_APPROVAL'")} THEN 'PAUSED'
  WHEN ${holds("= 'AWAITING_APPROVAL'")} OR ${waits('APPROVAL')} THEN 'AWAITING_APPROVAL'
  WHEN ${waits('WINDOW')} THEN 'AWAITING_WINDOW'
  WHEN n.status = 'PENDING' OR ${stage} IS NULL THEN 'PENDING'
  ELSE CASE ${stage} WHEN 'BUILD' THEN 'BUILDING' WHEN 'TEST' THEN 'TESTING' WHEN 'MIGRATE' THEN 'MIGRATING' WHEN 'DEPLOY' THEN 'DEPLOYING'
    WHEN 'VERIFY' THEN 'VERIFYING' ELSE ${stage} END
  END`;
