import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { PlannedMigration } from '../../domain/deployment/plan.ts';
import type { ArtifactSource, Revision } from '../../domain/deployment/vocabulary.ts';

export interface KnownArtifact {
  serviceId: string;
  revision: Revision;
  migrations: PlannedMigration[];
}

/** Artifacts by id. One query. */
export async function knownArtifacts(sql: Sql, tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, KnownArtifact>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.rows<{
    id: string;
    serviceId: string;
    version: string;
    digest: string;
    commit: string | null;
    buildNumber: string | null;
    source: unknown;
    migrations: unknown;
  }>(
    `SELECT id, service_id AS serviceId, version, digest, commit_sha AS \`commit\`, build_number AS buildNumber, source, migrations
     FROM artifacts WHERE tenant_id = ? AND id IN (?)`,
    [tenantId, [...new Set(ids)]],
  );
  return new Map(
    rows.map(({ id, serviceId, version, digest, commit, buildNumber, source, migrations }) => [
      id,
      {
        serviceId,
        revision: { artifactId: id, version, digest, commit, source: parseJson(source) as ArtifactSource, ...numbered(buildNumber) },
        migrations: (parseJson(migrations) as PlannedMigration[]).map(({ name, class: kind, checksum }) => ({
          name,
          class: kind,
          checksum,
        })),
      },
    ]),
  );
}

/** Only what goes to stores has one. */
export const numbered = (buildNumber: string | null): Pick<Revision, 'buildNumber'> => (buildNumber === null ? {} : { buildNumber });
