import { isValid } from 'ulid';
import { migrationsOf } from '../../domain/deployment/target.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findMigration, recordMigration, schemaMigratorOf } from '../execution/deployments/migration-service.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict, notFound } from '../service-error.ts';
import { lockDeployment } from './deployment-row.ts';
import { type MigrationView, migrationViews } from './list-migrations.ts';

/**
 * A person has looked at what a migration that failed, or was begun and not ended, did to the tables: it counts as applied, or as never begun. Also after the
 * deployment has ended: the next one needs it. Asked twice, it is one word.
 * @throws ServiceError conflict where nothing is in doubt; ProviderError for whatever the database has to say against it
 */
export async function resolveMigration(
  deps: Pick<ServiceDeps, 'db' | 'connector' | 'keyring'>,
  caller: Caller,
  { deploymentId, name }: { deploymentId: string; name: string },
  { serviceId, as, reason }: { serviceId: string; as: 'applied' | 'absent'; reason: string },
): Promise<MigrationView> {
  authorise(caller, 'deployment:approve');
  const { tenantId } = caller;
  const place = { deployment: { id: deploymentId, tenantId }, serviceId };
  const { plan } = await deps.db.transact((tx) => lockDeployment(tx, caller, deploymentId));
  const service = isValid(serviceId) ? plan.services.find((candidate) => candidate.serviceId === serviceId) : undefined;
  const known = service === undefined ? null : await findMigration(deps.db, place, name);
  const database = service === undefined ? null : migrationsOf(service.target);
  if (service === undefined || known === null || database === null) throw notFound('The migration');
  const settled = as === 'applied' ? 'APPLIED' : 'ABSENT';
  if (known.status !== settled && known.status !== 'FAILED' && known.status !== 'IN_DOUBT' && known.status !== 'RUNNING') {
    throw conflict(`${name} of ${service.name} is ${known.status}: nothing about it is in doubt.`);
  }
  const { integrationId } = database;
  await askConnection(deps, { category: 'deployment', tenantId, id: integrationId }, (open) => schemaMigratorOf(open).resolve(name, as));
  return deps.db.transact(async (tx) => {
    await lockDeployment(tx, caller, deploymentId);
    await recordMigration(tx, { ...place, integrationId }, known, {
      ...{ status: settled, error: null, ranBeside: null },
      ...{ actor: actorOf(caller), why: reason },
    });
    const view = (await migrationViews(tx, tenantId, deploymentId)).find((found) => found.service.id === serviceId && found.name === name);
    if (view === undefined) throw notFound('The migration');
    await rememberAnswer(tx, deps, caller, { status: 200, body: view });
    return view;
  });
}
