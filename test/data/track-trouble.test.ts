import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultPipeline } from '../../src/domain/deployment/default-pipeline.ts';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { composeDeploymentMessage } from '../../src/services/deployments/compose-deployment-message.ts';
import { interveneInDeploymentTask } from '../../src/services/deployments/intervene-in-deployment-task.ts';
import { pauseDeployment, resumeDeployment } from '../../src/services/deployments/pause-deployment.ts';
import { steerServiceRollout } from '../../src/services/service-rollouts/steer-service-rollout.ts';
import { bundleFile } from '../fakes/google-play/index.ts';
import { testDatabases } from '../support/databases.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { openTrackWorld, type TrackWorld } from './track-world.ts';

const VERSION = '5.1.0';

describe.each(testDatabases())('trouble on the way to a store track on $name', (server) => {
  let world: TrackWorld;
  let tenant: DeploymentTenant;
  beforeAll(async () => {
    world = await openTrackWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    await world.openStores();
    tenant = await world.tenant();
  });

  async function create(kind: 'android' | 'ios', store: object = {}, changes: object = {}): Promise<{ id: string; serviceId: string }> {
    const environmentId = await world.track(tenant, 'production');
    const serviceId = await world[kind](tenant, [environmentId], store);
    const artifact = await world.build(tenant, serviceId, VERSION, '5100');
    return { serviceId, id: await world.deploy(tenant, environmentId, { [serviceId]: artifact }, changes) };
  }
  const taskOf = async (id: string, key: string) => (await world.tasks(id)).find((task) => task.key === key);

  it('a track that the app has not fails the preflight, and leaves no trace', async () => {
    const { id } = await create('android', { track: 'nightly' });
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({
      outcome: 'FAILED',
      failure: expect.stringContaining('has no track nightly; it has production'),
    });
    expect(world.playApp.uploads).toBe(0);
    expect(await world.submissions(id)).toEqual([]);
  });

  it('another file under its build number is refused before anything is submitted', async () => {
    world.playApp.addBundle(5100, 'another file');
    const { id } = await create('android');
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({
      outcome: 'FAILED',
      failure: expect.stringContaining('another file under the version code 5100'),
    });
    expect(await world.submissions(id)).toEqual([]);
  });

  it('a file with another build number in it than was said is refused, too', async () => {
    const { id } = await create('android');
    const [artifact] = await world.db.rows<{ id: string }>(`SELECT id FROM artifacts WHERE tenant_id = ?`, [tenant.tenantId]);
    await world.db.run(
      `UPDATE deployments SET plan = JSON_SET(plan, '$.services[0].revision.buildNumber', '5199') WHERE id = ? AND JSON_EXTRACT(plan, '$.services[0].revision.artifactId') = ?`,
      [id, artifact?.id ?? ''],
    );
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ failure: expect.stringContaining('as build 5100, and its artifact says 5199') });
    expect(await world.submissions(id)).toEqual([]);
  });

  it('nothing is submitted while people have paused the rollout, or the whole deployment', async () => {
    const { id, serviceId } = await create('ios');
    const steer = (command: 'pause' | 'resume') =>
      steerServiceRollout(world.deps, tenant.caller, { deploymentId: id, serviceId }, command, { reason: 'lunch' });
    await world.drive(id);
    await steer('pause');
    world.apple.seedBuild({ version: VERSION, buildNumber: '5100' });
    await world.drive(id);
    const paused = [await world.submissions(id), (await taskOf(id, 'DEPLOY_SERVICE/ios'))?.output?.why];
    await pauseDeployment(world.deps, tenant.caller, id, { reason: 'lunch' });
    await steer('resume');
    await world.drive(id);
    const held = await world.submissions(id);
    await resumeDeployment(world.deps, tenant.caller, id, {});
    await world.drive(id);

    expect(paused).toEqual([[], 'a person paused it, and resumes it']);
    expect(held).toEqual([]);
    expect(await world.submissions(id)).toMatchObject([{ status: 'IN_REVIEW' }]);
  });

  it('people are told in one message how it stands, and asked once for a step that waits for them', async () => {
    const environmentId = await world.track(tenant, 'production');
    await world.db.run('UPDATE environments SET comms_config_id = ? WHERE id = ?', [tenant.appId, environmentId]);
    const steps = [10, 50, 100].map((percent) => ({ percent, waitMinutes: null }));
    const android = await world.android(tenant, [environmentId], { rollout: { kind: 'staged', steps } });
    const id = await world.deploy(tenant, environmentId, { [android]: await world.build(tenant, android, VERSION, '5100') });
    await world.drive(id);
    world.play.approve(VERSION);
    await world.drive(id);
    const asked = await composeDeploymentMessage(world.db, tenant.tenantId, id, 'DEPLOYMENT_STATUS');
    await steerServiceRollout(world.deps, tenant.caller, { deploymentId: id, serviceId: android }, 'advance', { reason: 'fine' });
    await world.drive(id);

    const rows = await world.db.rows<{ type: string; count: number }>(
      'SELECT type, COUNT(*) AS count FROM deliveries WHERE subject_id = ? GROUP BY type ORDER BY type',
      [id],
    );
    expect(JSON.stringify(asked.notification.content)).toContain('CHANGING (10 %)');
    expect(rows.map(({ type, count }) => [type, Number(count)])).toEqual([
      ['DEPLOYMENT_PROMOTION_REQUEST', 2],
      ['DEPLOYMENT_STATUS', 1],
    ]);
    expect(await world.rollout(id)).toMatchObject({ pauseReason: 'step', weight: 50 });
  });

  it('what everybody had before is not halted when its deployment is taken back', async () => {
    world.playApp.addBundle(5100, bundleFile(5100, VERSION));
    world.playApp.publish({ name: VERSION, versionCodes: ['5100'], status: 'completed' });
    const { id } = await create('android');
    await world.drive(id, async () => (await taskOf(id, 'DEPLOY_SERVICE/android'))?.status === 'COMPLETED');
    await cancelDeployment(world.deps, tenant.caller, id, { reason: 'enough' });
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(world.play.seen(VERSION)?.state).toEqual({ kind: 'live' });
  });

  it('a rejection that its pipeline leaves to a person is submitted anew when they retry', async () => {
    const halting = {
      ...defaultPipeline,
      stages: defaultPipeline.stages.map((stage) => ({ ...stage, tasks: stage.tasks.map((task) => ({ ...task, onFailure: 'halt' })) })),
    };
    world.apple.seedBuild({ version: VERSION, buildNumber: '5100' });
    const { id } = await create('ios', {}, { pipelineId: await tenant.pipeline('halting', halting) });
    await world.drive(id);
    world.apple.reject(VERSION, 'no');
    await world.drive(id);
    const failed = await taskOf(id, 'DEPLOY_SERVICE/ios');
    const [task] = await world.db.rows<{ id: string }>(
      `SELECT t.id FROM tasks t JOIN deployments d ON d.run_id = t.run_id WHERE d.id = ? AND t.status = 'FAILED'`,
      [id],
    );
    await interveneInDeploymentTask(world.deps, tenant.caller, { deploymentId: id, taskId: task?.id ?? '' }, { do: 'retry', why: null });
    await world.drive(id);
    world.apple.approve(VERSION);
    await world.drive(id);

    expect(failed).toMatchObject({ status: 'FAILED', failure: { message: expect.stringContaining('rejected by the store') } });
    expect(await world.submissions(id)).toMatchObject([{ status: 'REJECTED' }, { ordinal: 2, status: 'APPROVED', buildNumber: '5100' }]);
    await cancelDeployment(world.deps, tenant.caller, id, { reason: 'enough' });
  });
});
