import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { getDeployment } from '../../src/services/deployments/get-deployment.ts';
import { whyDeployment } from '../../src/services/deployments/why-deployment.ts';
import { overrideWindows } from '../../src/services/windows/override-windows.ts';
import { testDatabases } from '../support/databases.ts';
import { idOf, plannedService, targetBody } from './deployment-facts.ts';
import { type DeployedService, openServiceRolloutWorld, type ServiceRolloutWorld } from './service-rollout-world.ts';

const HOUR_MS = 3_600_000;

describe.each(testDatabases())('windows of deployments on $name', (server) => {
  let world: ServiceRolloutWorld;
  beforeAll(async () => {
    world = await openServiceRolloutWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => world.fresh());

  const keyring = createKeyring(new Secret(`a:${Buffer.alloc(32, 7).toString('base64')}`));
  const callerOf = ({ tenantId }: DeployedService) => ({ tenantId, accountId: ulid(), permissions: new Set(permissions) });

  const deploy = () =>
    world.deploy(
      plannedService('web', {
        target: targetBody({
          strategy: {
            kind: 'canary',
            steps: [
              { do: 'set-weight', percent: 10 },
              { do: 'pause', forMs: null },
            ],
            background: null,
            drainMs: 0,
          },
          traffic: { integrationId: idOf('router'), config: {} },
          health: [],
        }),
      }),
    );

  /** Only views ask for the rows of what plans carry in them. */
  async function nameWhere({ deploymentId }: DeployedService): Promise<void> {
    const of = 'FROM deployments WHERE id = ?';
    await world.db.run(`INSERT INTO apps (id, tenant_id, name, created_by_account_id) SELECT app_id, tenant_id, 'shop', tenant_id ${of}`, [
      deploymentId,
    ]);
    await world.db.run(
      `INSERT INTO environments (id, tenant_id, name, tier, kind) SELECT environment_id, tenant_id, 'staging', 'staging', 'infra' ${of}`,
      [deploymentId],
    );
  }

  async function override(service: DeployedService): Promise<string> {
    const subject = { kind: 'deployment' as const, id: service.deploymentId };
    const until = { reason: 'A fix that cannot wait', expiresAt: new Date(Date.now() + 2 * HOUR_MS) };
    return (await overrideWindows({ db: world.db, ring: () => undefined, keyring }, callerOf(service), subject, until)).id;
  }

  /** A freeze that ends in an hour. */
  async function freeze(tenantId: string): Promise<Date> {
    const [clock] = await world.db.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now');
    const start = new Date(Math.floor((clock?.now.getTime() ?? 0) / 60_000) * 60_000 - HOUR_MS);
    const cron = `${start.getUTCMinutes()} ${start.getUTCHours()} ${start.getUTCDate()} ${start.getUTCMonth() + 1} *`;
    await world.db.run(
      'INSERT INTO windows (id, tenant_id, name, kind, cron, duration_minutes, zone, scope, on_close, created_by_account_id) VALUES (?)',
      [[ulid(), tenantId, 'Black Friday', 'deny', cron, 120, 'UTC', '{}', 'pause', ulid()]],
    );
    return new Date(start.getTime() + 2 * HOUR_MS);
  }

  it('a deployment waits once for the window to open, shows AWAITING_WINDOW, and says who may let it pass', async () => {
    const service = await deploy();
    const endsAt = await freeze(service.tenantId);
    await nameWhere(service);

    const task = await service.look();
    const shown = await getDeployment({ db: world.db }, callerOf(service), service.deploymentId);
    const why = await whyDeployment({ db: world.db }, callerOf(service), service.deploymentId);

    expect(task).toMatchObject({ status: 'WAITING', waitReason: 'WINDOW', output: { weight: 0 } });
    expect(task.runAt?.getTime()).toBeGreaterThanOrEqual(endsAt.getTime());
    expect(shown.status).toBe('AWAITING_WINDOW');
    expect(why.items).toMatchObject([{ kind: 'wait', text: expect.stringMatching(/Black Friday.*\/window-overrides/) }]);
    expect(world.drivers.router.weights).toEqual({ blue: 100, green: 0 });
  });

  it('it is hurried by an override, and goes on', async () => {
    const service = await deploy();
    await freeze(service.tenantId);
    await service.look();

    await override(service);
    const hurried = await service.task();
    const going = await service.look();

    expect(hurried.runAt?.getTime()).toBeLessThanOrEqual(hurried.now.getTime());
    expect(going).toMatchObject({ output: { weight: 10 } });
  });

  it('an override that has expired, one of another deployment and a window of another tenant do nothing', async () => {
    const [service, other, free] = [await deploy(), await deploy(), await deploy()];
    await freeze(service.tenantId);
    const id = await override(service);
    await world.db.run('UPDATE window_overrides SET tenant_id = ? WHERE id = ?', [service.tenantId, await override(other)]);
    await world.db.run('UPDATE window_overrides SET expires_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]);

    expect(await service.look()).toMatchObject({ waitReason: 'WINDOW' });
    expect(await free.look()).toMatchObject({ output: { weight: 10 } });
  });
});
