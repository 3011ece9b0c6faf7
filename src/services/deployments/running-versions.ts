import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { RunningVersion } from '../../domain/deployment/migration-rules.ts';

export interface VersionOnDatabase extends RunningVersion {
  serviceId: string;
  environmentId: string;
  /** Connection to the database that moves with it there; null = none does. */
  integrationId: string | null;
}

/**
 * What runs of the services in every environment, and on which database; what is being deployed there, and what it may have to go back to, runs as well: it
 * may at any moment. One query.
 */
export async function runningVersions(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  serviceIds: readonly string[],
): Promise<VersionOnDatabase[]> {
  if (serviceIds.length === 0) return [];
  const rows = await sql.rows<Omit<VersionOnDatabase, 'migrations'> & { names: unknown }>(
    `SELECT r.serviceId, r.environmentId, e.name AS \`where\`, a.id AS artifactId, a.version, JSON_EXTRACT(a.migrations, '$[*].name') AS names,
            JSON_UNQUOTE(JSON_EXTRACT(t.body, '$.migrations.integrationId')) AS integrationId
     FROM (
       SELECT service_id AS serviceId, environment_id AS environmentId, artifact_id AS artifactId
       FROM installed_services WHERE tenant_id = ? AND service_id IN (?)
       UNION SELECT s.service_id, l.environment_id, s.artifact_id
       FROM deployment_locks l JOIN service_deployments s ON s.deployment_id = l.deployment_id AND s.service_id = l.service_id
       WHERE l.tenant_id = ? AND l.service_id IN (?) AND s.artifact_id IS NOT NULL
       UNION SELECT s.service_id, l.environment_id, s.from_artifact_id
       FROM deployment_locks l JOIN service_deployments s ON s.deployment_id = l.deployment_id AND s.service_id = l.service_id
       WHERE l.tenant_id = ? AND l.service_id IN (?) AND s.from_artifact_id IS NOT NULL
     ) r JOIN environments e ON e.id = r.environmentId JOIN artifacts a ON a.tenant_id = e.tenant_id AND a.id = r.artifactId
     JOIN targets t ON t.tenant_id = e.tenant_id AND t.environment_id = r.environmentId AND t.service_id = r.serviceId
     ORDER BY e.name, a.id`,
    [tenantId, serviceIds, tenantId, serviceIds, tenantId, serviceIds].map((value) => (Array.isArray(value) ? [...value] : value)),
  );
  return rows.map(({ names, ...row }) => ({ ...row, migrations: (parseJson(names) as string[] | null) ?? [] }));
}
