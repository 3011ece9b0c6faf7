import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedMigration } from '../../src/domain/deployment/plan.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { MemoryLedger, migration } from '../fakes/deployment/memory-ledger.ts';
import { testDatabases } from '../support/databases.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

const add = migration('001_add.sql', 'expand');
const drop = migration('002_drop.sql', 'contract');
const own = migration('900_own.sql', 'expand');

/* Two services on one database: what one of them takes away, the other may need. */
describe.each(testDatabases())('services on one database, on $name', (server) => {
  let world: DeploymentWorld;
  let ledger: MemoryLedger;
  let tenant: DeploymentTenant;
  let staging: string;
  let shop: string;
  let desk: string;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
    world.drivers.provides = { schemaMigrator: () => ledger };
  });
  beforeEach(async () => {
    ledger = new MemoryLedger();
    tenant = await world.tenant();
    staging = await tenant.environment('staging');
    shop = await tenant.service('shop', [staging], { migrations: { integrationId: 'database' } });
    desk = await tenant.service('desk', [staging], { migrations: { integrationId: 'database' } });
  });
  afterAll(() => world?.close());

  async function create(serviceId: string, version: string, migrations: PlannedMigration[], environmentId = staging) {
    const artifactId = await tenant.artifact(serviceId, version, migrations);
    const request = { environmentId, appId: tenant.appId, services: [serviceId], artifacts: [{ serviceId, artifactId }] };
    return (await createDeployment(world.deps, tenant.caller, request)).id;
  }
  async function deploy(serviceId: string, version: string, migrations: PlannedMigration[]) {
    const id = await create(serviceId, version, migrations);
    await world.drive(id);
    return (await world.row(id)).outcome;
  }
  const refused = (pattern: RegExp) => ({ problems: [{ field: '/artifacts', message: expect.stringMatching(pattern) }] });

  it('that share tables by a dependency wait for each other before anything is taken away', async () => {
    await tenant.dependency(desk, shop, 'schema');
    await deploy(shop, '1', [add]);
    await deploy(desk, '1', []);

    await expect(create(shop, '2', [add, drop])).rejects.toMatchObject(
      refused(/002_drop.sql takes away what 1 of desk in staging may need, which knows nothing of 001_add.sql/),
    );
    expect(await deploy(desk, '2', [add])).toBe('SUCCEEDED');
    expect(await deploy(shop, '2.1', [add, drop])).toBe('SUCCEEDED');

    expect([...ledger.entries.keys()]).toEqual([add.name, drop.name]);
  });

  it('that bring the same file share tables, although nobody said so, and in every environment', async () => {
    const other = await tenant.environment('other');
    const till = await tenant.service('till', [other], { migrations: { integrationId: 'database' } });
    await deploy(shop, '1', [own, add]);
    await world.drive(await create(till, '1', [own], other));

    await expect(create(shop, '2', [own, add, drop])).rejects.toMatchObject(
      refused(/what 1 of till in other may need, .* deploy a version of till that brings it there first/),
    );
  });

  it('bring no version back to tables from which the other took something that it may need', async () => {
    await tenant.dependency(desk, shop, 'schema');
    await deploy(shop, '1', [add]);
    await deploy(shop, '2', [add, drop]);

    await expect(create(desk, '1', [])).rejects.toMatchObject(refused(/desk: 1 is older than .* 002_drop.sql \(contract, of shop\)/));
    expect(await deploy(desk, '2', [add, drop])).toBe('SUCCEEDED');
  });

  it('find it in the ledger where it came after the plan', async () => {
    await tenant.dependency(desk, shop, 'schema');
    await deploy(shop, '1', [add]);
    const late = await create(desk, '1', []);
    const row = ['M'.repeat(26), tenant.tenantId, 'D'.repeat(26), shop, drop.name, drop.class, drop.checksum, 'database', 'APPLIED'];
    await world.db.run(
      'INSERT INTO migration_runs (id, tenant_id, deployment_id, service_id, name, class, checksum, integration_id, status) VALUES (?)',
      [row],
    );
    await ledger.apply(drop);

    await world.drive(late);

    expect(await world.row(late)).toMatchObject({ outcome: 'FAILED', failure: expect.stringMatching(/schema:desk: 1 is older/) });
  });

  it('go back to what ran beside it', async () => {
    await tenant.dependency(desk, shop, 'schema');
    await deploy(shop, '1', [add]);
    await deploy(desk, '1', [add]);
    await deploy(shop, '2', [add, drop]);

    expect(await deploy(desk, '2', [add, drop])).toBe('SUCCEEDED');
    const artifacts = await world.db.rows<{ id: string }>("SELECT id FROM artifacts WHERE service_id = ? AND version = '1'", [desk]);
    const again = { environmentId: staging, appId: tenant.appId, services: [desk] };
    const back = await createDeployment(world.deps, tenant.caller, {
      ...again,
      artifacts: artifacts.map(({ id }) => ({ serviceId: desk, artifactId: id })),
    });
    await world.drive(back.id);

    expect(await world.installed(staging)).toEqual({ shop: '2', desk: '1' });
  });

  it('get what their database lacks, also where the version that runs had none to bring it to', async () => {
    const late = await tenant.service('late', [staging]);
    await deploy(late, '1', [add]);
    const before = [...ledger.entries.keys()];
    await world.db.run(
      "UPDATE targets SET body = JSON_SET(body, '$.migrations', JSON_OBJECT('integrationId', 'database')) WHERE service_id = ?",
      [late],
    );

    expect(await deploy(late, '2', [add])).toBe('SUCCEEDED');

    expect([before, [...ledger.entries.keys()]]).toEqual([[], [add.name]]);
  });

  it('that have nothing in common hold nothing up', async () => {
    await deploy(shop, '1', [add]);
    await deploy(desk, '1', [own]);

    expect(await deploy(shop, '2', [add, drop])).toBe('SUCCEEDED');
    expect(await deploy(desk, '2', [own])).toBe('SUCCEEDED');
  });
});
