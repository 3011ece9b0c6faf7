import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { RunningVersion } from '../../domain/deployment/migration-rules.ts';

export interface VersionOnDatabase extends Omit<RunningVersion, 'neighbour'> {
  serviceId: string;
  service: string;
  environmentId: string;
  /** Connection to the database that moves with it there. */
  integrationId: string;
}

/**
 * What runs on databases, of whatever service, in every environment; what is being deployed there, and what it may have to go back to, runs as well: it may
 * at any moment. One query.
 * @param integrationIds connections to the databases
 */
export async function runningVersions(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  integrationIds: readonly string[],
): Promise<VersionOnDatabase[]> {
  if (integrationIds.length === 0) return [];
  const rows = await sql.rows<Omit<VersionOnDatabase, 'migrations'> & { names: unknown }>(
    `SELECT t.service_id AS serviceId, s.name AS service, t.environment_id AS environmentId, e.name AS \`where\`, a.id AS artifactId, a.version,
            JSON_EXTRACT(a.migrations, '$[*].name') AS names, JSON_VALUE(t.body, '$.migrations.integrationId') AS integrationId
     FROM targets t JOIN environments e ON e.id = t.environment_id JOIN services s ON s.id = t.service_id
     JOIN (
       SELECT service_id, environment_id, artifact_id FROM installed_services WHERE tenant_id = ?
       UNION SELECT d.service_id, l.environment_id, d.artifact_id
       FROM deployment_locks l JOIN service_deployments d ON d.deployment_id = l.deployment_id AND d.service_id = l.service_id
       WHERE l.tenant_id = ? AND d.artifact_id IS NOT NULL
       UNION SELECT d.service_id, l.environment_id, d.from_artifact_id
       FROM deployment_locks l JOIN service_deployments d ON d.deployment_id = l.deployment_id AND d.service_id = l.service_id
       WHERE l.tenant_id = ? AND d.from_artifact_id IS NOT NULL
     ) r ON r.service_id = t.service_id AND r.environment_id = t.environment_id
     JOIN artifacts a ON a.tenant_id = t.tenant_id AND a.id = r.artifact_id
     WHERE t.tenant_id = ? AND JSON_VALUE(t.body, '$.migrations.integrationId') IN (?)
     ORDER BY e.name, a.id`,
    [tenantId, tenantId, tenantId, tenantId, [...integrationIds]],
  );
  return rows.map(({ names, ...row }) => ({ ...row, migrations: (parseJson(names) as string[] | null) ?? [] }));
}
