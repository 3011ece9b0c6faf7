import type { Tx } from '../../../db/client.ts';
import type { ServiceDeploymentStatus } from '../../../domain/deployment/vocabulary.ts';
import { writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { DeploymentContext } from './deployment-source.ts';

/* Rows of one service within a deployment, as its rollout and its way back write them, in the transactions of both. */

const WHY_CHARS = 1_000;

/** 1 for the service that is changed first; one that has its place keeps it. */
export async function takePlaceInOrder(tx: Tx, { id, tenantId }: DeploymentContext, serviceId: string): Promise<void> {
  const [own] = await tx.rows<{ changeOrder: number | null }>(
    'SELECT change_order AS changeOrder FROM service_deployments WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?',
    [tenantId, id, serviceId],
  );
  if (own === undefined || own.changeOrder !== null) return;
  // Services of one deployment change side by side: the row of the deployment gives out the numbers.
  await tx.rows('SELECT id FROM deployments WHERE tenant_id = ? AND id = ? FOR UPDATE', [tenantId, id]);
  const [last] = await tx.rows<{ order: number | null }>(
    'SELECT MAX(change_order) AS `order` FROM service_deployments WHERE tenant_id = ? AND deployment_id = ?',
    [tenantId, id],
  );
  await tx.run(
    `UPDATE service_deployments SET change_order = ?, started_at = UTC_TIMESTAMP(3)
     WHERE tenant_id = ? AND deployment_id = ? AND service_id = ? AND change_order IS NULL`,
    [(last?.order ?? 0) + 1, tenantId, id, serviceId],
  );
}

const endings: ReadonlySet<ServiceDeploymentStatus> = new Set(['HEALTHY', 'FAILED', 'ROLLED_BACK', 'ROLLBACK_FAILED', 'UNCHANGED']);

const failures: ReadonlySet<ServiceDeploymentStatus> = new Set(['FAILED', 'ROLLBACK_FAILED']);

/** With its history; the words of a failure stay on the row until it goes well. @returns false when it was just that already */
export async function setServiceStatus(
  tx: Tx,
  { id: scopeId, tenantId }: Pick<DeploymentContext, 'id' | 'tenantId'>,
  serviceId: string,
  status: ServiceDeploymentStatus,
  why: string | null,
): Promise<boolean> {
  const [row] = await tx.rows<{ id: string; status: ServiceDeploymentStatus }>(
    'SELECT id, status FROM service_deployments WHERE tenant_id = ? AND deployment_id = ? AND service_id = ? FOR UPDATE',
    [tenantId, scopeId, serviceId],
  );
  if (row === undefined || row.status === status) return false;
  await tx.run(
    `UPDATE service_deployments SET status = ?, ended_at = IF(?, UTC_TIMESTAMP(3), NULL), failure = IF(?, NULL, COALESCE(?, failure))
     WHERE tenant_id = ? AND id = ?`,
    [status, endings.has(status), status === 'CHANGING' || status === 'HEALTHY', failures.has(status) ? why : null, tenantId, row.id],
  );
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId, entityType: 'rollout', entityId: row.id, action: 'UPDATE', actor: engineActor },
      why: why?.slice(0, WHY_CHARS) ?? null,
      items: [{ field: 'serviceStatus', before: row.status, after: status }],
    },
  ]);
  return true;
}

/** It could not be brought back, for this reason. @returns false when that was known */
export async function setRollbackFailed(
  tx: Tx,
  deployment: Pick<DeploymentContext, 'id' | 'tenantId'>,
  { environmentId, serviceId }: { environmentId: string; serviceId: string },
  why: string,
): Promise<boolean> {
  if (!(await setServiceStatus(tx, deployment, serviceId, 'ROLLBACK_FAILED', why))) return false;
  await tx.run('UPDATE installed_services SET healthy = 0 WHERE tenant_id = ? AND environment_id = ? AND service_id = ?', [
    ...[deployment.tenantId, environmentId],
    serviceId,
  ]);
  return true;
}

/** What people should know of how it was changed. */
export async function setServiceNote(
  tx: Tx,
  { id, tenantId }: Pick<DeploymentContext, 'id' | 'tenantId'>,
  serviceId: string,
  note: string,
): Promise<void> {
  await tx.run('UPDATE service_deployments SET note = ? WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?', [
    ...[note, tenantId, id],
    serviceId,
  ]);
}

/** What the environment runs of it from now on. */
export async function recordInstalled(
  tx: Tx,
  { id, tenantId, plan }: DeploymentContext,
  serviceId: string,
  { artifactId, configVersion, side }: { artifactId: string; configVersion: string; side: string },
): Promise<void> {
  await tx.run(
    `INSERT INTO installed_services (tenant_id, environment_id, service_id, artifact_id, config_version, side, deployment_id, healthy) VALUES (?)
     ON DUPLICATE KEY UPDATE artifact_id = VALUES(artifact_id), config_version = VALUES(config_version), side = VALUES(side),
       deployment_id = VALUES(deployment_id), healthy = 1, since = UTC_TIMESTAMP(3)`,
    [[tenantId, plan.environment.id, serviceId, artifactId, configVersion, side, id, true]],
  );
}
