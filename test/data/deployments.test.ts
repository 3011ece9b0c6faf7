import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultPipeline } from '../../src/domain/deployment/default-pipeline.ts';
import { acknowledgeRollbackFailure } from '../../src/services/deployments/acknowledge-rollback-failure.ts';
import { approveDeployment } from '../../src/services/deployments/approve-deployment.ts';
import { interveneInDeploymentTask } from '../../src/services/deployments/intervene-in-deployment-task.ts';
import { pauseDeployment, resumeDeployment } from '../../src/services/deployments/pause-deployment.ts';
import { whyDeployment } from '../../src/services/deployments/why-deployment.ts';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import { testDatabases } from '../support/databases.ts';
import { digestOf } from './deployment-facts.ts';
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

  it('go from preflight to verified, in the order of what depends on what', async () => {
    const id = await of.deploy('1');

    expect(await world.row(id)).toMatchObject({ outcome: 'SUCCEEDED', failure: null });
    expect(await world.serviceRows(id)).toEqual(['api HEALTHY 1', 'web HEALTHY 2']);
    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
    expect(await world.locks(id)).toBe(0);
    expect((await world.tasks(id)).map(({ key, status }) => `${key} ${status}`)).toEqual([
      'CHECK_PREFLIGHT COMPLETED',
      'TAKE_SNAPSHOT COMPLETED',
      'DEPLOY_SERVICE/api COMPLETED',
      'DEPLOY_SERVICE/web COMPLETED',
      'VERIFY_HEALTH COMPLETED',
    ]);
  });

  it('fail in preflight without a trace, and say what does not hold', async () => {
    world.lostFiles.add(`${of.api}/1`);
    const acts = world.drivers.acts.length;

    const id = await of.deploy('1');

    expect(await world.row(id)).toMatchObject({
      outcome: 'FAILED',
      failure: expect.stringContaining('artifact:api: its file is not kept any more'),
    });
    expect(world.drivers.acts.length).toBe(acts);
    expect(await world.locks(id)).toBe(0);
    expect(await world.serviceRows(id)).toEqual(['api UNCHANGED -', 'web UNCHANGED -']);
  });

  it('do not begin with files whose bytes are not those of their digest, and show each of them', async () => {
    await world.db.run('UPDATE artifacts SET digest = ? WHERE id IN (?)', [
      digestOf('something else'),
      of.artifactsOf('1').map(({ artifactId }) => artifactId),
    ]);

    const id = await of.deploy('1');

    const [task] = await world.tasks(id);
    const why = await whyDeployment(world.deps, of.tenant.caller, id);
    expect(await world.row(id)).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('the bytes of its file are') });
    expect(why.summary).toContain('It is FAILED');
    expect(why.items.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['api', 'web'].map((name) => expect.stringContaining(`artifact:${name}: the bytes`))),
    );
    expect(task?.output).toMatchObject({
      requirements: expect.arrayContaining([expect.objectContaining({ key: 'artifact:web', met: false })]),
    });
  });

  it('read the bytes of an artifact once', async () => {
    const id = await of.deploy('1');
    const deployment = await world.services.deployments.load(id);
    const [{ artifactId } = { artifactId: '' }] = of.artifactsOf('1');

    const look = (before: Record<string, string>) =>
      inAttempt({ signal: new AbortController().signal, assertOurs: () => undefined }, () =>
        world.services.preflight.look(deployment, before),
      );
    const { hashed } = await look({});
    const again = await look({ [artifactId]: 'sha256:as remembered' });

    expect(hashed[artifactId]).toBe(of.digest(of.api, '1'));
    expect(again.requirements.find(({ key }) => key === 'artifact:api')?.evidence).toContain('sha256:as remembered');
  });

  it('do not begin on what could not be checked', async () => {
    world.drivers.down = true;

    const id = await of.deploy('1');

    expect(await world.row(id)).toMatchObject({ outcome: 'FAILED', failure: expect.stringMatching(/^CHECK_PREFLIGHT.*cannot be reached/) });
  });

  it('do not begin while what runs is not healthy, unless somebody says so', async () => {
    await of.deploy('1');
    world.drivers.unhealthy.add(of.digest(of.api, '1'));

    const refused = await of.deploy('2');
    const fixed = await of.deploy('2', { overrideHealth: { reason: 'it is the fix' } });

    expect(await world.row(refused)).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('health:api') });
    expect(await world.row(fixed)).toMatchObject({ outcome: 'SUCCEEDED' });
  });

  it('take back what they changed, the last first, when a service does not become ready', async () => {
    await of.deploy('1');
    world.drivers.broken.add(of.digest(of.web, '2'));
    const acts = world.drivers.acts.length;

    const id = await of.deploy('2');

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK', failure: expect.stringContaining('DEPLOY_SERVICE/web') });
    expect(await world.serviceRows(id)).toEqual(['api ROLLED_BACK 1', 'web ROLLED_BACK 2']);
    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
    const changed = world.drivers.acts.slice(acts).map((act) => act.replace(/ staging-(\w+)-\w+\/\w+ /, ' $1 '));
    expect(changed).toEqual(['install api 2', 'install web 2', 'install web 1', 'install api 1']);
    expect(await world.locks(id)).toBe(0);
  });

  it('keep their locks when the way back fails, until a person has seen to it', async () => {
    await of.deploy('1');
    world.drivers.broken.add(of.digest(of.web, '2'));
    world.drivers.forbidden.add(of.digest(of.web, '1'));

    const id = await of.deploy('2');

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLBACK_FAILED' });
    expect(await world.locks(id)).toBe(2);
    await expect(of.create({ artifacts: of.artifactsOf('3') })).rejects.toMatchObject({ code: 'conflict' });
    await acknowledgeRollbackFailure(world.deps, of.tenant.caller, id, { reason: 'mended by hand' });
    expect(await world.locks(id)).toBe(0);
  });

  it('are cancelled for good where nothing was changed', async () => {
    const { id } = await of.create({ artifacts: of.artifactsOf('1') });

    await of.cancel(id, 'wrong version');
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED', failure: 'cancelled: wrong version' });
    await expect(of.cancel(id, 'again')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('are taken back when they are cancelled on their way', async () => {
    await of.deploy('1');
    const { id } = await of.create({ artifacts: of.artifactsOf('2') });
    await world.drive(id, of.deploying(id, 'web'));

    await of.cancel(id, 'wrong version');
    expect(await of.statusOf(id)).toBe('ROLLING_BACK');
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK', failure: 'cancelled: wrong version' });
    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
  });

  it('stand while they are paused', async () => {
    const { id } = await of.create({ artifacts: of.artifactsOf('1') });
    await pauseDeployment(world.deps, of.tenant.caller, id, { reason: 'lunch' });
    await world.drive(id);

    expect(await of.statusOf(id)).toBe('PAUSED');
    expect(await world.installed(of.environmentId)).toEqual({});

    await resumeDeployment(world.deps, of.tenant.caller, id, {});
    await world.drive(id);
    expect(await of.statusOf(id)).toBe('SUCCEEDED');
  });

  it('ask people where the environment is production, and nobody approves their own', async () => {
    const environmentId = await of.tenant.environment('live', { tier: 'production' });
    const service = await of.tenant.service('shop', [environmentId]);
    const artifact = await of.tenant.artifact(service, '1');
    const { id } = await of.create({ environmentId, artifacts: [{ serviceId: service, artifactId: artifact }], services: [service] });
    await world.drive(id);

    expect(await of.statusOf(id)).toBe('AWAITING_APPROVAL');
    await expect(approveDeployment(world.deps, of.tenant.caller, id, { decision: 'APPROVED' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await approveDeployment(world.deps, of.tenant.other, id, { decision: 'APPROVED' });
    await world.drive(id);
    expect(await of.statusOf(id)).toBe('SUCCEEDED');
  });

  it('leave a failure to a person where their pipeline does: retried, it is tried again; cancelled, all is taken back', async () => {
    const halting = {
      ...defaultPipeline,
      stages: defaultPipeline.stages.map((stage) => ({ ...stage, tasks: stage.tasks.map((task) => ({ ...task, onFailure: 'halt' })) })),
    };
    const pipelineId = await of.tenant.pipeline('halting', halting);
    world.drivers.forbidden.add(of.digest(of.api, '1'));
    const failedId = async (deploymentId: string) =>
      (
        await world.db.rows<{ id: string }>(
          `SELECT t.id FROM tasks t JOIN deployments d ON d.run_id = t.run_id WHERE d.id = ? AND t.status = 'FAILED'`,
          [deploymentId],
        )
      )[0]?.id ?? '';
    const failing = async () => (await world.tasks(id)).find(({ status }) => status === 'FAILED')?.key;

    const { id } = await of.create({ artifacts: of.artifactsOf('1'), pipelineId });
    await world.drive(id);
    expect(await of.statusOf(id)).toBe('PAUSED');
    expect(await failing()).toBe('DEPLOY_SERVICE/api');

    await interveneInDeploymentTask(
      world.deps,
      of.tenant.caller,
      { deploymentId: id, taskId: await failedId(id) },
      { do: 'retry', why: null },
    );
    await world.drive(id);
    expect(await failing()).toBe('DEPLOY_SERVICE/api');

    await of.cancel(id, 'give up');
    await world.drive(id);
    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await world.installed(of.environmentId)).toEqual({});
  });
});
