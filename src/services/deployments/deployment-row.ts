import { isValid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import type { DeploymentKind, DeploymentOutcome } from '../../domain/deployment/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';
import { markChanged } from '../../engine/living.ts';
import type { Caller } from '../context.ts';
import { conflict, notFound } from '../service-error.ts';
import { DEPLOYMENT_STATUS } from './deployment-status-message.ts';

/** A deployment's row and its run's, both locked: commands on one deployment happen one after the other. */
export interface LockedDeployment {
  id: string;
  tenantId: string;
  displayId: string;
  kind: DeploymentKind;
  plan: DeploymentPlan;
  requestedByAccountId: string;
  serviceReleaseId: string | null;
  cancelRequestedAt: Date | null;
  outcome: DeploymentOutcome | null;
  run: { id: string; tenantId: string; queue: string; fence: number; status: RunStatus };
  /** The database's clock. */
  now: Date;
}

export const displayIdOf = (displayNumber: number) => `DEP-${displayNumber}`;

/** @throws ServiceError not-found, for another tenant's deployment as well */
export async function findDeploymentRun(sql: Sql, caller: Pick<Caller, 'tenantId'>, deploymentId: string): Promise<string> {
  const [row] = isValid(deploymentId)
    ? await sql.rows<{ runId: string }>('SELECT run_id AS runId FROM deployments WHERE tenant_id = ? AND id = ?', [
        caller.tenantId,
        deploymentId,
      ])
    : [];
  if (row === undefined) throw notFound('The deployment');
  return row.runId;
}

/** Locks the run first, as the engine does. @throws ServiceError not-found */
export async function lockDeployment(tx: Tx, caller: Pick<Caller, 'tenantId'>, deploymentId: string): Promise<LockedDeployment> {
  const runId = await findDeploymentRun(tx, caller, deploymentId);
  const [run] = await tx.rows<LockedDeployment['run'] & { now: Date }>(
    'SELECT id, tenant_id AS tenantId, queue, fence, status, UTC_TIMESTAMP(3) AS now FROM runs WHERE id = ? FOR UPDATE',
    [runId],
  );
  const [row] = await tx.rows<Omit<LockedDeployment, 'displayId' | 'plan' | 'run' | 'now'> & { displayNumber: number; plan: unknown }>(
    `SELECT id, tenant_id AS tenantId, display_number AS displayNumber, kind, plan, requested_by_account_id AS requestedByAccountId,
            service_release_id AS serviceReleaseId, cancel_requested_at AS cancelRequestedAt, outcome
     FROM deployments WHERE tenant_id = ? AND id = ? FOR UPDATE`,
    [caller.tenantId, deploymentId],
  );
  if (run === undefined || row === undefined) throw notFound('The deployment');
  markChanged(tx, [{ tenantId: row.tenantId, subjectId: row.id, type: DEPLOYMENT_STATUS }]);
  const { now, ...rest } = run;
  const { displayNumber, plan, ...deployment } = row;
  return { ...deployment, displayId: displayIdOf(displayNumber), plan: parseJson(plan) as DeploymentPlan, run: rest, now };
}

/** @throws ServiceError conflict when the deployment has ended */
export function refuseOver({ outcome, displayId }: LockedDeployment): void {
  if (outcome !== null) throw conflict(`${displayId} is ${outcome}: it has ended, and nothing about it changes any more.`);
}
