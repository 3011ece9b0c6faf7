import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Contraction, MigrationStatus, RunningVersion } from '../../domain/deployment/migration-rules.ts';
import { runningVersions, type VersionOnDatabase } from './running-versions.ts';

export interface ContractionOfService extends Contraction {
  serviceId: string;
  /** Connection to the database. */
  integrationId: string;
  status: MigrationStatus;
}

interface ContractionRow {
  serviceId: string;
  integrationId: string;
  name: string;
  class: Contraction['class'];
  checksum: string;
  ranBeside: unknown;
  status: MigrationStatus;
}

/**
 * What deployments began to take away from the databases of services, as our rows tell it: one that a person said was never begun is none. Rows are written
 * before anything is applied. One query.
 */
export async function contractionsOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  serviceIds: readonly string[],
): Promise<ContractionOfService[]> {
  if (serviceIds.length === 0) return [];
  const rows = await sql.rows<ContractionRow>(
    `SELECT service_id AS serviceId, integration_id AS integrationId, name, class, checksum, ran_beside AS ranBeside, status
     FROM migration_runs WHERE tenant_id = ? AND service_id IN (?) AND class <> 'expand' ORDER BY at, id`,
    [tenantId, [...serviceIds]],
  );
  const found = new Map<string, ContractionOfService>();
  // Oldest first: the last word on one counts.
  for (const { ranBeside, ...row } of rows) {
    const key = JSON.stringify([row.serviceId, row.integrationId, row.name, row.checksum]);
    const beside = [...(found.get(key)?.ranBeside ?? []), ...((parseJson(ranBeside) as string[] | null) ?? [])];
    if (row.status === 'ABSENT') found.delete(key);
    else found.set(key, { ...row, ranBeside: beside });
  }
  return [...found.values()];
}

/** What is known of the databases that move with services. */
export interface DatabaseFacts {
  versions: readonly VersionOnDatabase[];
  contractions: readonly ContractionOfService[];
}

/** Two queries. */
export async function loadDatabaseFacts(sql: Pick<Sql, 'rows'>, tenantId: string, serviceIds: readonly string[]): Promise<DatabaseFacts> {
  const versions = await runningVersions(sql, tenantId, serviceIds);
  return { versions, contractions: await contractionsOf(sql, tenantId, serviceIds) };
}

/** Of one service on the database of an environment: what runs on it elsewhere, and what was taken away from it. */
export function factsOnDatabase(
  { versions, contractions }: DatabaseFacts,
  { serviceId, environmentId, integrationId }: { serviceId: string; environmentId: string; integrationId: string | null },
): { elsewhere: RunningVersion[]; contractions: Contraction[] } {
  const isThere = (fact: { serviceId: string; integrationId: string | null }) =>
    integrationId !== null && fact.serviceId === serviceId && fact.integrationId === integrationId;
  return {
    elsewhere: versions.filter((version) => isThere(version) && version.environmentId !== environmentId),
    contractions: contractions.filter(isThere),
  };
}
