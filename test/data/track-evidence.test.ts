import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { metricDefaults } from '../../src/domain/analysis/metric.ts';
import type { AnalysisPlan } from '../../src/domain/deployment/analysis-plan.ts';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import { dryRunDeployment } from '../../src/services/deployments/create-deployment.ts';
import { whyDeployment } from '../../src/services/deployments/why-deployment.ts';
import { listServiceRollouts } from '../../src/services/service-rollouts/list-service-rollouts.ts';
import type { ServiceRolloutCommand } from '../../src/services/service-rollouts/service-rollout-command.ts';
import { steerServiceRollout } from '../../src/services/service-rollouts/steer-service-rollout.ts';
import { MemoryMetrics } from '../fakes/deployment/memory-metrics.ts';
import { testDatabases } from '../support/databases.ts';
import { expectDeploymentHistoryReplays } from '../support/deployment-replays.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { openTrackWorld, type TrackWorld } from './track-world.ts';

const HOUR_MS = 3_600_000;

const crashes: AnalysisPlan = {
  inconclusiveDeadlineMs: HOUR_MS,
  metrics: [
    {
      ...metricDefaults,
      ...{ name: 'crashes', query: 'crashes{build="{{buildNumber}}"}', intervalMs: 60_000, until: { kind: 'count', count: 1 } },
      successCondition: { op: '<', threshold: 0.01 },
    },
  ],
};
const measured = { metrics: { integrationId: 'PROMETHEUS'.padEnd(26, '0') } };
const staged: RolloutPlan = {
  ...{ kind: 'staged', ...measured },
  steps: [
    { percent: 10, waitMinutes: 60, analysis: crashes },
    { percent: 100, waitMinutes: null },
  ],
};

describe.each(testDatabases())('evidence beside deployments to store tracks on $name', (server) => {
  let world: TrackWorld;
  let tenant: DeploymentTenant;
  let metrics: MemoryMetrics;
  beforeAll(async () => {
    world = await openTrackWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    await world.openStores();
    metrics = new MemoryMetrics();
    world.drivers.provides = { metricsSource: () => metrics };
    tenant = await world.tenant();
  });

  async function ship(kind: 'android' | 'ios', rollout: RolloutPlan, value: number | null): Promise<{ id: string; serviceId: string }> {
    metrics.value = value;
    const environmentId = await world.track(tenant, 'production');
    const serviceId = await world[kind](tenant, [environmentId], { rollout });
    if (kind === 'ios') world.apple.seedBuild({ version: '6.0.0', buildNumber: '6000' });
    const artifact = await world.build(tenant, serviceId, '6.0.0', '6000');
    const id = await world.deploy(tenant, environmentId, { [serviceId]: artifact });
    await world.drive(id);
    world[kind === 'ios' ? 'apple' : 'play'].approve('6.0.0');
    await world.drive(id);
    return { id, serviceId };
  }
  const steer = ({ id, serviceId }: { id: string; serviceId: string }, command: ServiceRolloutCommand) =>
    steerServiceRollout(world.deps, tenant.caller, { deploymentId: id, serviceId }, command, { reason: 'because' });

  it('lets the next share out once it has passed, and is shown with what was measured', async () => {
    const shipped = await ship('android', staged, 0);
    const [view] = (await listServiceRollouts(world.deps, tenant.caller, shipped.id)).items;
    await world.passSteps(shipped.id, HOUR_MS);
    await world.drive(shipped.id);

    expect(metrics.queries).toContain('crashes{build="6000"}');
    expect(view).toMatchObject({ status: 'PROGRESSING', weight: 10, analyses: [{ verdict: 'successful', measurements: [{ value: 0 }] }] });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    await expectDeploymentHistoryReplays(world.db, shipped.id);
  });

  it('halts it in the store when it fails, says so with the evidence, and a person resumes it or takes it back', async () => {
    const shipped = await ship('android', staged, 0.2);
    const halted = await world.rollout(shipped.id);
    const why = await whyDeployment(world.deps, tenant.caller, shipped.id);
    metrics.value = 0;
    await steer(shipped, 'resume');
    await world.drive(shipped.id);
    const resumed = await world.rollout(shipped.id);
    await steer(shipped, 'abort');
    await world.drive(shipped.id);

    expect(halted).toMatchObject({ status: 'PAUSED', pauseReason: 'analysis', weight: 10, wanted: 'PAUSE' });
    expect(why.items.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/DEPLOY_SERVICE.*halted for its analysis: its analysis failed \(crashes: .*0\.2.*resumes it with a reason/),
    );
    expect(resumed).toMatchObject({ status: 'PROGRESSING', wanted: 'RUN' });
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(world.play.seen('6.0.0')?.state).toEqual({ kind: 'halted', fraction: 0.1 });
    await expectDeploymentHistoryReplays(world.db, shipped.id);
  });

  it('stands still without evidence until a person advances it', async () => {
    const shipped = await ship('android', staged, null);
    const stands = await world.rollout(shipped.id);
    const why = await whyDeployment(world.deps, tenant.caller, shipped.id);
    await steer(shipped, 'advance');
    await world.drive(shipped.id);

    expect(stands).toMatchObject({ status: 'PAUSED', pauseReason: 'inconclusive', weight: 10 });
    expect(why.items.map(({ text }) => text)).toContainEqual(expect.stringContaining('there is no evidence for the next share: crashes'));
    expect(await world.row(shipped.id)).toMatchObject({ outcome: 'SUCCEEDED' });
  });

  it('pauses the days of the App Store', async () => {
    const shipped = await ship('ios', { kind: 'phased', analysis: crashes, ...measured }, 0.2);
    world.apple.settle();
    await world.drive(shipped.id);

    expect(world.apple.seen('6.0.0')?.state).toMatchObject({ kind: 'halted' });
    expect(await world.rollout(shipped.id)).toMatchObject({ status: 'PAUSED', pauseReason: 'analysis' });
  });

  it('needs a connection that answers queries: the plan is refused without', async () => {
    world.drivers.provides = {};
    const environmentId = await world.track(tenant, 'production');
    const serviceId = await world.android(tenant, [environmentId], { rollout: staged });
    const artifactId = await world.build(tenant, serviceId, '6.0.0', '6000');

    const planned = dryRunDeployment(world.deps, tenant.caller, {
      ...{ environmentId, appId: tenant.appId, services: [serviceId], artifacts: [{ serviceId, artifactId }] },
    });

    await expect(planned).rejects.toMatchObject({
      code: 'invalid',
      problems: [{ field: '/environmentId', message: expect.stringContaining('/store/rollout/metrics/integrationId') }],
    });
  });
});
