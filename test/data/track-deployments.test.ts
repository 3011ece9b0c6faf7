import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { dryRunDeployment } from '../../src/services/deployments/create-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { whyDeployment } from '../../src/services/deployments/why-deployment.ts';
import { listServiceRollouts } from '../../src/services/service-rollouts/list-service-rollouts.ts';
import type { ServiceRolloutCommand } from '../../src/services/service-rollouts/service-rollout-command.ts';
import { steerServiceRollout } from '../../src/services/service-rollouts/steer-service-rollout.ts';
import { testDatabases } from '../support/databases.ts';
import { expectDeploymentHistoryReplays } from '../support/deployment-replays.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { openTrackWorld, type TrackWorld } from './track-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.each(testDatabases())('deployments to store tracks on $name', (server) => {
  let world: TrackWorld;
  let tenant: DeploymentTenant;
  let versions = 0;
  beforeAll(async () => {
    world = await openTrackWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => world.openStores());

  interface Shipped {
    id: string;
    serviceId: string;
    environmentId: string;
    version: string;
    code: string;
  }

  /** Each test has a version of its own, higher than those before. */
  async function ship(kind: 'android' | 'ios', options: { isUploaded?: boolean } = {}): Promise<Shipped> {
    tenant = await world.tenant();
    versions += 1;
    const [version, code] = [`5.${versions}.0`, String(5000 + versions)];
    const environmentId = await world.track(tenant, 'production');
    const serviceId = await world[kind](tenant, [environmentId]);
    if (kind === 'ios' && options.isUploaded !== false) world.apple.seedBuild({ version, buildNumber: code });
    const artifact = await world.build(tenant, serviceId, version, code);
    const id = await world.deploy(tenant, environmentId, { [serviceId]: artifact });
    await world.drive(id);
    return { id, serviceId, environmentId, version, code };
  }

  /** Review has let it pass, and the first share is out. */
  async function rollingOut(): Promise<Shipped> {
    const shipped = await ship('android');
    world.play.approve(shipped.version);
    await world.drive(shipped.id);
    return shipped;
  }

  const steer = ({ id, serviceId }: Shipped, command: ServiceRolloutCommand) =>
    steerServiceRollout(world.deps, tenant.caller, { deploymentId: id, serviceId }, command, { reason: 'because' });
  const taskOf = async ({ id }: Shipped, key: string) => (await world.tasks(id)).find((task) => task.key === key);
  const shown = ({ version }: Shipped) => world.play.seen(version)?.state;

  it('upload the kept bundle, pass review, take their steps, and are live for everybody', async () => {
    const shipped = await ship('android');
    const uploads = world.playApp.uploads;
    const [inReview] = (await listServiceRollouts(world.deps, tenant.caller, shipped.id)).items;
    world.play.approve(shipped.version);
    await world.drive(shipped.id);
    const first = await world.rollout(shipped.id);
    await world.passSteps(shipped.id, HOUR_MS);
    await world.drive(shipped.id);
    const second = await world.rollout(shipped.id);
    await world.passSteps(shipped.id, HOUR_MS);
    await world.drive(shipped.id);

    expect(inReview).toMatchObject({ phase: 'IN_REVIEW', step: 0, weight: null });
    expect(first).toMatchObject({ status: 'PROGRESSING', step: 1, weight: 10 });
    expect(second).toMatchObject({ status: 'PROGRESSING', step: 3, weight: 50 });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'SUCCEEDED', failure: null });
    expect(await world.serviceRows(shipped.id)).toEqual(['android HEALTHY 1']);
    expect(await world.installed(shipped.environmentId)).toEqual({ android: shipped.version });
    expect(await world.locks(shipped.id)).toBe(0);
    expect(world.play.seen(shipped.version)).toMatchObject({ buildNumbers: [shipped.code], state: { kind: 'live' } });
    expect(world.playApp.submissions.get(Number(shipped.code))).toBe(1);
    expect(world.play.seen(shipped.version)?.notes).toMatchObject({ 'en-US': 'Faster.', 'de-DE': 'Faster.' });
    expect(world.playApp.uploads).toBe(uploads);
    expect(world.playApp.displaced).toBe(0);
    await expectDeploymentHistoryReplays(world.db, shipped.id);
  });

  it('keep what the store showed before, wait with the way back while it reviews them, and halt what goes out then', async () => {
    const before = await rollingOut();
    await steer(before, 'promote');
    await world.drive(before.id);
    versions += 1;
    const version = `5.${versions}.0`;
    const artifact = await world.build(tenant, before.serviceId, version, String(5000 + versions));
    const id = await world.deploy(tenant, before.environmentId, { [before.serviceId]: artifact });
    await world.drive(id);
    await cancelDeployment(world.deps, tenant.caller, id, { reason: 'enough' });
    await world.drive(id);
    const why = await whyDeployment(world.deps, tenant.caller, id);
    world.play.approve(version);
    await world.drive(id);

    const [row] = await world.db.rows<{ content: unknown }>(
      'SELECT CAST(content AS CHAR) AS content FROM snapshots WHERE deployment_id = ?',
      [id],
    );
    expect(JSON.parse(String(row?.content)).services).toMatchObject([
      {
        installed: { revision: { version: before.version, buildNumber: before.code } },
        sides: null,
        store: { track: 'production', installed: { version: before.version, state: 'live' }, wanted: null },
      },
    ]);
    expect(why.items.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(
        /ROLL_BACK_SERVICE.*is under review.*only people take it back.*if it has not come to that by 20\d\d-.*Z, a person is asked/,
      ),
    );
    expect(world.play.seen(version)?.state).toEqual({ kind: 'halted', fraction: 0.1 });
    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await world.installed(before.environmentId)).toEqual({ android: before.version });
  });

  it('release on the App Store and follow its own days to everybody', async () => {
    const shipped = await ship('ios');
    world.apple.approve(shipped.version);
    await world.drive(shipped.id);
    world.apple.settle();
    await world.drive(shipped.id);
    const first = await world.rollout(shipped.id);
    const [view] = (await listServiceRollouts(world.deps, tenant.caller, shipped.id)).items;
    world.apple.moveTo(shipped.version, { kind: 'live' });
    await world.drive(shipped.id);

    expect(first).toMatchObject({ status: 'PROGRESSING', weight: 1, step: 1 });
    expect(view?.steps.filter((step) => step.do === 'set-weight').map(({ percent }) => percent)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    await expect(steer(shipped, 'advance')).rejects.toThrow('goes no further');
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'SUCCEEDED' });
  });

  it('wait for the build of exactly their number where the store takes no files', async () => {
    const shipped = await ship('ios', { isUploaded: false });
    world.apple.seedBuild({ version: shipped.version, buildNumber: '1' });
    await world.drive(shipped.id);
    const waiting = await taskOf(shipped, 'DEPLOY_SERVICE/ios');
    const why = await whyDeployment(world.deps, tenant.caller, shipped.id);
    world.apple.seedBuild({ version: shipped.version, buildNumber: shipped.code });
    await world.drive(shipped.id);

    expect(waiting).toMatchObject({ status: 'WAITING', output: { why: expect.stringContaining(`the build ${shipped.code}`) } });
    expect(why.summary).toContain(`does not show the build ${shipped.code}`);
    expect(await world.submissions(shipped.id)).toMatchObject([{ buildNumber: shipped.code, status: 'IN_REVIEW' }]);
    await cancelDeployment(world.deps, tenant.caller, shipped.id, { reason: 'enough' });
    await world.drive(shipped.id);
    world.apple.settle();
    await world.drive(shipped.id);
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(world.apple.seen(shipped.version)?.state).toEqual({ kind: 'withdrawn' });
    expect(await world.submissions(shipped.id)).toMatchObject([{ status: 'WITHDRAWN' }]);
  });

  it('adopt a halt in the console, and go no further before a person resumes it', async () => {
    const shipped = await rollingOut();
    world.play.moveTo(shipped.version, { kind: 'halted', fraction: 0.1 });
    await world.passSteps(shipped.id, DAY_MS);
    await world.drive(shipped.id);
    const halted = await world.rollout(shipped.id);
    const stood = shown(shipped);
    await steer(shipped, 'resume');
    await world.drive(shipped.id);

    expect(halted).toMatchObject({ status: 'PAUSED', pauseReason: 'outside', weight: 10, wanted: 'PAUSE' });
    expect(stood).toEqual({ kind: 'halted', fraction: 0.1 });
    expect(shown(shipped)).toEqual({ kind: 'rolling-out', fraction: 0.1 });
    expect(await world.rollout(shipped.id)).toMatchObject({ status: 'PROGRESSING', wanted: 'RUN' });
    await expectDeploymentHistoryReplays(world.db, shipped.id);
  });

  it('are steered by the routes of every rollout: paused, resumed, advanced and promoted', async () => {
    const shipped = await rollingOut();
    await steer(shipped, 'pause');
    await world.drive(shipped.id);
    const paused = shown(shipped);
    await steer(shipped, 'resume');
    await world.drive(shipped.id);
    await steer(shipped, 'advance');
    await world.drive(shipped.id);
    const advanced = shown(shipped);
    await steer(shipped, 'promote');
    await world.drive(shipped.id);

    expect(paused).toEqual({ kind: 'halted', fraction: 0.1 });
    expect(advanced).toEqual({ kind: 'rolling-out', fraction: 0.5 });
    expect(shown(shipped)).toEqual({ kind: 'live' });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    await expectDeploymentHistoryReplays(world.db, shipped.id);
  });

  it('are halted when a person aborts them: nobody new gets it, and who has it keeps it', async () => {
    const shipped = await rollingOut();

    await steer(shipped, 'abort');
    await world.drive(shipped.id);

    expect(shown(shipped)).toEqual({ kind: 'halted', fraction: 0.1 });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'ROLLED_BACK', failure: expect.stringContaining('a person aborted') });
    expect(await world.rollout(shipped.id)).toMatchObject({ status: 'ABORTED', weight: 10 });
    expect(await world.installed(shipped.environmentId)).toEqual({});
    const task = await taskOf(shipped, 'ROLL_BACK_SERVICE/android');
    expect(task?.output?.why).toMatch(/nobody new gets .*10 %.* keep it/);
    await expectDeploymentHistoryReplays(world.db, shipped.id);
  });

  it('are halted when they are cancelled on their way', async () => {
    const shipped = await rollingOut();

    await cancelDeployment(world.deps, tenant.caller, shipped.id, { reason: 'enough' });
    await world.drive(shipped.id);

    expect(shown(shipped)).toEqual({ kind: 'halted', fraction: 0.1 });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'ROLLED_BACK', failure: 'cancelled: enough' });
    expect(await world.locks(shipped.id)).toBe(0);
  });

  it('end ROLLBACK_FAILED where everybody has what the store cannot halt', async () => {
    const shipped = await ship('ios');
    world.apple.approve(shipped.version);
    await world.drive(shipped.id);
    world.apple.settle();
    await world.drive(shipped.id);
    world.apple.moveTo(shipped.version, { kind: 'live' });

    await cancelDeployment(world.deps, tenant.caller, shipped.id, { reason: 'enough' });
    await world.drive(shipped.id);

    expect(await world.row(shipped.id)).toMatchObject({
      outcome: 'ROLLBACK_FAILED',
      failure: expect.stringContaining('can neither halt it nor take it back: release a higher version'),
    });
    expect(await world.serviceRows(shipped.id)).toEqual(['ios ROLLBACK_FAILED 1']);
    expect(await world.locks(shipped.id)).toBe(1);
  });

  it('end ROLLBACK_FAILED, with what a person can do, where a review that nobody here can end goes on too long', async () => {
    const shipped = await ship('android');
    await cancelDeployment(world.deps, tenant.caller, shipped.id, { reason: 'enough' });
    await world.drive(shipped.id);
    const waiting = await world.row(shipped.id);
    await world.db.run(
      `UPDATE tasks SET intents = JSON_SET(intents, '$."take-back".at', ?) WHERE task_key = 'ROLL_BACK_SERVICE/android' AND status = 'WAITING'`,
      [new Date(Date.now() - 2 * HOUR_MS).toISOString()],
    );
    await world.drive(shipped.id);

    expect(waiting.outcome).toBeNull();
    expect(await world.row(shipped.id)).toMatchObject({
      outcome: 'ROLLBACK_FAILED',
      failure: expect.stringMatching(/is under review, and the store lets only people take it back/),
    });
  });

  it('fail with the words of a store that rejects them, after a look that nobody got them', async () => {
    const shipped = await ship('ios');

    world.apple.reject(shipped.version, 'It crashes.');
    await world.drive(shipped.id);

    expect(await taskOf(shipped, 'DEPLOY_SERVICE/ios')).toMatchObject({
      status: 'FAILED',
      failure: { message: expect.stringContaining('was rejected by the store') },
    });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'ROLLED_BACK', failure: expect.stringContaining('rejected') });
    expect((await taskOf(shipped, 'ROLL_BACK_SERVICE/ios'))?.output?.why).toContain('nobody got it');
  });

  it('are verified in the store: what people halt right after its last step is taken back', async () => {
    const shipped = await rollingOut();
    await steer(shipped, 'promote');
    await world.drive(shipped.id, async () => (await taskOf(shipped, 'DEPLOY_SERVICE/android'))?.status === 'COMPLETED');
    world.play.moveTo(shipped.version, { kind: 'halted', fraction: 1 });
    await world.drive(shipped.id);

    expect(await taskOf(shipped, 'VERIFY_HEALTH')).toMatchObject({
      failure: { message: expect.stringContaining(`android ${shipped.version} as halted`) },
    });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect((await taskOf(shipped, 'ROLL_BACK_SERVICE/android'))?.output?.why).toContain('who has it keeps it');
  });

  it('take no step while a window is closed, and the next one once a person lets them pass', async () => {
    const shipped = await rollingOut();
    const window = 'W'.padEnd(25, '0');
    await world.db.run(
      'INSERT INTO windows (id, tenant_id, name, kind, cron, duration_minutes, zone, scope, on_close, created_by_account_id) VALUES (?)',
      [
        [
          `${window}1`,
          tenant.tenantId,
          'Freeze',
          'deny',
          '* * * * *',
          60,
          'UTC',
          JSON.stringify({ targets: ['PLAY_STORE'] }),
          'pause',
          tenant.caller.accountId,
        ],
      ],
    );
    await world.passSteps(shipped.id, HOUR_MS);
    await world.drive(shipped.id);
    const closed = [shown(shipped), await world.rollout(shipped.id), (await whyDeployment(world.deps, tenant.caller, shipped.id)).summary];
    await world.db.run('UPDATE windows SET is_active = 0 WHERE tenant_id = ?', [tenant.tenantId]);
    await world.drive(shipped.id);

    expect(closed).toEqual([
      { kind: 'rolling-out', fraction: 0.1 },
      expect.objectContaining({ status: 'PAUSED', pauseReason: 'window' }),
      expect.stringContaining('Freeze'),
    ]);
    expect(shown(shipped)).toEqual({ kind: 'rolling-out', fraction: 0.5 });
  });

  it('say in a dry run how long they take at least, by their own waits and the days of the store', async () => {
    tenant = await world.tenant();
    const environmentId = await world.track(tenant, 'production');
    const [android, ios] = [await world.android(tenant, [environmentId]), await world.ios(tenant, [environmentId])];
    const artifacts = [
      { serviceId: android, artifactId: await world.build(tenant, android, '6.0.0', '6000') },
      { serviceId: ios, artifactId: await world.build(tenant, ios, '6.0.0', '6001') },
    ];

    const plan = await dryRunDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, artifacts });

    // One after the other: two hours of steps, and from the first to the seventh day.
    expect(plan.minimumTime).toEqual({ deployMs: 2 * HOUR_MS + 6 * DAY_MS, rollbackMs: 0 });
    expect(plan.services.map(({ name, strategy }) => [name, strategy])).toEqual([
      ['android', 'staged'],
      ['ios', 'phased'],
    ]);
  });

  it('take only higher builds: neither an older version nor a rollback of what has succeeded is begun', async () => {
    const shipped = await rollingOut();
    world.play.moveTo(shipped.version, { kind: 'live' });
    await world.drive(shipped.id);
    const older = await world.build(tenant, shipped.serviceId, '4.9.0', '4900');

    await expect(world.deploy(tenant, shipped.environmentId, { [shipped.serviceId]: older })).rejects.toMatchObject({
      problems: [{ field: '/artifacts', message: expect.stringContaining('stores take only higher build numbers') }],
    });
    await expect(rollBackDeployment(world.deps, tenant.caller, shipped.id, { reason: 'bad' })).rejects.toThrow(
      /stores take only higher builds/,
    );
  });

  it('promote what another track has: the same build, uploaded once', async () => {
    tenant = await world.tenant();
    versions += 1;
    const [version, code] = [`5.${versions}.0`, String(5000 + versions)];
    const beta = await world.track(tenant, 'beta');
    const production = await world.track(tenant, 'live');
    const android = await world.android(tenant, [production]);
    await world.db.run('INSERT INTO targets (id, tenant_id, environment_id, service_id, body) VALUES (?)', [
      [
        android.replace(/^./, 'Z'),
        tenant.tenantId,
        beta,
        android,
        JSON.stringify({
          store: {
            integrationId: 'PLAY'.padEnd(26, '0'),
            appId: 'com.example.app',
            track: 'beta',
            rollout: { kind: 'immediate' },
            updatePriority: null,
          },
        }),
      ],
    ]);
    const uploads = world.playApp.uploads;
    const first = await world.deploy(tenant, beta, { [android]: await world.build(tenant, android, version, code) });
    await world.drive(first);
    world.playApp.review(Number(code), 'approved');
    await world.drive(first);
    const second = await world.deploy(tenant, production, {}, { artifacts: undefined, services: undefined, sourceEnvironmentId: beta });
    await world.drive(second);

    expect(await world.row(first)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(await world.submissions(second)).toMatchObject([{ buildNumber: code }]);
    expect(world.playApp.uploads).toBe(uploads + 1);
    expect(world.playApp.releases('production').map(({ versionCodes }) => versionCodes?.[0])).toContain(code);
  });
});
