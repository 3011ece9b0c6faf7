import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { testDatabases } from '../support/databases.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

describe.each(testDatabases())('deployments are rolled back on $name', (server) => {
  let world: DeploymentWorld;
  let of: DeploymentScenario;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
  });
  beforeEach(async () => {
    of = await openScenario(world);
  });
  afterAll(() => world?.close());

  const rollBack = (id: string) => rollBackDeployment(world.deps, of.tenant.caller, id, { reason: 'customers complain' });

  it('by a deployment to what ran before, in the reverse of the order of change; asked twice it is the same one', async () => {
    const release = await of.tenant.release('2.0', of.itemsOf('2'));
    await of.deploy('1');
    const id = await of.deploy('2', { artifacts: undefined, serviceReleaseId: release });

    const back = await rollBack(id);
    const again = await rollBack(id);
    await world.drive(back.id);

    expect(again.id).toBe(back.id);
    expect(back).toMatchObject({ kind: 'ROLLBACK', revertsId: id, layers: [['web'], ['api']] });
    expect(await world.row(back.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
    const rejected = await world.db.rows('SELECT reason FROM release_rejections WHERE service_release_id = ?', [release]);
    expect(rejected).toEqual([{ reason: 'customers complain' }]);
    expect((await rollBack(id)).id).toBe(back.id);
  });

  it('past what was rolled back itself', async () => {
    await of.deploy('1');
    const second = await of.deploy('2');
    const third = await of.deploy('3');
    await world.drive((await rollBack(second)).id);
    await of.deploy('3');

    // Before the third the second ran, which was rolled back.
    const back = await rollBack(third);
    await world.drive(back.id);

    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
  });

  it('by their cancellation while they are under way', async () => {
    const { id } = await of.create({ artifacts: of.artifactsOf('1') });

    expect((await rollBack(id)).id).toBe(id);
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED' });
  });

  it('not where nothing is known to have run before', async () => {
    const id = await of.deploy('1');

    await expect(rollBack(id)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('nothing of') });
  });

  it('after another deployment on the same services was asked to end', async () => {
    await of.deploy('1');
    const id = await of.deploy('2');
    const { id: other, displayId } = await of.create({ artifacts: of.artifactsOf('3') });

    await expect(rollBack(id)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(displayId) });
    await world.drive(other);
    expect(await world.row(other)).toMatchObject({ outcome: 'CANCELLED' });
    await world.drive((await rollBack(id)).id);

    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
  });

  it('to what the snapshot says, which is taken before anything is changed and never changed itself', async () => {
    await of.deploy('1');
    const id = await of.deploy('2');

    const snapshots = await world.db.rows<{ hash: string; content: unknown }>(
      'SELECT hash, content FROM snapshots WHERE deployment_id = ?',
      [id],
    );

    expect(snapshots).toHaveLength(1);
    const [task] = (await world.tasks(id)).filter(({ key }) => key === 'TAKE_SNAPSHOT');
    expect(task?.output).toMatchObject({ hash: snapshots[0]?.hash });
    expect(JSON.stringify(snapshots[0]?.content)).toContain(of.digest(of.api, '1'));
  });
});
