import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { type CreateDeploymentInput, createDeployment, dryRunDeployment } from '../../src/services/deployments/create-deployment.ts';
import { getDeployment } from '../../src/services/deployments/get-deployment.ts';
import { listDeployments } from '../../src/services/deployments/list-deployments.ts';
import { pauseDeployment } from '../../src/services/deployments/pause-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { testDatabases } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

describe.each(testDatabases())('deployments on $name', (server) => {
  let world: DeploymentWorld;
  let of: DeploymentScenario;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
  });
  beforeEach(async () => {
    of = await openScenario(world);
  });
  afterAll(() => world?.close());

  it('show their plan first, and a dry run writes nothing', async () => {
    const plan = await dryRunDeployment(world.deps, of.tenant.caller, {
      environmentId: of.environmentId,
      appId: of.tenant.appId,
      artifacts: of.artifactsOf('1'),
    });

    expect(plan.layers).toEqual([['api'], ['web']]);
    expect(plan.mermaid).toContain('s_api --> s_web');
    expect((await listDeployments(world.deps, of.tenant.caller, {}, { limit: 10 })).items).toEqual([]);
  });

  it('name everything that is wrong with a request at once', async () => {
    const created = of.create({ artifacts: [{ serviceId: 'NOBODY', artifactId: 'X' }], pipelineId: 'NONE' });

    await expect(created).rejects.toMatchObject({
      code: 'invalid',
      problems: expect.arrayContaining([
        expect.objectContaining({ field: '/artifacts/0/serviceId' }),
        expect.objectContaining({ field: '/pipelineId' }),
        expect.objectContaining({ field: '/artifacts', message: expect.stringContaining('api') }),
      ]),
    });
  });

  it('do not meet on a service: the second is refused and told which one is at work', async () => {
    const { displayId } = await of.create({ artifacts: of.artifactsOf('1') });

    await expect(of.create({ artifacts: of.artifactsOf('2') })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(displayId),
    });
  });

  it('seal their release, whose hash never changes', async () => {
    const release = await of.tenant.release('1.0', of.itemsOf('1'));
    const sealed = async () =>
      (await world.db.rows<{ hash: string }>('SELECT sealed_hash AS hash FROM service_releases WHERE id = ?', [release]))[0]?.hash;

    await of.deploy('1', { artifacts: undefined, serviceReleaseId: release });
    const first = await sealed();
    await of.deploy('1', { artifacts: undefined, serviceReleaseId: release });

    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await sealed()).toBe(first);
  });

  it('bring what their release was sealed with, whoever changes it at that moment', async () => {
    const release = await of.tenant.release('1.0', of.itemsOf('1'));
    const other = of.itemsOf('2');
    let creating: Promise<unknown> = Promise.resolve();
    // Somebody's change holds the release; it is over only when the deployment waits for it.
    await world.db.transact(async (tx) => {
      await tx.rows('SELECT id FROM service_releases WHERE id = ? FOR UPDATE', [release]);
      for (const [serviceId, artifactId] of Object.entries(other)) {
        await tx.run('UPDATE service_release_items SET artifact_id = ? WHERE service_release_id = ? AND service_id = ?', [
          artifactId,
          release,
          serviceId,
        ]);
      }
      creating = of.create({ artifacts: undefined, serviceReleaseId: release });
      const waits = `SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%service_releases%'`;
      // InnoDB answers from memory to whoever asks more often than every 100 ms.
      await waitFor(async () => (await world.db.rows(waits)).length > 0, { what: 'the deployment to wait for the release', everyMs: 150 });
    });

    const { id } = (await creating) as { id: string };
    const planned = await world.db.rows<{ serviceId: string; artifactId: string }>(
      'SELECT service_id AS serviceId, artifact_id AS artifactId FROM service_deployments WHERE deployment_id = ?',
      [id],
    );
    expect(Object.fromEntries(planned.map(({ serviceId, artifactId }) => [serviceId, artifactId]))).toEqual(other);
  });

  it('of what changed take those whose files changed and those that share their schema, and refuse to guess', async () => {
    await of.deploy('1');
    await world.db.run('UPDATE services SET source = ? WHERE id = ?', [
      JSON.stringify({ integrationId: of.api, paths: ['api/**'] }),
      of.api,
    ]);
    const partial = (input: Partial<CreateDeploymentInput>) =>
      dryRunDeployment(world.deps, of.tenant.caller, {
        environmentId: of.environmentId,
        appId: of.tenant.appId,
        scope: 'partial',
        ...input,
      });

    const changed = await partial({ artifacts: of.artifactsOf('2').slice(0, 1), changedFiles: ['api/main.ts'] });
    const unchanged = await partial({ artifacts: of.artifactsOf('2').slice(0, 1), changedFiles: ['docs/readme.md'] });

    expect(changed.services.map(({ name, because }) => [name, because])).toEqual([['api', 'api/main.ts changed']]);
    expect(unchanged.services).toEqual([]);
    await expect(partial({ artifacts: of.artifactsOf('2').slice(1) })).rejects.toMatchObject({
      problems: [{ field: '/services', message: expect.stringContaining('whether api changed could not be told') }],
    });
  });

  it('promote what another environment runs: promotion keeps digests', async () => {
    await of.deploy('1');
    const target = await of.tenant.environment('test');
    for (const service of [of.api, of.web]) {
      await world.db.run(
        'INSERT INTO targets (id, tenant_id, environment_id, service_id, body) SELECT CONCAT(LEFT(?, 20), RIGHT(id, 6)), tenant_id, ?, service_id, body FROM targets WHERE environment_id = ? AND service_id = ?',
        [target, target, of.environmentId, service],
      );
    }

    const promoted = await createDeployment(world.deps, of.tenant.caller, {
      ...{ environmentId: target, appId: of.tenant.appId, sourceEnvironmentId: of.environmentId },
    });
    await world.drive(promoted.id);

    expect(promoted).toMatchObject({ kind: 'PROMOTE', scope: 'cross-environment' });
    expect(await world.installed(target)).toEqual(await world.installed(of.environmentId));
  });

  it('are listed by status, and the status is the one that is shown', async () => {
    const done = await of.deploy('1');
    const { id: paused } = await of.create({ artifacts: of.artifactsOf('2') });
    await pauseDeployment(world.deps, of.tenant.caller, paused, {});

    for (const [status, id] of [
      ['SUCCEEDED', done],
      ['PAUSED', paused],
    ] as const) {
      const { items } = await listDeployments(world.deps, of.tenant.caller, { status }, { limit: 10 });
      expect(items.map((item) => [item.id, item.status])).toEqual([[id, status]]);
    }
  });

  it('of one tenant are not there for another', async () => {
    const { id } = await of.create({ artifacts: of.artifactsOf('1') });
    const stranger = await world.tenant();

    for (const attempt of [
      () => getDeployment(world.deps, stranger.caller, id),
      () => cancelDeployment(world.deps, stranger.caller, id, { reason: 'because' }),
      () => rollBackDeployment(world.deps, stranger.caller, id, { reason: 'because' }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});
