import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { DeliveredChange, EndedDeployment, Period } from '../../domain/dora/facts.ts';
import { type DoraFigures, doraFigures } from '../../domain/dora/figures.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { DeploymentOverride } from '../execution/deployments/deployment-source.ts';
import { databaseNow } from '../release-configs/database-now.ts';
import { groupBy } from '../releases/group-by.ts';
import { iso } from '../releases/instant.ts';
import { invalid, notFound } from '../service-error.ts';

export interface DoraQuestion {
  appId?: string | undefined;
  /** Absent: every environment of the tier production. */
  environmentId?: string | undefined;
  /** ISO 8601, UTC. Absent: 30 days before `to`. */
  from?: string | undefined;
  /** ISO 8601, UTC. Absent: now. */
  to?: string | undefined;
}

export interface DoraView extends DoraFigures {
  from: string;
  to: string;
  environments: { id: string; name: string }[];
}

const DAY_MS = 86_400_000;
const PERIOD_DAYS = 30;
const LONGEST_DAYS = 366;

/** The delivery measures of a period. Six queries at most, whatever there is. @throws ServiceError forbidden, not-found, invalid */
export async function readDora({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, question: DoraQuestion): Promise<DoraView> {
  authorise(caller, 'release:read');
  const period = periodOf(question, await databaseNow(db));
  const environments = await environmentsOf(db, caller, question);
  if (question.appId !== undefined) await demandApp(db, caller, question.appId);
  const where = placeOf(caller, question, environments);
  const [ended, changes] = where === null ? [[], []] : await Promise.all([readEnded(db, where, period), readChanges(db, where, period)]);
  return { from: iso(period.from), to: iso(period.to), environments, ...doraFigures(ended, changes, period) };
}

function periodOf({ from, to }: DoraQuestion, now: Date): Period {
  const end = to === undefined ? now : new Date(to);
  const start = from === undefined ? new Date(end.getTime() - PERIOD_DAYS * DAY_MS) : new Date(from);
  const days = (end.getTime() - start.getTime()) / DAY_MS;
  if (days <= 0) throw invalid([{ field: '?from', message: 'must be before the end' }]);
  if (days > LONGEST_DAYS) throw invalid([{ field: '?from', message: `must be at most ${LONGEST_DAYS} days before the end` }]);
  return { from: start, to: end };
}

async function environmentsOf(
  sql: Pick<Sql, 'rows'>,
  caller: Caller,
  { environmentId }: DoraQuestion,
): Promise<{ id: string; name: string }[]> {
  const environments = await sql.rows<{ id: string; name: string }>(
    `SELECT id, name FROM environments WHERE tenant_id = ? AND ${environmentId === undefined ? 'tier = ?' : 'id = ?'} ORDER BY name`,
    [caller.tenantId, environmentId ?? 'production'],
  );
  if (environmentId !== undefined && environments.length === 0) throw notFound('The environment');
  return environments;
}

async function demandApp(sql: Pick<Sql, 'rows'>, caller: Caller, appId: string): Promise<void> {
  const apps = await sql.rows('SELECT id FROM apps WHERE tenant_id = ? AND id = ?', [caller.tenantId, appId]);
  if (apps.length === 0) throw notFound('The app');
}

/** Which deployments are meant, of the table `d`. */
interface Place {
  text: string;
  values: (string | string[])[];
}

function placeOf({ tenantId }: Caller, { appId }: DoraQuestion, environments: readonly { id: string }[]): Place | null {
  if (environments.length === 0) return null;
  const ids = environments.map(({ id }) => id);
  return {
    text: `d.tenant_id = ? AND d.environment_id IN (?)${appId === undefined ? '' : ' AND d.app_id = ?'}`,
    values: [tenantId, ids, ...(appId === undefined ? [] : [appId])],
  };
}

type EndedRow = Omit<EndedDeployment, 'serviceIds' | 'changedAt' | 'fixesForward'> & { overrides: unknown };

/** Also what ended after the period: it may have mended what failed in it. */
async function readEnded(sql: Pick<Sql, 'rows'>, { text, values }: Place, { from }: Period): Promise<EndedDeployment[]> {
  const [rows, services] = await Promise.all([
    sql.rows<EndedRow>(
      `SELECT d.id, d.kind, d.outcome, d.environment_id AS environmentId, d.created_at AS createdAt, d.ended_at AS endedAt,
              d.reverts_id AS revertsId, d.overrides
       FROM deployments d WHERE ${text} AND d.outcome IS NOT NULL AND d.ended_at >= ?`,
      [...values, from],
    ),
    sql.rows<{ deploymentId: string; serviceId: string; startedAt: Date | null }>(
      `SELECT s.deployment_id AS deploymentId, s.service_id AS serviceId, s.started_at AS startedAt
       FROM deployments d JOIN service_deployments s ON s.tenant_id = d.tenant_id AND s.deployment_id = d.id
       WHERE ${text} AND d.outcome IS NOT NULL AND d.ended_at >= ? AND s.change_order IS NOT NULL`,
      [...values, from],
    ),
  ]);
  const changed = groupBy(services, ({ deploymentId }) => deploymentId);
  return rows.flatMap(({ overrides, ...row }) => {
    const mine = changed.get(row.id) ?? [];
    if (mine.length === 0) return [];
    const starts = mine.map(({ startedAt }) => (startedAt ?? row.createdAt).getTime());
    const fixesForward = (parseJson(overrides) as DeploymentOverride[]).some(({ check }) => check === 'health');
    return [{ ...row, fixesForward, serviceIds: mine.map(({ serviceId }) => serviceId), changedAt: new Date(Math.min(...starts)) }];
  });
}

/** Versions that an environment had for the first time: whatever comes again is no change. */
async function readChanges(sql: Pick<Sql, 'rows'>, { text, values }: Place, { from, to }: Period): Promise<DeliveredChange[]> {
  return sql.rows<DeliveredChange>(
    `SELECT a.committed_at AS committedAt, f.deliveredAt
     FROM (SELECT s.artifact_id AS artifactId, MIN(d.ended_at) AS deliveredAt
           FROM deployments d JOIN service_deployments s ON s.tenant_id = d.tenant_id AND s.deployment_id = d.id
           WHERE ${text} AND d.outcome = 'SUCCEEDED' AND d.kind <> 'ROLLBACK' AND s.change_order IS NOT NULL AND s.artifact_id IS NOT NULL
           GROUP BY d.environment_id, s.artifact_id
           HAVING MIN(d.ended_at) >= ? AND MIN(d.ended_at) < ?) f
          JOIN artifacts a ON a.id = f.artifactId`,
    [...values, from, to],
  );
}
