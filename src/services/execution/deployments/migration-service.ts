import { ulid } from 'ulid';
import type { Database, Sql, Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import {
  type Contraction,
  type MigrationStatus,
  type RunningVersion,
  schemaObstacle,
  takenFrom,
} from '../../../domain/deployment/migration-rules.ts';
import type { PlannedMigration } from '../../../domain/deployment/plan.ts';
import type { Revision } from '../../../domain/deployment/vocabulary.ts';
import { writeHistory } from '../../../engine/history.ts';
import { type Actor, engineActor } from '../../../engine/vocabulary.ts';
import type { SchemaMigrator } from '../../../integrations/capabilities/schema-migrator.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { Connector, OpenConnection } from '../../connections/connect.ts';
import { contractionsFor, loadDatabaseFacts, versionsFor } from '../../deployments/database-facts.ts';
import type { DeploymentContext } from './deployment-source.ts';

export type StoredMigration = PlannedMigration & { sql: string };

/** Which service's migrations within which deployment. */
export interface MigrationPlace {
  deployment: Pick<DeploymentContext, 'id' | 'tenantId'>;
  serviceId: string;
  /** Connection to the database. */
  integrationId: string;
}

export interface MigrationService {
  /** @throws ProviderError where the connection is not there, does not work or moves no schemas */
  open(tenantId: string, integrationId: string): Promise<SchemaMigrator>;
  /** What an artifact brings, in the order of their names. */
  of(tenantId: string, artifactId: string): Promise<StoredMigration[]>;
  /** Versions that work with the database now, of the service and of others, in every environment. */
  running(tenantId: string, serviceId: string, integrationId: string): Promise<RunningVersion[]>;
  /**
   * Why a version must not be brought to where it works with the database: what it may need was taken away. The database is asked only where our rows
   * know of such a thing, and its ledger decides.
   * @returns words for people; null = nothing stands against it
   * @throws ProviderError unavailable while something is being taken away
   */
  obstacle(place: { tenantId: string; serviceId: string; integrationId: string }, revision: Revision): Promise<string | null>;
  /** What is known of each within the deployment, by name. */
  statuses(place: Pick<MigrationPlace, 'deployment' | 'serviceId'>): Promise<ReadonlyMap<string, MigrationStatus>>;
  /**
   * Written with its history; the same again is nothing.
   * @param ranBeside artifacts that work with the database while it is applied; absent = nobody knows
   */
  record(
    place: MigrationPlace,
    migration: PlannedMigration,
    status: MigrationStatus,
    options: { error: string | null; ranBeside?: readonly string[] },
  ): Promise<void>;
}

/** What is under way in the database is never torn by the end of an attempt: its own times end it. */
const untorn = new AbortController().signal;

export function createMigrationService({ db, connector }: { db: Database; connector: Connector }): MigrationService {
  const open: MigrationService['open'] = async (tenantId, integrationId) =>
    schemaMigratorOf(await connector.open('deployment', tenantId, integrationId, untorn));

  const of: MigrationService['of'] = async (tenantId, artifactId) => {
    const [row] = await db.rows<{ migrations: unknown }>('SELECT migrations FROM artifacts WHERE tenant_id = ? AND id = ?', [
      tenantId,
      artifactId,
    ]);
    if (row === undefined) throw new ProviderError('not-found', 'The artifact is gone.', { provider: 'deployment' });
    return (parseJson(row.migrations) as StoredMigration[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    ...{ open, of },

    async running(tenantId, serviceId, integrationId) {
      return versionsFor(await loadDatabaseFacts(db, tenantId, [integrationId]), { serviceId, integrationId });
    },

    async obstacle({ tenantId, serviceId, integrationId }, revision) {
      const begun = contractionsFor(await loadDatabaseFacts(db, tenantId, [integrationId]), { serviceId, integrationId });
      if (begun.length === 0) return null;
      const user = { ...revision, migrations: await of(tenantId, revision.artifactId) };
      const taken = takenFrom(user, begun);
      if (taken.length === 0) return null;
      const migrator = await open(tenantId, integrationId);
      const ledger = new Map((await migrator.applied()).map(({ name, checksum }) => [name, checksum]));
      const isThere = ({ name, checksum }: Contraction) => ledger.get(name) === checksum;
      const underWay = taken.find((contraction) => contraction.status === 'RUNNING' && !isThere(contraction));
      if (underWay === undefined) return schemaObstacle(user, taken.filter(isThere));
      const why = `${underWay.name} is being applied to the database, and ${revision.version} knows nothing of it: let that end first, or settle it`;
      throw new ProviderError('unavailable', why, { provider: 'migrations' });
    },

    async statuses({ deployment, serviceId }) {
      const rows = await db.rows<{ name: string; status: MigrationStatus }>(
        'SELECT name, status FROM migration_runs WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?',
        [deployment.tenantId, deployment.id, serviceId],
      );
      return new Map(rows.map(({ name, status }) => [name, status]));
    },

    record: (place, migration, status, { error, ranBeside = null }) =>
      db.transact((tx) => recordMigration(tx, place, migration, { status, error, ranBeside, actor: engineActor, why: error })),
  };
}

export function schemaMigratorOf({ provider, connection, deps }: OpenConnection): SchemaMigrator {
  const migrator = provider.schemaMigrator?.(connection, deps);
  if (migrator !== undefined) return migrator;
  throw new ProviderError('invalid', `${provider.displayName} moves no schemas.`, { provider: provider.id });
}

const WHY_CHARS = 1_000;

/** What became of a migration, who says so and why. */
interface MigrationWord {
  status: MigrationStatus;
  error: string | null;
  /** null = what is known of it stays. */
  ranBeside: readonly string[] | null;
  actor: Actor;
  why: string | null;
}

/** Writes what became of a migration, with its history. The same again is nothing. */
export async function recordMigration(
  tx: Tx,
  { deployment, serviceId, integrationId }: MigrationPlace,
  { name, class: kind, checksum }: PlannedMigration,
  { status, error, ranBeside, actor, why }: MigrationWord,
): Promise<void> {
  const { id: deploymentId, tenantId } = deployment;
  const known = await findMigration(tx, { deployment, serviceId }, name, 'FOR UPDATE');
  if (known?.status === status && known.error === error) return;
  const id = known?.id ?? ulid();
  await tx.run(
    `INSERT INTO migration_runs (id, tenant_id, deployment_id, service_id, name, class, checksum, integration_id, ran_beside, status, error) VALUES (?)
     ON DUPLICATE KEY UPDATE ran_beside = COALESCE(VALUES(ran_beside), ran_beside), status = VALUES(status), error = VALUES(error),
       at = UTC_TIMESTAMP(3)`,
    [
      [
        ...[id, tenantId, deploymentId, serviceId, name, kind, checksum, integrationId],
        ...[ranBeside === null ? null : JSON.stringify(ranBeside), status, error],
      ],
    ],
  );
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId: deploymentId, entityType: 'deployment', entityId: deploymentId, action: 'UPDATE', actor },
      why: why?.slice(0, WHY_CHARS) ?? null,
      // Names are longer than fields may be.
      items: [{ field: `migration:${id}`, before: known === null ? null : `${name} ${known.status}`, after: `${name} ${status}` }],
    },
  ]);
}

/** @param lock for what is about to be changed */
export async function findMigration(
  sql: Pick<Sql, 'rows'>,
  { deployment, serviceId }: Pick<MigrationPlace, 'deployment' | 'serviceId'>,
  name: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<(PlannedMigration & { id: string; status: MigrationStatus; error: string | null }) | null> {
  const [row] = await sql.rows<PlannedMigration & { id: string; status: MigrationStatus; error: string | null }>(
    `SELECT id, name, class, checksum, status, error FROM migration_runs
     WHERE tenant_id = ? AND deployment_id = ? AND service_id = ? AND name = ? ${lock}`,
    [deployment.tenantId, deployment.id, serviceId, name],
  );
  return row ?? null;
}
