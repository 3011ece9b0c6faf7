import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Tx } from '../../src/db/client.ts';
import { createCiCdService } from '../../src/services/execution/ci-cd-service.ts';
import { compareConfig } from '../../src/services/releases/compare-config.ts';
import { createRelease } from '../../src/services/releases/create-release.ts';
import { testDatabases } from '../support/databases.ts';
import { type ConfigPartsWorld, configPartsWorld, workflow } from './config-parts-world.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Whatever is done to configs, releases that were created go on with what they were created with. */

const copied = [
  ['ci', 'ciConfigId', 'ci_cd_configs', 'ci-cd-configs', 'ci-cd'],
  ['projectManagement', 'projectManagementConfigId', 'project_management_configs', 'project-management-configs', 'project-management'],
  ['testManagement', 'testManagementConfigId', 'test_management_configs', 'test-management-configs', 'test-management'],
  ['communication', 'commsConfigId', 'tenant_comm_channels', 'communication-channels', 'communication'],
] as const;

const inMinutes = (count: number) => new Date(Date.now() + count * 60_000);

/** The same database, counting what is asked of it within transactions. */
function countingTransactions(db: Database): { db: Database; statements: () => number } {
  let statements = 0;
  const counted = (tx: Tx): Tx => ({
    ...tx,
    rows: (...args) => {
      statements += 1;
      return tx.rows(...args);
    },
    run: (...args) => {
      statements += 1;
      return tx.run(...args);
    },
    batch: (...args) => {
      statements += args[0].length;
      return tx.batch(...args);
    },
  });
  return { db: { ...db, transact: (work) => db.transact((tx) => work(counted(tx))) }, statements: () => statements };
}

