import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { AnalysisPlan } from '../../src/domain/deployment/analysis-plan.ts';
import { testDatabases } from '../support/databases.ts';
import { idOf, plannedService, targetBody } from './deployment-facts.ts';
import { openServiceRolloutWorld, type ServiceRolloutWorld } from './service-rollout-world.ts';

const MINUTE_MS = 60_000;

const errors: AnalysisPlan = {
  metrics: [
    {
      ...{ name: 'errors', query: 'errors', intervalMs: MINUTE_MS, initialDelayMs: 0, until: { kind: 'count', count: 1 } },
      ...{ successCondition: { op: '<', threshold: 5 }, failureCondition: null, failureLimit: 0, inconclusiveLimit: 0 },
      ...{ consecutiveErrorLimit: 5, minSamples: 1 },
    },
  ],
  inconclusiveDeadlineMs: 10 * MINUTE_MS,
};

describe.each(testDatabases())('rollouts without evidence on $name', (server) => {
  let world: ServiceRolloutWorld;
  beforeAll(async () => {
    world = await openServiceRolloutWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => world.fresh());

  const requests = async (deploymentId: string) => {
    const rows = await world.db.rows<{ data: unknown; revision: number; at: Date }>(
      "SELECT data, revision, created_at AS at FROM deliveries WHERE subject_id = ? AND type = 'DEPLOYMENT_EVIDENCE_REQUEST' ORDER BY id",
      [deploymentId],
    );
    return rows.map(({ data, ...row }) => ({
      ...row,
      data: parseJson(data) as { step: number; since: string; lacks: { why: string; takenBackAt: string } },
    }));
  };

  const deploy = (steps: boolean) =>
    world.deploy(
      plannedService('web', {
        target: targetBody({
          traffic: { integrationId: idOf('router'), config: {} },
          metrics: { integrationId: idOf('metrics') },
          strategy: {
            ...{ kind: 'canary', drainMs: 0, background: steps ? errors : null },
            steps: [
              { do: 'set-weight', percent: 10 },
              { do: 'analysis', analysis: errors },
            ],
          },
        }),
      }),
      { commsConfigId: idOf('comms') },
    );

  it('ask people once, with what is lacking and the deadline, and tell them what became of it', async () => {
    world.drivers.metrics.value = null;
    const service = await deploy(false);

    await service.look();
    await service.look();
    const [asked, ...more] = await requests(service.deploymentId);
    await service.steer('advance');
    const [answered] = await requests(service.deploymentId);
    await service.look();

    expect(more).toEqual([]);
    expect(asked?.data.lacks.why).toContain('no evidence');
    expect(Date.parse(asked?.data.lacks.takenBackAt ?? '') - Date.parse(asked?.data.since ?? '')).toBe(10 * MINUTE_MS);
    expect(answered?.revision).toBeGreaterThan(asked?.revision ?? 0);
    expect(world.drivers.router.weights?.green).toBe(100);
  });

  it('ask anew each time that evidence is lacking, also on the same step', async () => {
    world.drivers.metrics.value = null;
    const service = await deploy(true);
    await service.look();

    await service.steer('advance');
    await service.look();
    await service.pass(MINUTE_MS);
    await service.look();

    const asked = await requests(service.deploymentId);
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked.map(({ data }) => data.since)).size).toBe(asked.length);
    expect(new Set(asked.map(({ data }) => data.step))).toEqual(new Set([1]));
  });
});
