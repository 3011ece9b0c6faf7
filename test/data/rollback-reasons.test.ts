import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { composeDeploymentMessage } from '../../src/services/deployments/compose-deployment-message.ts';
import { getDeployment } from '../../src/services/deployments/get-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { testDatabases } from '../support/databases.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

describe.each(testDatabases())('a way back that fails, on $name', (server) => {
  let world: DeploymentWorld;
  let of: DeploymentScenario;
  /** Whether connections can be opened at all. */
  let opens: () => boolean;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
    const { open } = world.drivers.connector;
    Object.assign(world.drivers.connector, {
      open: async (...args: Parameters<typeof open>) => {
        if (opens()) return open(...args);
        throw new ProviderError('unavailable', 'the vault is sealed', { provider: 'memory' });
      },
    });
  });
  beforeEach(async () => {
    opens = () => true;
    of = await openScenario(world);
  });
  afterAll(() => world?.close());

  const service = async (id: string, name: string) => {
    const { services } = await getDeployment(world.deps, of.tenant.caller, id);
    const { status, failure } = services.find((one) => one.name === name) ?? { status: 'none', failure: null };
    return { status, failure };
  };
  /** What the message that pages people says. */
  const page = async (id: string) =>
    JSON.stringify((await composeDeploymentMessage(world.db, of.tenant.tenantId, id, 'ROLLBACK_FAILED')).notification.content);
  const isBackUnderWay = (id: string) => async () => (await world.tasks(id)).some(({ key }) => key.startsWith('ROLL_BACK_SERVICE'));
  /** A deployment that has to take itself back. */
  async function failing() {
    await of.deploy('1');
    world.drivers.broken.add(of.digest(of.web, '2'));
    const { id } = await of.create({ artifacts: of.artifactsOf('2') });
    await world.drive(id, isBackUnderWay(id));
    return id;
  }

  it('says which service could not be brought back and why, when its attempts run out', async () => {
    const id = await failing();
    opens = () => false;

    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLBACK_FAILED' });
    expect(await service(id, 'web')).toEqual({ status: 'ROLLBACK_FAILED', failure: expect.stringContaining('the vault is sealed') });
    expect(await service(id, 'api')).toEqual({ status: 'HEALTHY', failure: null });
    expect(await page(id)).toContain('the vault is sealed');
    const [row] = await world.db.rows<{ healthy: number }>(
      'SELECT healthy FROM installed_services WHERE environment_id = ? AND service_id = ?',
      [of.environmentId, of.web],
    );
    expect(Number(row?.healthy)).toBe(0);
  });

  it('says it with what was waited for, when its deadline passes', async () => {
    const id = await failing();
    world.drivers.down = true;
    await world.drive(id);
    const [waiting] = (await world.tasks(id)).filter(({ key, status }) => key === 'ROLL_BACK_SERVICE/web' && status === 'WAITING');
    expect(waiting?.output?.why).toContain('cannot be reached');
    await world.db.run(`UPDATE tasks SET deadline_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE task_key = 'ROLL_BACK_SERVICE/web'`);

    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLBACK_FAILED' });
    const told = expect.stringMatching(/The deadline passed .* Memory cannot be reached/);
    expect(await service(id, 'web')).toEqual({ status: 'ROLLBACK_FAILED', failure: told });
    expect(await page(id)).toEqual(told);
  });

  it('says it of a rollback that people asked for, too', async () => {
    await of.deploy('1');
    const id = await of.deploy('2');
    const back = await rollBackDeployment(world.deps, of.tenant.caller, id, { reason: 'customers complain' });
    await world.drive(back.id, of.deploying(back.id, 'web'));
    opens = () => false;

    await world.drive(back.id);

    expect(await world.row(back.id)).toMatchObject({ outcome: 'ROLLBACK_FAILED' });
    expect(await service(back.id, 'api')).toEqual({ status: 'ROLLBACK_FAILED', failure: expect.stringContaining('the vault is sealed') });
  });
});
