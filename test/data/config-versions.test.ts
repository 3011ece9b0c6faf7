import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { putVariable, removeVariable } from '../../src/services/catalogue/variables.ts';
import { rotateKeys } from '../../src/services/connections/rotate-keys.ts';
import { getDeployment } from '../../src/services/deployments/get-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { createConfigurationService } from '../../src/services/execution/deployments/configuration-service.ts';
import { forgetConfigVersions } from '../../src/services/forget-config-versions.ts';
import { testDatabases } from '../support/databases.ts';
import { targetBody } from './deployment-facts.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { probed } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

describe.each(testDatabases())('what services were configured with, on $name', (server) => {
  let world: DeploymentWorld;
  let of: DeploymentScenario;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
  });
  beforeEach(async () => {
    world.drivers.running.clear();
    of = await openScenario(world);
  });
  afterAll(() => world?.close());

  const place = (name: string) => ({ environmentId: of.environmentId, serviceId: null, name });
  const set = (name: string, value: string, changes: { isSecret?: boolean; expiresAt?: Date | null } = {}) =>
    putVariable(world.deps, of.tenant.caller, place(name), { value, isSecret: false, expiresAt: null, ...changes });
  const secret = (name: string, value: string, expiresAt: Date | null = null) => set(name, value, { isSecret: true, expiresAt });
  const remove = (name: string) => removeVariable(world.deps, of.tenant.caller, place(name));
  const rollBack = async (id: string) => {
    const back = await rollBackDeployment(world.deps, of.tenant.caller, id, { reason: 'customers complain' });
    await world.drive(back.id);
    return back;
  };
  /** Variables that the service was started with. */
  const has = (service: string) =>
    [...world.drivers.running].find(([key]) => key.startsWith(`staging-${service}-`))?.[1].variables as Record<string, string>;
  const services = async (id: string) => (await getDeployment(world.deps, of.tenant.caller, id)).services;
  const preflight = async (id: string) => {
    const task = (await world.tasks(id)).find(({ key }) => key === 'CHECK_PREFLIGHT');
    const { requirements = [] } = (task?.output ?? {}) as { requirements?: { key: string; met: boolean; evidence: string }[] };
    return Object.fromEntries(requirements.map(({ key, met, evidence }) => [key, `${met} ${evidence}`]));
  };
  const outlive = (days: number) =>
    world.db.run('UPDATE config_versions SET kept_at = kept_at - INTERVAL ? DAY WHERE tenant_id = ?', [days, of.tenant.tenantId]);
  const keptCount = async () => (await world.db.rows('SELECT id FROM config_versions WHERE tenant_id = ?', [of.tenant.tenantId])).length;

  it('comes back by a one-click rollback, whatever people have written since', async () => {
    await set('GREETING', 'hello');
    await secret('TOKEN', 'token-of-then');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    await secret('TOKEN', 'token-of-today');
    await set('MORE', 'since then');
    const id = await of.deploy('2');
    expect(has('api')).toEqual({ GREETING: 'goodbye', TOKEN: 'token-of-today', MORE: 'since then' });

    const back = await rollBack(id);

    expect(await world.row(back.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    for (const service of ['api', 'web']) expect(has(service)).toEqual({ GREETING: 'hello', TOKEN: 'token-of-then' });
    expect(back.services.map(({ note }) => note)).toEqual([null, null]);
    expect(await preflight(back.id)).toMatchObject({
      'values:api': 'true its variables have the values of then',
      'secret:api:TOKEN': expect.stringMatching(/^true .* another value took its place/),
    });
  });

  it('comes back when a deployment takes itself back', async () => {
    await set('GREETING', 'hello');
    await secret('TOKEN', 'token-of-then');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    await remove('TOKEN');
    world.drivers.broken.add(of.digest(of.web, '2'));

    const id = await of.deploy('2');

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    for (const service of ['api', 'web']) expect(has(service)).toEqual({ GREETING: 'hello', TOKEN: 'token-of-then' });
    expect((await services(id)).map(({ note }) => note)).toEqual([null, null]);
  });

  it('comes back also where only the variables were deployed anew', async () => {
    await set('GREETING', 'hello');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    const id = await of.deploy('1');
    expect(has('web')).toEqual({ GREETING: 'goodbye' });

    await rollBack(id);

    expect([has('api'), has('web')]).toEqual([{ GREETING: 'hello' }, { GREETING: 'hello' }]);
  });

  it('is all that a deployment changed: where it is not kept any more, there is no way back but to set the variables', async () => {
    await set('GREETING', 'hello');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    const id = await of.deploy('1');
    await world.db.run('DELETE FROM config_versions WHERE tenant_id = ?', [of.tenant.tenantId]);

    await expect(rollBack(id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/variables of web, api .* Set them/),
    });
  });

  it('is asked for only where something has to be brought again: a lost key holds nothing else up, and is told', async () => {
    const loseKey = async () => {
      for (const [table, column] of Object.entries({ environment_variables: 'value', config_versions: 'variables' })) {
        const lost = `UPDATE ${table} SET ${column} = REPLACE(${column}, 'v1.test.', 'v1.lost.') WHERE tenant_id = ?`;
        await world.db.run(lost, [of.tenant.tenantId]);
      }
    };
    const begin = async (version: string) => {
      world.drivers.unhealthy.add(of.digest(of.api, version));
      const { id } = await of.create({ artifacts: of.artifactsOf(version) });
      await world.drive(id, of.deploying(id, 'api'));
      return id;
    };
    await secret('TOKEN', 'token-of-then');
    const first = await begin('1');
    await loseKey();
    await of.cancel(first, 'the key is lost');
    await world.drive(first);
    expect(await world.row(first)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(world.drivers.running.size).toBe(0);

    world.drivers.unhealthy.clear();
    await secret('TOKEN', 'token-of-then');
    await of.deploy('1');
    const second = await begin('2');
    await loseKey();
    await of.cancel(second, 'the key is lost');
    await world.drive(second);

    expect(await world.row(second)).toMatchObject({ outcome: 'ROLLBACK_FAILED', failure: expect.stringContaining('no key opens') });
  });

  it('is of no use to another driver: a service that has one now gets the values of today', async () => {
    await set('GREETING', 'hello');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    const id = await of.deploy('2');
    const body = JSON.stringify(targetBody({ health: probed, deploy: { ...targetBody().deploy, integrationId: of.tenant.appId } }));
    await world.db.run('UPDATE targets SET body = ? WHERE service_id = ?', [body, of.api]);

    const back = await rollBack(id);

    expect([has('web'), has('api')]).toEqual([{ GREETING: 'hello' }, { GREETING: 'goodbye' }]);
    expect(back.services.map(({ name, note }) => [name, note === null])).toEqual([
      ['web', true],
      ['api', false],
    ]);
    expect((await preflight(back.id))['values:api']).toContain('not kept any more');
  });

  it('is kept before any workload gets it', async () => {
    await secret('TOKEN', 'token-of-then');
    const { ensure } = world.drivers.deployTarget;
    const kept: number[] = [];
    world.drivers.deployTarget.ensure = async (workload) => {
      kept.push((await world.db.rows('SELECT id FROM config_versions WHERE version = ?', [workload.configVersion])).length);
      return ensure(workload);
    };

    await of.deploy('1');
    world.drivers.deployTarget.ensure = ensure;

    expect(kept.length).toBeGreaterThanOrEqual(2);
    expect(kept).not.toContain(0);
  });

  it('comes back with as many replicas and the target of then', async () => {
    await of.deploy('1');
    const body = JSON.stringify(
      targetBody({ health: probed, deploy: { ...targetBody().deploy, replicas: 3, config: { command: ['new'] } } }),
    );
    await world.db.run('UPDATE targets SET body = ? WHERE service_id = ?', [body, of.api]);
    const id = await of.deploy('2');
    const api = () => [...world.drivers.running].find(([key]) => key.startsWith('staging-api-'))?.[1];
    expect(api()).toMatchObject({ replicas: 3 });

    const back = await rollBack(id);

    expect(api()).toMatchObject({ replicas: 1 });
    const [row] = await world.db.rows<{ plan: string }>('SELECT CAST(plan AS CHAR) AS plan FROM deployments WHERE id = ?', [back.id]);
    expect(row?.plan).not.toContain('"new"');
  });

  it('is where what comes back is looked for: its driver may show it nowhere else', async () => {
    const aimed = (port: number) => JSON.stringify(targetBody({ health: probed, deploy: { ...targetBody().deploy, config: { port } } }));
    const aim = (port: number) => world.db.run('UPDATE targets SET body = ? WHERE service_id = ?', [aimed(port), of.web]);
    const { ensure, observe } = world.drivers.deployTarget;
    const ports = new Map<string, unknown>();
    world.drivers.deployTarget.ensure = async (workload) => {
      ports.set(`${workload.place.name}/${workload.place.side}`, workload.place.config.port);
      return ensure(workload);
    };
    world.drivers.deployTarget.observe = async (place) => {
      const seen = await observe(place);
      return ports.get(`${place.name}/${place.side}`) === place.config.port
        ? seen
        : { ...seen, state: { kind: 'progressing', why: 'no answer' } };
    };
    await aim(1);
    await of.deploy('1');
    await aim(2);
    world.drivers.broken.add(of.digest(of.web, '2'));
    const id = await of.deploy('2', { overrideHealth: { reason: 'it has another port now' } });
    Object.assign(world.drivers.deployTarget, { ensure, observe });

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
  });

  it('comes back with the values of today where those of then are not kept any more, and says so before and after', async () => {
    await set('GREETING', 'hello');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    const id = await of.deploy('2');
    await world.db.run('DELETE FROM config_versions WHERE tenant_id = ?', [of.tenant.tenantId]);

    const back = await rollBack(id);

    expect(await world.row(back.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(has('api')).toEqual({ GREETING: 'goodbye' });
    for (const told of [back.services, await services(back.id)]) {
      expect(told.map(({ note }) => note)).toEqual(Array(2).fill(expect.stringContaining('the values of today')));
    }
    expect((await preflight(back.id))['values:api']).toContain('not kept any more');
  });

  it('that is forgotten between the plan of a rollback and its beginning leaves a word as well', async () => {
    await set('GREETING', 'hello');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    const id = await of.deploy('2');
    const back = await rollBackDeployment(world.deps, of.tenant.caller, id, { reason: 'customers complain' });
    await world.db.run('DELETE FROM config_versions WHERE tenant_id = ?', [of.tenant.tenantId]);

    await world.drive(back.id);

    expect(back.services.map(({ note }) => note)).toEqual([null, null]);
    expect(has('web')).toEqual({ GREETING: 'goodbye' });
    expect((await services(back.id)).map(({ note }) => note)).toEqual(Array(2).fill(expect.stringContaining('the values of today')));
  });

  it('that is forgotten before a deployment takes itself back leaves a word on the rows of its services', async () => {
    await set('GREETING', 'hello');
    await of.deploy('1');
    await set('GREETING', 'goodbye');
    world.drivers.broken.add(of.digest(of.web, '2'));
    const { id } = await of.create({ artifacts: of.artifactsOf('2') });
    await world.drive(id, of.deploying(id, 'web'));
    await world.db.run('DELETE FROM config_versions WHERE tenant_id = ?', [of.tenant.tenantId]);

    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(has('api')).toEqual({ GREETING: 'goodbye' });
    expect((await services(id)).map(({ name, note }) => [name, note !== null])).toEqual([
      ['api', true],
      ['web', true],
    ]);
  });

  it('warns of a secret that expired or is gone since, and does not hold the rollback up', async () => {
    const soon = new Date(Date.now() + 3_600_000);
    await secret('EXPIRED', 'short-lived', soon);
    await secret('REVOKED', 'gone-since');
    await of.deploy('1');
    const id = await of.deploy('2');
    await remove('REVOKED');
    await secret('EXPIRED', 'short-lived', new Date(Date.now() - 1_000));

    const back = await rollBack(id);

    expect(await world.row(back.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(has('api')).toEqual({ EXPIRED: 'short-lived', REVOKED: 'gone-since' });
    expect(await preflight(back.id)).toMatchObject({
      'secret:api:EXPIRED': expect.stringMatching(/^true .* it expired at/),
      'secret:web:REVOKED': expect.stringMatching(/^true .* none of that name any more/),
    });
  });

  it('stays with a rollout to its end: variables that change meanwhile are for the next one', async () => {
    await set('GREETING', 'hello');
    await secret('TOKEN', 'token-of-then');
    world.drivers.unhealthy.add(of.digest(of.api, '1'));
    const { id } = await of.create({ artifacts: of.artifactsOf('1') });
    await world.drive(id, of.deploying(id, 'api'));
    await set('GREETING', 'goodbye');
    await remove('TOKEN');
    // Somebody takes it away: it is brought again.
    for (const key of world.drivers.running.keys()) world.drivers.running.delete(key);
    world.drivers.unhealthy.clear();

    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(has('api')).toEqual({ GREETING: 'hello', TOKEN: 'token-of-then' });
    expect(has('web')).toEqual({ GREETING: 'goodbye' });
  });

  it('is sealed anew by a rotation of keys, and opens without the old key', async () => {
    await secret('TOKEN', 'token-of-then');
    await of.deploy('1');
    const [old, fresh] = [`test:${Buffer.alloc(32, 7).toString('base64')}`, `fresh:${randomBytes(32).toString('base64')}`];
    const keyrings = { both: createKeyring(new Secret(`${fresh},${old}`)), fresh: createKeyring(new Secret(fresh)) };
    const [row] = await world.db.rows<{ version: string }>(
      'SELECT config_version AS version FROM installed_services WHERE environment_id = ? AND service_id = ?',
      [of.environmentId, of.api],
    );
    const where = {
      ...{ tenantId: of.tenant.tenantId, environment: { id: of.environmentId, name: 'staging' } },
      ...{ service: { serviceId: of.api, name: 'api' }, target: targetBody() },
    };
    const kept = (keyring: ReturnType<typeof createKeyring>) =>
      createConfigurationService({ db: world.db, keyring }).kept(where, row?.version ?? '');
    expect(await kept(keyrings.fresh)).toBeNull();

    await rotateKeys({ db: world.db, keyring: keyrings.both });

    expect((await kept(keyrings.fresh))?.variables.get('TOKEN')).toBe('token-of-then');
    await rotateKeys({ db: world.db, keyring: createKeyring(new Secret(`${old},${fresh}`)) });
  });

  it('is forgotten when nothing leads back to it, and never while something does', async () => {
    await set('GREETING', 'one');
    await of.deploy('1');
    await set('GREETING', 'two');
    const id = await of.deploy('2');
    await set('GREETING', 'three');
    await of.deploy('3');
    await forgetConfigVersions(world.db);
    expect(await keptCount()).toBe(6);
    await outlive(2);

    await forgetConfigVersions(world.db);
    expect(await keptCount()).toBe(6);

    // The first version is in the second deployment's snapshot alone.
    await world.db.run('DELETE FROM snapshots WHERE deployment_id = ?', [id]);
    await forgetConfigVersions(world.db);
    expect(await keptCount()).toBe(4);
    await world.db.run('DELETE FROM snapshots WHERE environment_id = ?', [of.environmentId]);
    await forgetConfigVersions(world.db);
    expect(await keptCount()).toBe(2);
    await world.db.run('DELETE FROM installed_services WHERE environment_id = ?', [of.environmentId]);
    await forgetConfigVersions(world.db);
    expect(await keptCount()).toBe(0);
  });

  it('is kept for a deployment under way: what it brings, and what it may have to bring back', async () => {
    await set('GREETING', 'one');
    await of.deploy('1');
    await set('GREETING', 'two');
    world.drivers.unhealthy.add(of.digest(of.api, '2'));
    const { id } = await of.create({ artifacts: of.artifactsOf('2') });
    await world.drive(id, of.deploying(id, 'api'));
    await outlive(2);
    await world.db.run('DELETE FROM snapshots WHERE environment_id = ?', [of.environmentId]);
    await world.db.run('DELETE FROM installed_services WHERE environment_id = ?', [of.environmentId]);

    await forgetConfigVersions(world.db);

    // Both services before, and the one that changes.
    expect(await keptCount()).toBe(3);
  });
});
