import { migrationObstacles } from '../../domain/deployment/migration-rules.ts';
import { isDriven, type PlannedService } from '../../domain/deployment/plan.ts';
import { migrationsOf } from '../../domain/deployment/target.ts';
import type { AppliedMigration, SchemaMigrator } from '../../integrations/capabilities/schema-migrator.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { assertAttemptOurs } from '../../services/execution/attempt-scope.ts';
import type { MigrationPlace, StoredMigration } from '../../services/execution/deployments/migration-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { demandSchemaOfNew } from './schema-guard.ts';
import { serviceOf } from './service-look.ts';

/*
 * Before anything is deployed, and forward only: a schema is never taken back by itself. The ledger in the database decides what was applied; our rows tell
 * people. A crash between any two steps leaves the ledger's word: `applied` is gone past, `started` is for a person, and what is not in it is begun.
 */

/** Another runner may be at work; then the task comes again without losing an attempt. */
const LOCK_WAIT_MS = 10_000;
const STATEMENT_MS = 3_600_000;

export const migrateSchema: DeploymentTaskHandler = {
  // Two of ours would only wait for each other in the database.
  locks({ plan }, task) {
    const service = plan.services.find(({ serviceId }) => serviceId === task.input.serviceId);
    const database = service === undefined ? null : migrationsOf(service.target);
    return database === null ? [] : [`database/${database.integrationId}`];
  },
  async run(context) {
    const service = serviceOf(context);
    const { deployment, services } = context;
    const database = migrationsOf(service.target);
    if (database === null || !isDriven(service)) return { kind: 'completed', output: { service: service.name, applied: [] } };
    const revision = await services.drivers.revisionOf(deployment, service);
    if (revision === null) throw new Error(`nothing was built of ${service.name}`);
    await demandSchemaOfNew(context, service, revision);
    const migrations = await services.migrations.of(deployment.tenantId, revision.artifactId);
    if (migrations.length === 0) return { kind: 'completed', output: { service: service.name, applied: [] } };
    const { integrationId } = database;
    const migrator = await services.migrations.open(deployment.tenantId, integrationId);
    const before = new Map((await migrator.applied()).map((entry) => [entry.name, entry]));
    const place = { deployment, serviceId: service.serviceId, integrationId };
    await settleKnown(context, place, service, migrations, before);
    const ranBeside = await demandAllowed(context, service, integrationId, migrations, before);
    const applied: object[] = [];
    for (const migration of migrations) {
      const known = before.get(migration.name);
      if (known?.state === 'applied' && known.checksum === migration.checksum) continue;
      // What runs may have become another since the first of them was begun.
      const beside = migration.class === 'expand' ? ranBeside : await demandAllowed(context, service, integrationId, migrations, before);
      const { at } = await applyOne(context, place, migrator, migration, { ranBeside: beside, isInDoubt: known?.state === 'started' });
      applied.push({ name: migration.name, class: migration.class, checksum: migration.checksum, at: at.toISOString() });
    }
    return {
      kind: 'completed',
      output: { service: service.name, version: revision.version, applied, known: migrations.length - applied.length },
    };
  },
};

/** What the ledger has already: applied by us, and its row was lost to a crash; or before us. */
async function settleKnown(
  { services }: DeploymentTaskContext,
  place: MigrationPlace,
  service: PlannedService,
  migrations: readonly StoredMigration[],
  ledger: ReadonlyMap<string, AppliedMigration>,
): Promise<void> {
  const statuses = await services.migrations.statuses(place);
  const fresh = new Set(service.migrations.map(({ name }) => name));
  for (const migration of migrations) {
    const known = ledger.get(migration.name);
    if (known?.state !== 'applied' || known.checksum !== migration.checksum) continue;
    const status = statuses.get(migration.name);
    if (status === undefined && fresh.has(migration.name)) await services.migrations.record(place, migration, 'KNOWN', { error: null });
    else if (status === 'RUNNING' || status === 'IN_DOUBT') await services.migrations.record(place, migration, 'APPLIED', { error: null });
  }
}

/**
 * Also what was built after the plan was made, and what runs elsewhere on the same database.
 * @returns the artifacts that work with the database meanwhile: it was asked of them whether they can
 * @throws ProviderError conflict
 */
async function demandAllowed(
  { deployment, services }: DeploymentTaskContext,
  service: PlannedService,
  integrationId: string,
  migrations: readonly StoredMigration[],
  ledger: ReadonlyMap<string, AppliedMigration>,
): Promise<string[]> {
  const pending = new Set(migrations.filter(({ name }) => ledger.get(name)?.state !== 'applied').map(({ name }) => name));
  const running = await services.migrations.running(deployment.tenantId, service.serviceId, integrationId);
  const allowIrreversible = deployment.plan.allowIrreversible === true;
  const obstacles = migrationObstacles({ migrations, pending, running, allowIrreversible });
  if (obstacles.length === 0) return running.map(({ artifactId }) => artifactId);
  throw new ProviderError('conflict', `${service.name}: ${obstacles.join('; ')}`, { provider: 'migrations' });
}

async function applyOne(
  { services }: DeploymentTaskContext,
  place: MigrationPlace,
  migrator: SchemaMigrator,
  migration: StoredMigration,
  { ranBeside, isInDoubt }: { ranBeside: readonly string[]; isInDoubt: boolean },
): Promise<AppliedMigration> {
  assertAttemptOurs();
  await services.migrations.record(place, migration, 'RUNNING', { error: null, ranBeside });
  try {
    const applied = await migrator.apply(migration, { waitMs: LOCK_WAIT_MS, timeoutMs: STATEMENT_MS });
    await services.migrations.record(place, migration, 'APPLIED', { error: null });
    return applied;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // What may pass leaves it open: the next look finds out.
    if (error.kind === 'invalid' || error.kind === 'conflict') {
      await services.migrations.record(place, migration, isInDoubt ? 'IN_DOUBT' : 'FAILED', { error: error.message });
    }
    throw error;
  }
}
