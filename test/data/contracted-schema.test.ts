import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedMigration } from '../../src/domain/deployment/plan.ts';
import { createDeployment, dryRunDeployment } from '../../src/services/deployments/create-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { MemoryLedger, migration } from '../fakes/deployment/memory-ledger.ts';
import { testDatabases } from '../support/databases.ts';
import { digestOf } from './deployment-facts.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

const add = migration('001_add.sql', 'expand');
const drop = migration('002_drop.sql', 'contract');
const gone = migration('003_gone.sql', 'irreversible');

describe.each(testDatabases())('what was taken away from a schema, on $name', (server) => {
  let world: DeploymentWorld;
  let ledger: MemoryLedger;
  let tenant: DeploymentTenant;
  let staging: string;
  let production: string;
  let service: string;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
    world.drivers.provides = { schemaMigrator: () => ledger };
  });
  beforeEach(async () => {
    ledger = new MemoryLedger();
    world.drivers.broken.clear();
    tenant = await world.tenant();
    [staging, production] = [await tenant.environment('staging'), await tenant.environment('production')];
    service = await tenant.service('shop', [staging, production], { migrations: { integrationId: 'database' } });
  });
  afterAll(() => world?.close());

  const artifacts = new Map<string, string>();
  const artifact = async (version: string, migrations: PlannedMigration[]) => {
    const key = `${service} ${version}`;
    const id = artifacts.get(key) ?? (await tenant.artifact(service, version, migrations));
    artifacts.set(key, id);
    return id;
  };
  const request = async (version: string, migrations: PlannedMigration[], environmentId = staging) => ({
    ...{ environmentId, appId: tenant.appId, allowIrreversible: true },
    artifacts: [{ serviceId: service, artifactId: await artifact(version, migrations) }],
  });
  const create = async (version: string, migrations: PlannedMigration[], environmentId = staging) =>
    (await createDeployment(world.deps, tenant.caller, await request(version, migrations, environmentId))).id;
  async function deploy(version: string, migrations: PlannedMigration[], environmentId = staging) {
    const id = await create(version, migrations, environmentId);
    await world.drive(id);
    return id;
  }
  const breaks = (version: string) => world.drivers.broken.add(digestOf(`${service.slice(-12)} ${version}`));
  const rollBack = (id: string) => rollBackDeployment(world.deps, tenant.caller, id, { reason: 'customers complain' });
  const refusal = { problems: [{ field: '/artifacts', message: expect.stringMatching(/1 is older .* 002_drop.sql .* deploy a version/) }] };

  it('refuses every version that does not know of it, in the dry run as well', async () => {
    await deploy('1', []);
    await deploy('2', [add]);
    await deploy('3', [add, drop]);

    await expect(dryRunDeployment(world.deps, tenant.caller, await request('1', []))).rejects.toMatchObject(refusal);
    await expect(create('1', [])).rejects.toMatchObject(refusal);
    await expect(create('1', [], production)).rejects.toMatchObject(refusal);
    // Another environment has a database of its own, where the old version may well run; it is not promoted from there.
    const lab = await tenant.environment('lab');
    await world.db.run(
      `INSERT INTO targets (id, tenant_id, environment_id, service_id, body)
       SELECT ?, tenant_id, ?, service_id, JSON_SET(body, '$.migrations.integrationId', 'other') FROM targets WHERE environment_id = ?`,
      [`T${lab.slice(1)}`, lab, staging],
    );
    await deploy('1', [], lab);
    expect(await world.installed(lab)).toEqual({ shop: '1' });
    const promotion = { environmentId: staging, appId: tenant.appId, sourceEnvironmentId: lab };
    await expect(createDeployment(world.deps, tenant.caller, promotion)).rejects.toMatchObject(refusal);
    expect(await world.installed(staging)).toEqual({ shop: '3' });
  });

  it('lets the version come back beside which it was taken away, by itself and by one click', async () => {
    await deploy('2', [add]);
    breaks('3');
    expect(await world.row(await deploy('3', [add, drop]))).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await world.installed(staging)).toEqual({ shop: '2' });
    const id = await deploy('3.1', [add, drop]);

    await world.drive((await rollBack(id)).id);

    expect(await world.installed(staging)).toEqual({ shop: '2' });
  });

  it('refuses a rollback past it at once, and changes nothing', async () => {
    await deploy('1', []);
    const second = await deploy('2', [add]);
    await deploy('3', [add, drop]);
    const acts = world.drivers.acts.length;

    await expect(rollBack(second)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/1 is older .* 002_drop.sql/),
    });

    expect(world.drivers.acts).toHaveLength(acts);
    expect(await world.installed(staging)).toEqual({ shop: '3' });
    expect(await world.db.rows(`SELECT id FROM deployments WHERE kind = 'ROLLBACK' AND tenant_id = ?`, [tenant.tenantId])).toEqual([]);
  });

  it('tells before what is irreversible is applied that there is no way back, and a deployment that cannot take itself back says so', async () => {
    await deploy('1', []);
    const { services } = await dryRunDeployment(world.deps, tenant.caller, await request('2', [gone]));
    breaks('2');
    const id = await deploy('2', [gone]);

    expect(services[0]?.note).toMatch(/003_gone.sql .* no way back to 1/);
    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLBACK_FAILED', failure: expect.stringMatching(/1 is older .* 003_gone.sql/) });
    expect(world.drivers.acts.at(-1)).toMatch(/^install .* 2$/);
  });

  it('lets a deployment take itself back that only added something', async () => {
    await deploy('1', []);
    breaks('2');

    expect(await world.row(await deploy('2', [add]))).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await world.installed(staging)).toEqual({ shop: '1' });
  });

  it('is found in the ledger before anything is touched, where it came after the plan', async () => {
    await deploy('2', [add]);
    const late = await create('1', [], production);
    // As another environment would have written it, had it not been asked to wait for this one.
    await world.db.run(
      `INSERT INTO migration_runs (id, tenant_id, deployment_id, service_id, name, class, checksum, integration_id, status) VALUES (?)`,
      [['M'.repeat(26), tenant.tenantId, 'D'.repeat(26), service, drop.name, drop.class, drop.checksum, 'database', 'APPLIED']],
    );
    await ledger.apply(drop);
    const acts = world.drivers.acts.length;

    await world.drive(late);

    expect(await world.row(late)).toMatchObject({
      outcome: 'FAILED',
      failure: expect.stringMatching(/schema:shop: 1 is older .* 002_drop.sql/),
    });
    expect(world.drivers.acts).toHaveLength(acts);
  });

  it('is found in the ledger right before the version is brought, too, and only there it counts', async () => {
    await deploy('2', [add]);
    const late = await create('1', [], production);
    const taken = ['N'.repeat(26), tenant.tenantId, 'D'.repeat(26), service, drop.name, drop.class, drop.checksum, 'database', 'APPLIED'];
    await world.drive(late, async () =>
      (await world.tasks(late)).some(({ key, status }) => key === 'TAKE_SNAPSHOT' && status === 'COMPLETED'),
    );
    await world.db.run(
      `INSERT INTO migration_runs (id, tenant_id, deployment_id, service_id, name, class, checksum, integration_id, status) VALUES (?)`,
      [taken],
    );
    await ledger.apply(drop);
    const acts = world.drivers.acts.length;

    await world.drive(late);

    expect(await world.row(late)).toMatchObject({ failure: expect.stringMatching(/1 is older .* 002_drop.sql/) });
    expect(world.drivers.acts).toHaveLength(acts);
    // The rows may be behind: somebody put the database back.
    ledger.entries.delete(drop.name);
    expect(
      await world.services.migrations.obstacle({ tenantId: tenant.tenantId, serviceId: service, integrationId: 'database' }, revision()),
    ).toBeNull();
    function revision() {
      const artifactId = artifacts.get(`${service} 1`) ?? '';
      return { artifactId, version: '1', digest: '', commit: null, source: { kind: 'kept', key: '', sizeBytes: 0 } as const };
    }
  });

  it('is waited for while it is under way elsewhere, and is nothing when a person says that it never began', async () => {
    await deploy('2', [add]);
    const place = { tenantId: tenant.tenantId, serviceId: service, integrationId: 'database' };
    const old = { artifactId: await artifact('1', []), version: '1', digest: '', commit: null };
    const obstacle = () => world.services.migrations.obstacle(place, { ...old, source: { kind: 'kept', key: '', sizeBytes: 0 } });
    const at = { deployment: { id: 'D'.repeat(26), tenantId: tenant.tenantId }, serviceId: service, integrationId: 'database' };
    expect(await obstacle()).toBeNull();

    await world.services.migrations.record(at, drop, 'RUNNING', { error: null, ranBeside: [] });
    await expect(obstacle()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('002_drop.sql is being applied'),
    });

    await ledger.apply(drop);
    expect(await obstacle()).toMatch(/1 is older .* 002_drop.sql/);
    await expect(create('1', [])).rejects.toMatchObject(refusal);
    await ledger.resolve(drop.name, 'absent');
    await world.services.migrations.record(at, drop, 'ABSENT', { error: null });
    expect(await obstacle()).toBeNull();
    await expect(dryRunDeployment(world.deps, tenant.caller, await request('1', []))).resolves.toMatchObject({ kind: 'DEPLOY' });
  });

  it('waits for what a deployment under way elsewhere may have to go back to', async () => {
    await deploy('2', [add]);
    await deploy('1', [], production);
    const under = await create('2', [add], production);
    await world.drive(under, async () => (await world.tasks(under)).some(({ key }) => key === 'VERIFY_HEALTH'));
    expect(await world.installed(production)).toEqual({ shop: '2' });

    await expect(create('3', [add, drop])).rejects.toMatchObject({
      problems: [{ field: '/artifacts', message: expect.stringMatching(/002_drop.sql takes away what 1 in production may need/) }],
    });

    await world.drive(under);
    expect(await world.row(await deploy('3', [add, drop]))).toMatchObject({ outcome: 'SUCCEEDED' });
  });

  it('waits for versions that are on their way elsewhere on the same database', async () => {
    await deploy('2', [add]);
    await deploy('2', [add], production);
    const old = await create('1', [], production);

    await expect(create('3', [add, drop])).rejects.toMatchObject({
      problems: [{ field: '/artifacts', message: expect.stringMatching(/002_drop.sql takes away what 1 in production may need/) }],
    });

    await world.drive(old);
    expect(await world.installed(production)).toEqual({ shop: '1' });
    expect(ledger.ran).toEqual(['001_add.sql']);
  });
});
