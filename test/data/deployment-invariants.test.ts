import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintKey, fingerprintOf } from '../../src/services/catalogue/secret-fingerprint.ts';
import { putVariable } from '../../src/services/catalogue/variables.ts';
import { approveDeployment } from '../../src/services/deployments/approve-deployment.ts';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { pauseDeployment, resumeDeployment } from '../../src/services/deployments/pause-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { testDatabases } from '../support/databases.ts';
import { type DeploymentScenario, openScenario } from './deployment-scenario.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

/* What must hold of any deployment, seen in the rows. */

const SECRET = 'canary-3f1c9d0b7a';

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

  /** Every row of every table that the condition lets through, as text. */
  async function rowsOf(tenantId: string | null): Promise<Record<string, string>> {
    const tables = await world.db.rows<{ name: string }>(
      `SELECT DISTINCT table_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() ${tenantId === null ? '' : "AND column_name = 'tenant_id'"}`,
    );
    const found: Record<string, string> = {};
    for (const { name } of tables) {
      const rows =
        tenantId === null
          ? await world.db.rows(`SELECT * FROM \`${name}\``)
          : await world.db.rows(`SELECT * FROM \`${name}\` WHERE tenant_id = ?`, [tenantId]);
      found[name] = rows
        .map((row) => JSON.stringify(row, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value)))
        .sort()
        .join('\n');
    }
    return found;
  }

  it('at most one is active per environment and service, however many are asked for at once', async () => {
    await of.deploy('1');
    const [api, web] = of.artifactsOf('2');
    const wanted = [[api], [web], [api, web], [api], [api, web], [web]].map((chosen) => chosen.flatMap((one) => (one ? [one] : [])));

    const asked = await Promise.allSettled(
      wanted.map((artifacts) => of.create({ artifacts, services: artifacts.map(({ serviceId }) => serviceId) })),
    );

    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(refused)).toEqual(new Set(['conflict']));
    const active = await world.db.rows<{ serviceId: string; times: number }>(
      `SELECT s.service_id AS serviceId, COUNT(*) AS times FROM service_deployments s JOIN deployments d ON d.id = s.deployment_id
       WHERE d.tenant_id = ? AND d.outcome IS NULL GROUP BY s.service_id`,
      [of.tenant.tenantId],
    );
    expect(active.map(({ times }) => Number(times))).toEqual(active.map(() => 1));
    expect(active.length).toBeGreaterThan(0);
  });

  it("commands of tenant A change nothing of tenant B's", async () => {
    const victim = await of.deploy('1');
    const { id: open } = await of.create({ artifacts: of.artifactsOf('2') });
    const before = await rowsOf(of.tenant.tenantId);
    const stranger = await openScenario(world);
    const { caller } = stranger.tenant;

    const attempts = [
      ...[victim, open].flatMap((id) => [
        () => cancelDeployment(world.deps, caller, id, { reason: 'because' }),
        () => pauseDeployment(world.deps, caller, id, { reason: 'because' }),
        () => resumeDeployment(world.deps, caller, id, {}),
        () => approveDeployment(world.deps, caller, id, { decision: 'APPROVED' }),
        () => rollBackDeployment(world.deps, caller, id, { reason: 'because' }),
      ]),
      () =>
        createDeployment(world.deps, caller, { environmentId: of.environmentId, appId: of.tenant.appId, artifacts: of.artifactsOf('3') }),
      () =>
        createDeployment(world.deps, caller, {
          ...{ environmentId: stranger.environmentId, appId: stranger.tenant.appId, sourceEnvironmentId: of.environmentId },
        }),
    ];
    const refused = await Promise.all(
      attempts.map((attempt) =>
        attempt().then(
          () => 'done',
          ({ code }) => String(code),
        ),
      ),
    );
    await stranger.deploy('1');

    expect(refused).not.toContain('done');
    expect(await rowsOf(of.tenant.tenantId)).toEqual(before);
  });

  it('no secret value stands in any row, event, payload or line of the log, and services get it all the same', async () => {
    const { caller, tenantId } = of.tenant;
    const input = { value: SECRET, isSecret: true, expiresAt: null };
    const place = { environmentId: of.environmentId, serviceId: null, name: 'TOKEN' };
    await putVariable(world.deps, caller, place, input);
    await of.deploy('1');
    world.drivers.broken.add(of.digest(of.web, '2'));
    await of.deploy('2');
    // What a driver breaks with may carry what it was given.
    const { ensure } = world.drivers.deployTarget;
    let breaks = 1;
    world.drivers.deployTarget.ensure = async (workload) => {
      if (breaks-- > 0) throw Object.assign(new Error('the driver broke'), { workload, variables: Object.fromEntries(workload.variables) });
      return ensure(workload);
    };
    const third = await of.deploy('3');
    world.drivers.deployTarget.ensure = ensure;
    await putVariable(world.deps, caller, place, { ...input, value: `${SECRET}-today` });
    const back = await rollBackDeployment(world.deps, caller, third, { reason: 'because' });
    await world.drive(back.id);

    const all = await rowsOf(null);

    expect(await world.row(back.id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect([...world.drivers.running.values()].map(({ variables }) => variables?.TOKEN)).toContain(SECRET);
    const telling = Object.entries(all).flatMap(([table, text]) => (text.includes(SECRET) ? [table] : []));
    expect(telling).toEqual([]);
    expect(JSON.stringify(world.rung)).not.toContain(SECRET);
    const key = await world.deps.db.transact((tx) => fingerprintKey(tx, world.deps.keyring, tenantId));
    expect(all.snapshots).toContain(fingerprintOf(key, SECRET));
    expect(all.config_versions).toContain(fingerprintOf(key, SECRET));
    expect(Object.values(all).join('')).not.toContain(key.reveal());
    expect(world.logged.join('')).toContain('the driver broke');
    expect(world.logged.filter((line) => line.includes(SECRET))).toEqual([]);
  });

  it('a sealed hash never changes', async () => {
    const release = await of.tenant.release('9.0', of.itemsOf('1'));
    const sealed = async () => {
      const [row] = await world.db.rows<{ hash: string | null; at: Date | null }>(
        'SELECT sealed_hash AS hash, sealed_at AS at FROM service_releases WHERE id = ?',
        [release],
      );
      return row;
    };
    await of.deploy('1', { artifacts: undefined, serviceReleaseId: release });
    const first = await sealed();
    await of.deploy('2');
    await of.deploy('1', { artifacts: undefined, serviceReleaseId: release });

    expect(first?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await sealed()).toEqual(first);
  });

  it('ids that people read are unique in a tenant, durations are never negative', async () => {
    const environments = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => of.tenant.environment(name)));
    const made = await Promise.all(
      environments.map(async (environmentId) => {
        const service = await of.tenant.service(`of ${environmentId}`, [environmentId]);
        const artifactId = await of.tenant.artifact(service, '1');
        return of.create({ environmentId, services: [service], artifacts: [{ serviceId: service, artifactId }] });
      }),
    );
    await world.drive(made[0]?.id ?? '');

    expect(new Set(made.map(({ displayId }) => displayId)).size).toBe(environments.length);
    const negative = await world.db.rows(
      `SELECT id FROM deployments WHERE ended_at < created_at
       UNION SELECT task_id FROM attempts WHERE ended_at < started_at`,
    );
    expect(negative).toEqual([]);
    expect(await world.db.rows('SELECT id FROM deployments WHERE (outcome IS NULL) <> (ended_at IS NULL)')).toEqual([]);
  });
});
