import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Contraction, MigrationStatus, Neighbour, RunningVersion } from '../../domain/deployment/migration-rules.ts';
import { runningVersions, type VersionOnDatabase } from './running-versions.ts';

/** What is known of databases that move with services, as our rows tell it. */
export interface DatabaseFacts {
  versions: readonly VersionOnDatabase[];
  contractions: readonly ContractionOnDatabase[];
  /** Service id → itself and those that share its tables by dependencies, over others or directly. */
  linked: ReadonlyMap<string, ReadonlySet<string>>;
}

interface ContractionOnDatabase extends Omit<Contraction, 'neighbour'> {
  serviceId: string;
  service: string;
  /** Connection to the database. */
  integrationId: string;
  status: MigrationStatus;
  /** Names of everything that its service brought there. */
  migrations: readonly string[];
}

/** Three queries. @param integrationIds connections to the databases */
export async function loadDatabaseFacts(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  integrationIds: readonly string[],
): Promise<DatabaseFacts> {
  const databases = [...new Set(integrationIds)];
  if (databases.length === 0) return { versions: [], contractions: [], linked: new Map() };
  const versions = await runningVersions(sql, tenantId, databases);
  return { versions, contractions: await contractionsOn(sql, tenantId, databases), linked: await linkedBySchema(sql, tenantId) };
}

interface MigrationRow {
  serviceId: string;
  service: string;
  integrationId: string;
  name: string;
  class: 'expand' | Contraction['class'];
  checksum: string;
  ranBeside: unknown;
  status: MigrationStatus;
}

/** What deployments began to take away: what a person said was never begun is none. Rows are written before anything is applied. */
async function contractionsOn(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  integrationIds: readonly string[],
): Promise<ContractionOnDatabase[]> {
  const rows = await sql.rows<MigrationRow>(
    `SELECT m.service_id AS serviceId, COALESCE(s.name, m.service_id) AS service, m.integration_id AS integrationId, m.name, m.class, m.checksum,
            m.ran_beside AS ranBeside, m.status
     FROM migration_runs m LEFT JOIN services s ON s.id = m.service_id
     WHERE m.tenant_id = ? AND m.integration_id IN (?) ORDER BY m.at, m.id`,
    [tenantId, [...integrationIds]],
  );
  const brought = new Map<string, string[]>();
  // It is one in the database, whichever services bring it.
  const besides = new Map<string, string[]>();
  const found = new Map<string, Omit<ContractionOnDatabase, 'migrations' | 'ranBeside'>>();
  const placeOf = ({ serviceId, integrationId }: Pick<MigrationRow, 'serviceId' | 'integrationId'>) => `${serviceId} ${integrationId}`;
  const fileOf = (row: Pick<MigrationRow, 'integrationId' | 'name' | 'checksum'>) => `${row.integrationId} ${row.checksum} ${row.name}`;
  // Oldest first: the last word on one counts.
  for (const { ranBeside, class: kind, ...row } of rows) {
    brought.set(placeOf(row), [...(brought.get(placeOf(row)) ?? []), row.name]);
    if (kind === 'expand') continue;
    besides.set(fileOf(row), [...(besides.get(fileOf(row)) ?? []), ...((parseJson(ranBeside) as string[] | null) ?? [])]);
    const key = `${row.serviceId} ${fileOf(row)}`;
    if (row.status === 'ABSENT') found.delete(key);
    else found.set(key, { ...row, class: kind });
  }
  return [...found.values()].map((contraction) => ({
    ...contraction,
    migrations: brought.get(placeOf(contraction)) ?? [],
    ranBeside: besides.get(fileOf(contraction)) ?? [],
  }));
}

async function linkedBySchema(sql: Pick<Sql, 'rows'>, tenantId: string): Promise<Map<string, Set<string>>> {
  const edges = await sql.rows<{ serviceId: string; dependsOnId: string }>(
    `SELECT service_id AS serviceId, depends_on_id AS dependsOnId FROM service_dependencies WHERE tenant_id = ? AND kind = 'schema'`,
    [tenantId],
  );
  const linked = new Map<string, Set<string>>();
  for (const { serviceId, dependsOnId } of edges) {
    const together = new Set([...[serviceId, dependsOnId], ...[serviceId, dependsOnId].flatMap((id) => [...(linked.get(id) ?? [])])]);
    for (const id of together) linked.set(id, together);
  }
  return linked;
}

interface OnDatabase {
  serviceId: string;
  /** Connection to the database; null = none moves with it. */
  integrationId: string | null;
}

/** What works with the database of a service, its own versions and those of others. */
export function versionsFor(facts: DatabaseFacts, of: OnDatabase): (RunningVersion & { environmentId: string })[] {
  return facts.versions
    .filter(({ integrationId }) => integrationId === of.integrationId)
    .map(({ where, artifactId, version, migrations, environmentId, ...whose }) => ({
      ...{ where, artifactId, version, migrations, environmentId },
      ...neighbourOf(facts, of, whose),
    }));
}

/** What was taken away from the database of a service, by itself and by others. */
export function contractionsFor(facts: DatabaseFacts, of: OnDatabase): (Contraction & { status: MigrationStatus })[] {
  return facts.contractions
    .filter(({ integrationId }) => integrationId === of.integrationId)
    .map(({ name, class: kind, checksum, ranBeside, status, migrations, ...whose }) => {
      const { neighbour } = neighbourOf(facts, of, whose);
      return {
        name,
        class: kind,
        checksum,
        ranBeside,
        status,
        ...(neighbour === undefined ? {} : { neighbour: { ...neighbour, migrations } }),
      };
    });
}

const neighbourOf = (
  { linked }: DatabaseFacts,
  { serviceId }: OnDatabase,
  whose: { serviceId: string; service: string },
): { neighbour?: Neighbour } =>
  whose.serviceId === serviceId
    ? {}
    : { neighbour: { service: whose.service, isLinked: linked.get(serviceId)?.has(whose.serviceId) ?? false } };

/** Of one service on the database of an environment: what else works with it, and what was taken away from it. */
export function factsOnDatabase(
  facts: DatabaseFacts,
  { environmentId, ...of }: OnDatabase & { environmentId: string },
): { elsewhere: RunningVersion[]; contractions: Contraction[] } {
  return {
    elsewhere: versionsFor(facts, of).filter((version) => version.neighbour !== undefined || version.environmentId !== environmentId),
    contractions: contractionsFor(facts, of),
  };
}
