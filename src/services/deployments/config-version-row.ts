import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';

/** What a config version was, but for its variables: those are opened only where a workload gets them. */
export interface KeptConfigVersion {
  deployIntegrationId: string;
  deployConfig: Record<string, unknown>;
  replicas: number;
}

/** Finds one, and keeps it for a day at least: by then what is planned with it refers to it. @returns null where it is not kept any more */
export async function referToConfigVersion(
  tx: Tx,
  { tenantId, environmentId, serviceId }: { tenantId: string; environmentId: string; serviceId: string },
  version: string,
): Promise<KeptConfigVersion | null> {
  const key = [tenantId, environmentId, serviceId, version];
  const where = 'WHERE tenant_id = ? AND environment_id = ? AND service_id = ? AND version = ?';
  await tx.run(`UPDATE config_versions SET kept_at = UTC_TIMESTAMP(3) ${where}`, key);
  const [row] = await tx.rows<Omit<KeptConfigVersion, 'deployConfig'> & { deployConfig: unknown }>(
    `SELECT deploy_integration_id AS deployIntegrationId, deploy_config AS deployConfig, replicas FROM config_versions ${where}`,
    key,
  );
  return row === undefined ? null : { ...row, deployConfig: parseJson(row.deployConfig) as Record<string, unknown> };
}
