import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { minimumTime } from '../../domain/deployment/minimum-time.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import type { ServiceDeploymentStatus } from '../../domain/deployment/vocabulary.ts';
import type { HoldReason, StageStatus, WaitReason } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { DeploymentOverride } from '../execution/deployments/deployment-source.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { notFound } from '../service-error.ts';
import type { DeployedServiceView, DeploymentDetail, SummaryRow } from './deployment-view.ts';
import { selectSummaries, statusesOf, summaryOf } from './list-deployments.ts';

export async function getDeployment({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, deploymentId: string): Promise<DeploymentDetail> {
  authorise(caller, 'release:read');
  return readDeployment(db, caller.tenantId, deploymentId);
}

interface DetailRow {
  plan: unknown;
  failure: string | null;
  revertsId: string | null;
  sourceEnvironmentId: string | null;
  overrides: unknown;
  cancelReason: string | null;
  cancelDeadlineAt: Date | null;
}

interface ServiceRow {
  serviceId: string;
  status: ServiceDeploymentStatus;
  failure: string | null;
  note: string | null;
  changeOrder: number | null;
  version: string | null;
  digest: string | null;
  weight: number | null;
  rolloutStatus: string | null;
  pauseReason: string | null;
  step: number | null;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** A constant number of queries. @throws ServiceError not-found */
export async function readDeployment(sql: Pick<Sql, 'rows'>, tenantId: string, deploymentId: string): Promise<DeploymentDetail> {
  const [row] = isValid(deploymentId)
    ? await sql.rows<SummaryRow>(`${selectSummaries} WHERE d.tenant_id = ? AND d.id = ?`, [tenantId, deploymentId])
    : [];
  if (row === undefined) throw notFound('The deployment');
  const [detail] = await sql.rows<DetailRow>(
    `SELECT plan, failure, reverts_id AS revertsId, source_environment_id AS sourceEnvironmentId, overrides, cancel_reason AS cancelReason,
            cancel_deadline_at AS cancelDeadlineAt FROM deployments WHERE tenant_id = ? AND id = ?`,
    [tenantId, deploymentId],
  );
  if (detail === undefined) throw notFound('The deployment');
  const plan = parseJson(detail.plan) as DeploymentPlan;
  const statuses = await statusesOf(sql, [row]);
  return {
    ...summaryOf(row, statuses.get(row.id) ?? 'PENDING'),
    ...{ failure: detail.failure, revertsId: detail.revertsId, sourceEnvironmentId: detail.sourceEnvironmentId, layers: plan.layers },
    cancellation:
      row.cancelRequestedAt === null
        ? null
        : { requestedAt: iso(row.cancelRequestedAt), reason: detail.cancelReason ?? '', deadlineAt: isoOrNull(detail.cancelDeadlineAt) },
    overrides: parseJson(detail.overrides) as DeploymentOverride[],
    minimumTime: minimumTime(plan),
    stages: await stagesOf(sql, row.runId),
    services: await servicesOf(sql, tenantId, deploymentId, plan),
    ...(await standing(sql, row.runId)),
  };
}

async function stagesOf(sql: Pick<Sql, 'rows'>, runId: string): Promise<DeploymentDetail['stages']> {
  const rows = await sql.rows<{ key: string; status: StageStatus; done: number | string | null; total: number | string }>(
    `SELECT s.stage_key AS \`key\`, s.status, SUM(t.status IN ('COMPLETED', 'SKIPPED', 'CANCELLED')) AS done, COUNT(t.id) AS total
     FROM stages s LEFT JOIN tasks t ON t.stage_id = s.id AND t.stage_attempt = s.attempt
     WHERE s.run_id = ? GROUP BY s.id, s.stage_key, s.status, s.ordinal ORDER BY s.ordinal`,
    [runId],
  );
  return rows.map(({ key, status, done, total }) => ({ key, status, tasks: { done: Number(done ?? 0), total: Number(total) } }));
}

async function servicesOf(sql: Pick<Sql, 'rows'>, tenantId: string, id: string, plan: DeploymentPlan): Promise<DeployedServiceView[]> {
  const rows = await sql.rows<ServiceRow>(
    `SELECT d.service_id AS serviceId, d.status, d.failure, d.note, d.change_order AS changeOrder, a.version, a.digest, r.weight, r.status AS rolloutStatus,
            r.pause_reason AS pauseReason, r.step, d.started_at AS startedAt, d.ended_at AS endedAt
     FROM service_deployments d LEFT JOIN artifacts a ON a.tenant_id = d.tenant_id AND a.id = d.artifact_id
          LEFT JOIN service_rollouts r ON r.tenant_id = d.tenant_id AND r.deployment_id = d.deployment_id AND r.service_id = d.service_id
     WHERE d.tenant_id = ? AND d.deployment_id = ? ORDER BY d.ordinal`,
    [tenantId, id],
  );
  return rows.map(({ serviceId, version, digest, rolloutStatus, pauseReason, step, startedAt, endedAt, ...row }) => {
    const planned = plan.services.find((service) => service.serviceId === serviceId);
    const from = planned?.from ?? null;
    return {
      ...row,
      ...{ serviceId, name: planned?.name ?? serviceId, layer: planned?.layer ?? 0, because: planned?.because ?? '' },
      from: from === null ? null : { version: from.revision.version, digest: from.revision.digest, side: from.side },
      to: version === null || digest === null ? null : { version, digest },
      rollout: rolloutStatus === null ? null : { status: rolloutStatus, pauseReason, step: step ?? 0 },
      startedAt: isoOrNull(startedAt),
      endedAt: isoOrNull(endedAt),
    };
  });
}

async function standing(sql: Pick<Sql, 'rows'>, runId: string): Promise<Pick<DeploymentDetail, 'holds' | 'waits'>> {
  const [holds, waits] = await Promise.all([
    sql.rows<{ reason: HoldReason; subject: string; note: string | null; since: Date }>(
      'SELECT reason, subject, note, since FROM run_holds WHERE run_id = ? ORDER BY since, reason, subject',
      [runId],
    ),
    sql.rows<{ taskId: string; task: string; reason: WaitReason; since: Date; until: Date | null }>(
      `SELECT id AS taskId, task_key AS task, wait_reason AS reason, status_since AS since, run_at AS until FROM tasks
       WHERE run_id = ? AND status = 'WAITING' ORDER BY id`,
      [runId],
    ),
  ]);
  return {
    holds: holds.map((hold) => ({ ...hold, since: iso(hold.since) })),
    waits: waits.map((wait) => ({ ...wait, since: iso(wait.since), until: isoOrNull(wait.until) })),
  };
}
