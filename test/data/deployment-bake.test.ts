import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultPipeline } from '../../src/domain/deployment/default-pipeline.ts';
import type { TargetBody } from '../../src/domain/deployment/target.ts';
import { testDatabases } from '../support/databases.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

const HOUR = 3_600_000;
const bake = {
  ...{ key: 'BAKE', type: 'BAKE', dependsOn: ['VERIFY_HEALTH'], onFailure: 'rollback', maxAttempts: 5, timeoutMs: 2 * HOUR },
  input: { forMs: HOUR },
};
const baking = {
  ...defaultPipeline,
  stages: defaultPipeline.stages.map((stage) => (stage.key === 'VERIFY' ? { ...stage, tasks: [...stage.tasks, bake] } : stage)),
};

describe.each(testDatabases())('baking on $name', (server) => {
  let world: DeploymentWorld;
  let of: DeploymentScenario;
  let pipelineId: string;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
  });
  beforeEach(async () => {
    of = await openScenario(world);
    pipelineId = await of.tenant.pipeline('baking', baking);
  });
  afterAll(() => world?.close());

  const bakeOf = async (id: string) => (await world.tasks(id)).find(({ key }) => key === 'BAKE');
  const isBaking = (id: string) => async () => (await bakeOf(id))?.status === 'WAITING';
  /** Version 2 stands and is baked; version 1 was there before. */
  async function standing(): Promise<string> {
    await of.deploy('1');
    const { id } = await of.create({ artifacts: of.artifactsOf('2'), pipelineId });
    await world.drive(id, isBaking(id));
    return id;
  }
  async function lookOnce(id: string): Promise<void> {
    let asked = 0;
    await world.drive(id, () => {
      asked += 1;
      return asked > 1;
    });
  }
  const endTime = (id: string) =>
    world.db.run(
      `UPDATE tasks t JOIN deployments d ON d.run_id = t.run_id SET t.output = JSON_SET(t.output, '$.until', 1) WHERE d.id = ? AND t.type = 'BAKE'`,
      [id],
    );
  const waitsFor = async (id: string) => {
    const [row] = await world.db.rows<{ seconds: number }>(
      `SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), t.run_at) / 1000000 AS seconds FROM tasks t JOIN deployments d ON d.run_id = t.run_id
       WHERE d.id = ? AND t.type = 'BAKE'`,
      [id],
    );
    return Number(row?.seconds);
  };

  it('goes on once its time is over and everything has stayed healthy', async () => {
    const id = await standing();
    await world.drive(id);
    const before = await of.statusOf(id);
    await endTime(id);

    await world.drive(id);

    expect([before, await of.statusOf(id)]).toEqual(['VERIFYING', 'SUCCEEDED']);
  });

  it('fails at once when a service turns unhealthy meanwhile, and what was changed is taken back', async () => {
    const id = await standing();
    world.drivers.unhealthy.add(of.digest(of.api, '2'));

    await world.drive(id);

    expect(await world.row(id)).toMatchObject({
      outcome: 'ROLLED_BACK',
      failure: expect.stringContaining('api: GET /health: it answered 503'),
    });
    expect(await world.installed(of.environmentId)).toEqual({ api: '1', web: '1' });
  });

  it('does not end while a driver tells nothing, and fails for nobody else’s trouble', async () => {
    const id = await standing();
    await endTime(id);
    world.drivers.down = true;
    for (let looks = 0; looks < 3; looks += 1) await lookOnce(id);
    const meanwhile = await bakeOf(id);
    world.drivers.down = false;

    await world.drive(id);

    expect(meanwhile?.status).toBe('WAITING');
    expect(await of.statusOf(id)).toBe('SUCCEEDED');
  });

  it.each([
    [[], 60],
    [[{ kind: 'http', path: '/health', expectStatus: [200], intervalMs: 600_000, timeoutMs: 1_000, successes: 1, withinMs: 700_000 }], 600],
    [
      [{ kind: 'http', path: '/health', expectStatus: [200], intervalMs: 2 * HOUR, timeoutMs: 1_000, successes: 1, withinMs: 3 * HOUR }],
      3_600,
    ],
  ] as [TargetBody['health'], number][])(
    'looks again when a probe is due, at the latest when its time is over (%#)',
    async (health, seconds) => {
      const environmentId = await of.tenant.environment('baked');
      const service = await of.tenant.service('slow', [environmentId], { health });
      const artifactId = await of.tenant.artifact(service, '1');
      const { id } = await of.create({ environmentId, services: [service], artifacts: [{ serviceId: service, artifactId }], pipelineId });

      await world.drive(id, isBaking(id));

      expect(await waitsFor(id)).toBeGreaterThan(seconds - 30);
      expect(await waitsFor(id)).toBeLessThanOrEqual(seconds);
    },
  );
});
