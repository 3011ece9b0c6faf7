import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { Strategy } from '../../src/domain/deployment/strategy.ts';
import { composeDeploymentMessage } from '../../src/services/deployments/compose-deployment-message.ts';
import { steerServiceRollout } from '../../src/services/service-rollouts/steer-service-rollout.ts';
import { testDatabases } from '../support/databases.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

describe.each(testDatabases())('messages about deployments on $name', (server) => {
  let world: DeploymentWorld;
  let of: DeploymentScenario;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
  });
  beforeEach(async () => {
    of = await openScenario(world);
  });
  afterAll(() => world?.close());

  it('tell the channels of their environment how they stand, in one message, and once how they ended', async () => {
    const environmentId = await of.tenant.environment('told', { commsConfigId: of.tenant.appId });
    const service = await of.tenant.service('told', [environmentId]);
    const artifact = await of.tenant.artifact(service, '1');
    world.drivers.broken.add(of.digest(service, '1'));

    const { id } = await of.create({ environmentId, artifacts: [{ serviceId: service, artifactId: artifact }], services: [service] });
    await world.drive(id);

    const rows = await world.db.rows<{ type: string; revision: number }>(
      'SELECT type, revision FROM deliveries WHERE subject_id = ? ORDER BY type',
      [id],
    );
    expect(rows.map(({ type }) => type)).toEqual(['DEPLOYMENT_ROLLED_BACK', 'DEPLOYMENT_STATUS']);
    expect(rows[1]?.revision).toBeGreaterThan(0);
    const { notification, isFinal, commsConfigId } = await composeDeploymentMessage(
      world.db,
      of.tenant.tenantId,
      id,
      'DEPLOYMENT_ROLLED_BACK',
    );
    expect({ isFinal, commsConfigId, bucket: notification.bucket }).toEqual({
      isFinal: true,
      commsConfigId: of.tenant.appId,
      bucket: 'critical',
    });
    expect(JSON.stringify(notification.content)).toContain('DEPLOY_SERVICE/told');
  });

  it('ask a person for the step that a canary stands on, once, until they have gone on', async () => {
    const environmentId = await of.tenant.environment('stepped', { commsConfigId: of.tenant.appId });
    const strategy: Strategy = {
      ...{ kind: 'canary', background: null, drainMs: 0 },
      steps: [
        { do: 'set-weight', percent: 10 },
        { do: 'pause', forMs: null },
      ],
    };
    const service = await of.tenant.service('stepped', [environmentId], {
      strategy,
      traffic: { integrationId: of.tenant.appId, config: {} },
    });
    const versions = [await of.tenant.artifact(service, '1'), await of.tenant.artifact(service, '2')];
    const deploy = async (artifactId = '') => {
      const { id } = await of.create({ environmentId, artifacts: [{ serviceId: service, artifactId }], services: [service] });
      await world.drive(id);
      return id;
    };
    const requests = (deploymentId: string) =>
      world.db.rows<{ data: unknown; revision: number }>(
        "SELECT data, revision FROM deliveries WHERE subject_id = ? AND type = 'DEPLOYMENT_PROMOTION_REQUEST'",
        [deploymentId],
      );
    const { tenantId, caller } = of.tenant;
    const compose = async (id: string, data: unknown) =>
      composeDeploymentMessage(world.db, tenantId, id, 'DEPLOYMENT_PROMOTION_REQUEST', parseJson(data) as Record<string, unknown>);

    const first = await deploy(versions[0]);
    const id = await deploy(versions[1]);
    const [asked, ...more] = await requests(id);
    const open = await compose(id, asked?.data);
    const command = { deploymentId: id, serviceId: service };
    await steerServiceRollout(world.deps, caller, command, 'advance', { reason: 'looks good', shown: { step: 1, lackingSince: null } });
    await world.drive(id);
    const [answered] = await requests(id);
    const decided = await compose(id, answered?.data);

    expect([await requests(first), more]).toEqual([[], []]);
    expect(open.isFinal).toBe(false);
    expect(open.notification.content.actions?.map(({ label }) => label)).toEqual(['Advance', 'Abort']);
    expect(await of.statusOf(id)).toBe('SUCCEEDED');
    expect(answered?.revision).toBeGreaterThan(asked?.revision ?? 0);
    expect(decided.isFinal).toBe(true);
    expect(decided.notification.content.summary).toContain('stepped 2 in stepped goes on');
    expect(decided.notification.standing).toEqual([{ text: 'Advanced by Ada' }]);
  });

  it('remind people of an approval at the times of the environment, each once, and call upon others when nobody comes', async () => {
    const approval = {
      ...{ quorum: 1, allowSelfApproval: false, groups: [], expiresAfterMs: null },
      ...{ remindAfterMs: 60_000, remindEveryMs: null, escalateAfterMs: 3_600_000 },
      escalateTo: { critical: true, accountIds: [of.tenant.other.accountId], roles: [] },
    };
    const environmentId = await of.tenant.environment('asked', { tier: 'production', approval, commsConfigId: of.tenant.appId });
    const service = await of.tenant.service('asked', [environmentId]);
    const artifact = await of.tenant.artifact(service, '1');
    const { id } = await of.create({ environmentId, artifacts: [{ serviceId: service, artifactId: artifact }], services: [service] });
    const askedFor = async (ms: number) => {
      const asked = new Date(Date.now() - ms).toISOString();
      await world.db.run(
        `UPDATE tasks t JOIN deployments d ON d.run_id = t.run_id SET t.output = JSON_SET(t.output, '$.askedAt', ?)
         WHERE d.id = ? AND t.type = 'APPROVE_DEPLOYMENT'`,
        [asked, id],
      );
      for (let looks = 0; looks < 2; looks += 1) await world.drive(id);
    };
    const reminders = () =>
      world.db.rows<{ type: string; data: unknown }>(
        "SELECT type, data FROM deliveries WHERE subject_id = ? AND type IN ('DEPLOYMENT_APPROVAL_REMINDER', 'DEPLOYMENT_APPROVAL_ESCALATION') ORDER BY type",
        [id],
      );

    await world.drive(id);
    const atFirst = await reminders();
    await askedFor(120_000);
    const reminded = await reminders();
    await askedFor(7_200_000);
    const [escalated] = await reminders();

    expect(atFirst).toEqual([]);
    expect(reminded.map(({ type }) => type)).toEqual(['DEPLOYMENT_APPROVAL_REMINDER']);
    expect(escalated?.type).toBe('DEPLOYMENT_APPROVAL_ESCALATION');
    const composed = await composeDeploymentMessage(
      world.db,
      of.tenant.tenantId,
      id,
      'DEPLOYMENT_APPROVAL_ESCALATION',
      parseJson(escalated?.data) as Record<string, unknown>,
    );
    expect(composed.notification.bucket).toBe('critical');
    expect(JSON.stringify(composed.notification.content)).toContain('Ben');
  });
});
