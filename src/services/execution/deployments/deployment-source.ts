import type { Database } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { DeploymentPlan } from '../../../domain/deployment/plan.ts';
import type { DeploymentKind, DeploymentScope } from '../../../domain/deployment/vocabulary.ts';
import { ServiceError } from '../../service-error.ts';

/** What a person let a deployment pass, with who and why. */
export interface DeploymentOverride {
  /** `health`: the system need not be healthy before it begins. */
  check: 'health';
  accountId: string;
  reason: string;
}

/** A deployment as its task handlers see it, with the plan it was created with. */
export interface DeploymentContext {
  id: string;
  tenantId: string;
  /** `DEP-1` */
  displayId: string;
  runId: string;
  plan: DeploymentPlan;
  kind: DeploymentKind;
  scope: DeploymentScope;
  overrides: readonly DeploymentOverride[];
  requestedByAccountId: string;
  createdAt: Date;
  cancelRequestedAt: Date | null;
}

export interface DeploymentSource {
  /** @throws ServiceError not-found */
  load(deploymentId: string): Promise<DeploymentContext>;
}

interface DeploymentRow extends Omit<DeploymentContext, 'displayId' | 'plan' | 'overrides'> {
  displayNumber: number;
  plan: unknown;
  overrides: unknown;
}

export function createDeploymentSource(db: Database): DeploymentSource {
  return {
    async load(deploymentId) {
      const [row] = await db.rows<DeploymentRow>(
        `SELECT id, tenant_id AS tenantId, display_number AS displayNumber, run_id AS runId, plan, kind, scope, overrides,
                requested_by_account_id AS requestedByAccountId, created_at AS createdAt, cancel_requested_at AS cancelRequestedAt
         FROM deployments WHERE id = ?`,
        [deploymentId],
      );
      if (row === undefined) throw new ServiceError('not-found', `The deployment ${deploymentId} does not exist.`);
      const { displayNumber, plan, overrides, ...deployment } = row;
      return {
        ...deployment,
        displayId: `DEP-${displayNumber}`,
        plan: parseJson(plan) as DeploymentPlan,
        overrides: parseJson(overrides) as DeploymentOverride[],
      };
    },
  };
}