describe.each(testDatabases())('configs of releases on $name', (server) => {
  let api: ApiHarness;
  let world: ConfigPartsWorld;
  let made: Record<string, string>;
  let release: { id: string; displayId: string };
  beforeAll(async () => {
    api = await startApi({ server });
    world = await configPartsWorld(api);
    made = await world.made({ ...world.inline, buildMode: 'CI' });
    release = await world.create({ releaseConfigId: made.id });
  });
  afterAll(() => api.close());

  const frozenOf = async (id: string): Promise<Record<string, string>> => {
    const [row] = await api.db.rows<{ config: unknown }>('SELECT config FROM releases WHERE id = ?', [id]);
    return (typeof row?.config === 'string' ? JSON.parse(row.config) : row?.config) as Record<string, string>;
  };
  const connectionOf = (part: (typeof copied)[number][0]) =>
    ({
      ci: world.connections.ci,
      projectManagement: world.connections.tracker,
      testManagement: world.connections.tests,
      communication: world.connections.comms,
    })[part];

  it('are copies of every column and part, which nobody lists, reads, changes, deletes or names', async () => {
    const frozen = await frozenOf(release.id);

    for (const [, field, table, path] of copied) {
      const [own, copy] = [made[field] ?? '', frozen[field] ?? ''];
      const rows = await api.db.rows<Record<string, unknown>>(`SELECT * FROM ${table} WHERE id IN (?) ORDER BY id = ?`, [
        [own, copy],
        copy,
      ]);
      const said = rows.map(
        ({ id: _, created_at: __, updated_at: ___, owned_by_release_config_id: ____, frozen_for_release_id: _____, ...rest }) => rest,
      );
      expect(rows.map((row) => row.frozen_for_release_id)).toEqual([null, release.id]);
      expect(said[1]).toEqual(said[0]);
      const body = (await world.at('GET', `${path}/${own}`)).body;
      const { id: _id, createdAt: _at, updatedAt: _updated, ...form } = body;
      const listed = (await world.at('GET', path)).body.items.map(({ id }: { id: string }) => id);
      expect(listed).toContain(own);
      expect(listed).not.toContain(copy);
      const answers = [
        await world.at('GET', `${path}/${copy}`),
        await world.at('PUT', `${path}/${copy}`, form),
        await world.at('DELETE', `${path}/${copy}`),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect((await world.at('PUT', `release-configs/${made.id}`, world.form({ [field]: copy }))).status).toBe(422);
    }
    const workflows = await api.db.rows('SELECT workflow_id AS id, platform FROM tenant_ci_cd_workflows WHERE config_id = ?', [
      frozen.ciConfigId ?? '',
    ]);
    expect(workflows).toEqual([{ id: 'build.yml', platform: 'WEB' }]);
  });

  it('leave the config that a person made free to be changed and deleted, but not the connection', async () => {
    const own = await world.made({ ...world.inline, buildMode: 'CI' });
    const running = await world.create({
      releaseConfigId: own.id,
      type: 'MAJOR',
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: '2.0.0' }],
    });
    const frozen = await frozenOf(running.id);
    await world.at('PATCH', `release-configs/${own.id}`, {
      ...{ ci: null, projectManagement: null, testManagement: null, communication: null, buildMode: 'MANUAL' },
    });

    for (const [part, field, table, path, category] of copied) {
      expect((await world.at('GET', `${path}/${own[field]}`)).status).toBe(404);
      expect(await api.db.rows(`SELECT 1 AS kept FROM ${table} WHERE id = ?`, [frozen[field] ?? ''])).toEqual([{ kept: 1 }]);
      const used = (await world.at('GET', `integrations/${category}/${connectionOf(part)}`)).body.usedBy;
      expect(used.releases.items.map(({ name }: { name: string }) => name)).toContain(running.displayId);
      expect(used.configs.items.map(({ id }: { id: string }) => id)).not.toContain(frozen[field]);
      expect((await world.at('DELETE', `integrations/${category}/${connectionOf(part)}`)).body.detail).toContain(running.displayId);
    }
  });

  it('do not change when the original does, and the next release has the new', async () => {
    const own = await world.made({ ci: world.inline.ci, buildMode: 'CI', name: 'Edited' });
    const running = await world.create({
      releaseConfigId: own.id,
      type: 'MAJOR',
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: '3.0.0' }],
    });
    await world.at('PUT', `ci-cd-configs/${own.ciConfigId}`, { name: 'New', ...world.inline.ci, workflows: [workflow('new.yml')] });
    const next = await world.create({
      releaseConfigId: own.id,
      type: 'MAJOR',
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: '4.0.0' }],
    });

    const cicd = createCiCdService(api.db, api.deps.connector);
    const used = await Promise.all(
      [running, next].map(async ({ id }) => {
        const { ciConfigId = '' } = await frozenOf(id);
        return (await cicd.workflow(world.tenantId, ciConfigId, 'WEB', 'REGRESSION_BUILD')).workflowId;
      }),
    );

    expect(used).toEqual(['build.yml', 'new.yml']);
  });

  it('of releases created before there were copies are protected as they were', async () => {
    const own = await world.made({ ci: world.inline.ci, buildMode: 'CI', name: 'Before' });
    const old = await world.create({
      releaseConfigId: own.id,
      type: 'MAJOR',
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: '5.0.0' }],
    });
    await api.db.run("UPDATE releases SET config = JSON_SET(config, '$.ciConfigId', ?) WHERE id = ?", [own.ciConfigId, old.id]);
    await api.db.run('DELETE FROM ci_cd_configs WHERE frozen_for_release_id = ?', [old.id]);
    await world.at('DELETE', `release-configs/${own.id}`);

    const refused = await world.at('DELETE', `ci-cd-configs/${own.ciConfigId}`);
    const used = (await world.at('GET', `integrations/ci-cd/${world.connections.ci}`)).body.usedBy;

    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(old.displayId)]);
    expect(used.releases.count).toBeGreaterThan(0);
    expect((await api.db.rows('SELECT 1 FROM releases WHERE id = ?', [old.id])).length).toBe(1);
  });

  it('are shown beside those of today, with each difference, in a number of queries that does not grow', async () => {
    const own = await world.made({ ...world.inline, buildMode: 'CI', name: 'Compared' });
    const running = await world.create({
      releaseConfigId: own.id,
      type: 'MAJOR',
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: '6.0.0' }],
    });
    const compare = async () => (await world.call('GET', `/${running.id}/config`)).body;
    const same = await compare();
    await world.at('PATCH', `release-configs/${own.id}`, {
      ...{ baseBranch: 'develop', tagPattern: 'release-{version}', testManagement: null },
      ci: { ...world.inline.ci, workflows: [workflow('new.yml')] },
    });
    await world.at('DELETE', `release-configs/${own.id}`);
    const { db, statements } = countingDatabase(api.db);

    const after = await compare();
    await compareConfig({ db }, { tenantId: world.tenantId, accountId: '', permissions: new Set(['release:read'] as const) }, running.id);

    expect(same).toMatchObject({ differences: [], configActive: true, frozen: same.current });
    expect(same.frozen).toMatchObject({ name: 'Compared', ...world.inline, tagPattern: 'v6.0.0', stores: {} });
    expect(after.configActive).toBe(false);
    expect(after.frozen).toEqual(same.frozen);
    expect(after.differences).toEqual(
      expect.arrayContaining([
        { path: '/baseBranch', frozen: 'main', current: 'develop' },
        { path: '/tagPattern', frozen: 'v6.0.0', current: 'release-6.0.0' },
        { path: '/ci/workflows/0/workflowId', frozen: 'build.yml', current: 'new.yml' },
        { path: '/testManagement', frozen: same.frozen.testManagement, current: null },
      ]),
    );
    expect(after.differences).toHaveLength(4);
    expect(statements()).toBeLessThanOrEqual(9);
    const stranger = await configPartsWorld(api);
    expect((await stranger.call('GET', `/${running.id}/config`)).status).toBe(404);
  });

  it('are copied in a number of statements that does not depend on what they hold', async () => {
    const many = ['REGRESSION_BUILD', 'AAB_BUILD', 'CUSTOM'].map((workflowType) => ({ ...workflow('x'), workflowType }));
    const counts: number[] = [];
    for (const [index, workflows] of [[workflow('x')], many].entries()) {
      const own = await world.made({ ...world.inline, ci: { ...world.inline.ci, workflows }, buildMode: 'CI', name: 'Counted' });
      const { db, statements } = countingTransactions(api.db);
      const version = `${20 + index}.0.0`;
      const caller = { tenantId: world.tenantId, accountId: world.tenantId, permissions: new Set(['release:create'] as const) };
      await createRelease({ ...api.deps, db }, caller, {
        ...{ releaseConfigId: own.id, type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version }] },
        ...{ kickOffDate: inMinutes(60), targetReleaseDate: inMinutes(600), regressionSlots: [{ date: inMinutes(120) }] },
      });
      counts.push(statements());
    }

    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThan(60);
  });

  it('are copied in one piece: from the first that is read of the config, nobody changes it until the release is there', async () => {
    const own = await world.made({ ...world.inline, buildMode: 'CI' });
    const probes: boolean[] = [];
    const mayBeChanged = () =>
      api.db.transact((other) =>
        other.rows('SELECT id FROM release_configs WHERE id = ? FOR UPDATE NOWAIT', [own.id ?? '']).then(
          () => true,
          () => false,
        ),
      );
    const probing = (tx: Tx): Tx => ({
      ...tx,
      rows: async (...args) => {
        const rows = await tx.rows(...args);
        if (/\bbody\b.* FROM release_configs/.test(args[0])) probes.push(await mayBeChanged());
        return rows as never;
      },
    });
    const db: Database = { ...api.db, transact: (work) => api.db.transact((tx) => work(probing(tx))) };
    const caller = { tenantId: world.tenantId, accountId: world.tenantId, permissions: new Set(['release:create'] as const) };

    await createRelease({ ...api.deps, db }, caller, {
      ...{ releaseConfigId: own.id, type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: '90.0.0' }] },
      ...{ kickOffDate: inMinutes(60), targetReleaseDate: inMinutes(600), regressionSlots: [{ date: inMinutes(120) }] },
    });

    expect(probes.length).toBeGreaterThan(0);
    expect(probes).not.toContain(true);
    expect(await mayBeChanged()).toBe(true);
  });
});
