import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { MigrationStatus } from '../../domain/deployment/migration-rules.ts';
import type { DeploymentPlan, PlannedMigration } from '../../domain/deployment/plan.ts';
import { migrationsOf } from '../../domain/deployment/target.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { iso } from '../releases/instant.ts';
import { findDeploymentRun } from './deployment-row.ts';

export interface MigrationView {
  service: { id: string; name: string };
  name: string;
  class: PlannedMigration['class'];
  checksum: string;
  status: MigrationStatus;
  /** What the database said, or what is in doubt. */
  error: string | null;
  /** When its status changed last; null = its turn has not come. */
  at: string | null;
}

/**
 * What a deployment does to schemas: what its plan names and what its tasks found besides, by service and name. An artifact brings at most 500, so there are
 * no pages. The database itself is not asked.
 */
export async function listMigrations(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  deploymentId: string,
): Promise<{ items: MigrationView[] }> {
  authorise(caller, 'release:read');
  await findDeploymentRun(db, caller, deploymentId);
  return { items: await migrationViews(db, caller.tenantId, deploymentId) };
}

export async function migrationViews(sql: Pick<Sql, 'rows'>, tenantId: string, deploymentId: string): Promise<MigrationView[]> {
  const [deployments, rows] = await Promise.all([
    sql.rows<{ plan: unknown }>('SELECT plan FROM deployments WHERE tenant_id = ? AND id = ?', [tenantId, deploymentId]),
    sql.rows<PlannedMigration & { serviceId: string; status: MigrationStatus; error: string | null; at: Date }>(
      `SELECT service_id AS serviceId, name, class, checksum, status, error, at FROM migration_runs
       WHERE tenant_id = ? AND deployment_id = ? ORDER BY service_id, name`,
      [tenantId, deploymentId],
    ),
  ]);
  const plan = parseJson(deployments[0]?.plan) as DeploymentPlan;
  return plan.services
    .filter(({ target }) => migrationsOf(target) !== null)
    .flatMap(({ serviceId, name: service, migrations }) => {
      const found = rows.filter((row) => row.serviceId === serviceId);
      const seen = new Set(found.map(({ name }) => name));
      const views = [
        ...migrations
          .filter(({ name }) => !seen.has(name))
          .map((migration) => ({ ...migration, status: 'PENDING' as const, error: null, at: null })),
        ...found.map(({ serviceId: _service, at, ...row }) => ({ ...row, at: iso(at) })),
      ];
      return views
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, class: kind, checksum, status, error, at }) => ({
          service: { id: serviceId, name: service },
          ...{ name, class: kind, checksum, status, error, at },
        }));
    });
}
