import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedMigration } from '../../src/domain/deployment/plan.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { listMigrations } from '../../src/services/deployments/list-migrations.ts';
import { resolveMigration } from '../../src/services/deployments/resolve-migration.ts';
import { MemoryLedger, migration } from '../fakes/deployment/memory-ledger.ts';
import { testDatabases } from '../support/databases.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

const expand = migration('001_add.sql', 'expand');
const contract = migration('002_drop.sql', 'contract');

describe.each(testDatabases())('schemas on $name', (server) => {
  let world: DeploymentWorld;
  let ledger: MemoryLedger;
  let tenant: DeploymentTenant;
  let staging: string;
  let production: string;
  let service: string;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
    // The database is a connection like the other drivers.
    world.drivers.provides = { schemaMigrator: () => ledger };
  });
  beforeEach(async () => {
    ledger = new MemoryLedger();
    tenant = await world.tenant();
    [staging, production] = [await tenant.environment('staging'), await tenant.environment('production')];
    service = await tenant.service('shop', [staging, production], { migrations: { integrationId: 'database' } });
  });
  afterAll(() => world?.close());

  async function deploy(version: string, migrations: PlannedMigration[], where = staging, changes: { allowIrreversible?: boolean } = {}) {
    const artifactId = await tenant.artifact(service, version, migrations);
    const { id } = await createDeployment(world.deps, tenant.caller, {
      ...{ environmentId: where, appId: tenant.appId, artifacts: [{ serviceId: service, artifactId }], ...changes },
    });
    await world.drive(id);
    return id;
  }
  const shown = async (id: string) =>
    (await listMigrations(world.deps, tenant.caller, id)).items.map(({ name, status }) => `${name} ${status}`);
  const outcome = async (id: string) => (await world.row(id)).outcome;

  it('move before the service does, each migration once', async () => {
    const id = await deploy('1', [expand]);
    const again = await deploy('2', [expand, migration('003_more.sql', 'expand')]);

    expect([await outcome(id), await outcome(again)]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(ledger.ran).toEqual(['001_add.sql', '003_more.sql']);
    expect(await shown(id)).toEqual(['001_add.sql APPLIED']);
    expect(await shown(again)).toEqual(['003_more.sql APPLIED']);
    const keys = (await world.tasks(id)).map(({ key }) => key);
    expect(keys.indexOf('MIGRATE_SCHEMA/shop')).toBeLessThan(keys.indexOf('DEPLOY_SERVICE/shop'));
  });

  it('tell of what was applied before, in another environment of the same database', async () => {
    await deploy('1', [expand]);
    const id = await deploy('1.1', [expand], production);

    expect(await outcome(id)).toBe('SUCCEEDED');
    expect(await shown(id)).toEqual(['001_add.sql KNOWN']);
    expect(ledger.ran).toEqual(['001_add.sql']);
  });

  it('stay as they are where a migration fails: nothing is deployed, nothing after it runs, the old version serves', async () => {
    await deploy('1', []);
    const acts = world.drivers.acts.length;
    const id = await deploy('2', [migration('001_bad.sql', 'expand', 'fails'), migration('002_next.sql', 'expand')]);

    expect(await world.row(id)).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('no such table') });
    expect(await shown(id)).toEqual(['001_bad.sql FAILED', '002_next.sql PENDING']);
    expect(world.drivers.acts.slice(acts)).toEqual([]);
    expect(await world.installed(staging)).toEqual({ shop: '1' });
    expect(await world.locks(id)).toBe(0);
  });

  it('are a person’s business when a connection broke off, and settled they go on', async () => {
    const torn = migration('001_torn.sql', 'expand', 'breaks off');
    const id = await deploy('1', [torn]);
    expect(await outcome(id)).toBe('FAILED');
    expect(await shown(id)).toEqual(['001_torn.sql IN_DOUBT']);
    const { caller } = tenant;
    const settle = { serviceId: service, as: 'applied' as const, reason: 'the column is there' };

    const settled = await resolveMigration(world.deps, caller, { deploymentId: id, name: torn.name }, settle);
    await resolveMigration(world.deps, caller, { deploymentId: id, name: torn.name }, settle);

    expect(settled).toMatchObject({ status: 'APPLIED', error: null });
    expect(await outcome(await deploy('1.1', [torn]))).toBe('SUCCEEDED');
    expect(ledger.ran).toEqual(['001_torn.sql']);
    const history = await world.db.rows<{ after: string; why: string | null }>(
      `SELECT i.value_after AS after, h.why FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.field LIKE 'migration:%' ORDER BY h.sequence`,
      [id],
    );
    expect(history.map(({ after }) => after.replace(`${torn.name} `, ''))).toEqual(['RUNNING', 'IN_DOUBT', 'APPLIED']);
    expect(history.at(-1)?.why).toBe('the column is there');
  });

  it('are settled by name: what is no migration of the deployment, or in no doubt, is refused', async () => {
    await deploy('1', [expand]);
    const id = await deploy('1.1', [expand, migration('004.sql', 'expand')], production);
    const settle = (name: string, serviceId = service) =>
      resolveMigration(world.deps, tenant.caller, { deploymentId: id, name }, { serviceId, as: 'absent', reason: 'none' });

    await expect(settle('001_add.sql')).rejects.toMatchObject({ code: 'conflict' });
    await expect(settle('009.sql')).rejects.toMatchObject({ code: 'not-found' });
    await expect(settle('001_add.sql', 'NOBODY')).rejects.toMatchObject({ code: 'not-found' });
    const stranger = await world.tenant();
    await expect(listMigrations(world.deps, stranger.caller, id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('lose nothing that a version of another environment on the same database needs', async () => {
    await deploy('1', [], production);
    await deploy('2', [expand]);
    await expect(deploy('3', [expand, contract])).rejects.toMatchObject({
      problems: [expect.objectContaining({ message: expect.stringMatching(/002_drop.sql takes away .* production/) })],
    });
    expect(ledger.ran).toEqual(['001_add.sql']);

    await deploy('2.1', [expand], production);
    expect(await outcome(await deploy('3.1', [expand, contract]))).toBe('SUCCEEDED');
    expect(ledger.ran).toEqual(['001_add.sql', '002_drop.sql']);
  });

  it('take what cannot be taken back only with leave', async () => {
    const gone = migration('005_gone.sql', 'irreversible');
    await expect(deploy('1', [gone])).rejects.toMatchObject({ code: 'invalid' });

    expect(await outcome(await deploy('1.1', [gone], staging, { allowIrreversible: true }))).toBe('SUCCEEDED');
    expect(ledger.ran).toEqual(['005_gone.sql']);
  });
});
