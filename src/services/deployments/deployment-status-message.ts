import type { Sql } from '../../db/client.ts';
import type { DeploymentMessageType } from '../../domain/deployment/messages.ts';
import { livingKey } from '../../engine/living.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';

/** The one message of a deployment that always shows how it stands. */
export const DEPLOYMENT_STATUS = 'DEPLOYMENT_STATUS' satisfies DeploymentMessageType;

/** Begins the status message of a deployment to an environment that has channels. */
export async function beginDeploymentStatus(sql: Sql, deployment: { tenantId: string; id: string }): Promise<void> {
  const about = { type: DEPLOYMENT_STATUS, subjectId: deployment.id };
  await writeDelivery(sql, { ...about, tenantId: deployment.tenantId, data: {}, dedupeKey: livingKey(about) });
}
