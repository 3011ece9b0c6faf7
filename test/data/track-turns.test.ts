import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whyDeployment } from '../../src/services/deployments/why-deployment.ts';
import { storeLock } from '../../src/services/releases/store-lock.ts';
import { leftReview, subjectEnded } from '../../src/services/releases/turn-signals.ts';
import { deploymentTaskHandlers } from '../../src/workers/deployment-tasks/index.ts';
import { testDatabases } from '../support/databases.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { frozenConfig, frozenStore } from './release-facts.ts';
import { APP, openTrackWorld, type TrackWorld } from './track-world.ts';

const newId = monotonicFactory();
const store = frozenStore('PLAY_STORE', { appId: APP });

describe.each(testDatabases())('releases and deployments of one app on $name', (server) => {
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

  /** One that is under way, with its version in review. */
  async function releaseInReview(appId = APP, version = '5.0.0'): Promise<{ id: string; submissionId: string }> {
    const [id, runId, submissionId] = [newId(), newId(), newId()];
    const { tenantId, caller } = tenant;
    const config = JSON.stringify(frozenConfig({ stores: [frozenStore('PLAY_STORE', { appId })] }));
    await world.db.run('INSERT INTO runs (id, tenant_id, kind, subject_id, status, queue) VALUES (?)', [
      [runId, tenantId, 'release', id, 'IN_PROGRESS', 'distribution'],
    ]);
    await world.db.run(
      `INSERT INTO releases (id, tenant_id, run_id, display_number, config_id, config, type, branch, base_branch, release_tag, build_mode,
         kick_off_date, target_release_date, created_by_account_id) VALUES (?)`,
      [
        [
          ...[id, tenantId, runId, 7, newId(), config, 'MINOR', 'release/5.0.0', 'main', 'v5.0.0', 'CI'],
          ...[new Date(), new Date(), caller.accountId],
        ],
      ],
    );
    const platformId = newId();
    await world.db.run('INSERT INTO platform_releases (id, tenant_id, release_id, platform, target, version) VALUES (?)', [
      [platformId, tenantId, id, 'ANDROID', 'PLAY_STORE', version],
    ]);
    await world.db.run(
      'INSERT INTO store_submissions (id, tenant_id, release_id, platform_release_id, target, task_id, ordinal, build_number, status, notes) VALUES (?)',
      [[submissionId, tenantId, id, platformId, 'PLAY_STORE', newId(), 1, '5000', 'IN_REVIEW', '{}']],
    );
    return { id, submissionId };
  }

  async function deploy(): Promise<string> {
    const environmentId = await world.track(tenant, 'production');
    const android = await world.android(tenant, [environmentId]);
    const id = await world.deploy(tenant, environmentId, { [android]: await world.build(tenant, android, '5.1.0', '5100') });
    await world.drive(id);
    return id;
  }

  it('a deployment waits for the release in review, names it, and is woken in the transaction that ends its review', async () => {
    const release = await releaseInReview();
    const id = await deploy();
    const why = await whyDeployment(world.deps, tenant.caller, id);
    const waiting = await world.submissions(id);
    const task = (await world.tasks(id)).find(({ key }) => key === 'DEPLOY_SERVICE/android');
    await world.db.run(`UPDATE store_submissions SET status = 'APPROVED' WHERE id = ?`, [release.submissionId]);
    const wakes = await world.db.transact((tx) => leftReview(tx, release.id, 'PLAY_STORE'));
    await world.drive(id);

    expect(waiting).toEqual([]);
    expect(task).toMatchObject({ status: 'WAITING', output: { blockedBy: [{ id: release.id }] } });
    expect(why.summary).toContain('the store reviews REL-7 first');
    expect(wakes).toHaveLength(1);
    expect(await world.submissions(id)).toMatchObject([{ status: 'IN_REVIEW', buildNumber: '5100' }]);
  });

  it('a release waits for the deployment in review, until it has left it', async () => {
    const id = await deploy();
    const release = { id: newId(), tenantId: tenant.tenantId };

    const before = await world.services.turns.toSubmit(release, store, '5.0.0');
    const elsewhere = await world.services.turns.toSubmit(release, { ...store, appId: 'com.example.other' }, '5.0.0');
    const stranger = await world.services.turns.toSubmit({ ...release, tenantId: (await world.tenant()).tenantId }, store, '5.0.0');
    world.play.approve('5.1.0');
    await world.drive(id);
    const after = await world.services.turns.toSubmit(release, store, '5.0.0');

    expect(before).toEqual({ own: false, blockedBy: [{ id, displayId: 'DEP-1' }] });
    expect([elsewhere, stranger, after]).toEqual([{ own: true }, { own: true }, { own: true }]);
  });

  it('one version on one track is brought by one of them: the later waits for the other to end, by its name, and is woken then', async () => {
    const release = await releaseInReview(APP, '5.1.0');
    await world.db.run(`UPDATE store_submissions SET status = 'APPROVED' WHERE id = ?`, [release.submissionId]);
    const id = await deploy();
    const task = (await world.tasks(id)).find(({ key }) => key === 'DEPLOY_SERVICE/android');
    const why = await whyDeployment(world.deps, tenant.caller, id);
    const waiting = await world.submissions(id);
    await world.db.run(`UPDATE runs SET status = 'COMPLETED' WHERE subject_id = ?`, [release.id]);
    const wakes = await world.db.transact((tx) => subjectEnded(tx, release.id));
    await world.drive(id);

    expect(waiting).toEqual([]);
    expect(task).toMatchObject({ status: 'WAITING', output: { blockedBy: [{ id: release.id }], sameVersion: true } });
    expect(why.summary).toContain('REL-7 brings this very version to the store already, and has to end first');
    expect(wakes).toHaveLength(1);
    expect(await world.submissions(id)).toMatchObject([{ status: 'IN_REVIEW' }]);
  });

  it('the same for a release: of the version that a deployment brings, from its review to its end, on that track alone', async () => {
    const id = await deploy();
    world.play.approve('5.1.0');
    await world.drive(id);
    const release = { id: newId(), tenantId: tenant.tenantId };
    const turn = (version: string, more: Partial<typeof store> = {}) =>
      world.services.turns.toSubmit(release, { ...store, ...more }, version);

    const same = await turn('5.1.0');
    const others = [await turn('5.2.0'), await turn('5.1.0', { track: 'beta' }), await turn('5.1.0', { appId: 'com.example.other' })];
    await world.db.run(`UPDATE deployments SET outcome = 'SUCCEEDED' WHERE id = ?`, [id]);

    expect(same).toEqual({ own: false, blockedBy: [{ id, displayId: 'DEP-1' }], sameVersion: true });
    expect(others).toEqual([{ own: true }, { own: true }, { own: true }]);
    expect(await turn('5.1.0')).toEqual({ own: true });
  });

  it('another app in review is waited for by nobody', async () => {
    await releaseInReview('com.example.other');

    expect(await world.submissions(await deploy())).toMatchObject([{ status: 'IN_REVIEW' }]);
  });

  it('share the lock of their app: neither edits it beside the other', async () => {
    const deployment = await world.services.deployments.load(await deploy());
    const [service] = deployment.plan.services;

    for (const type of ['DEPLOY_SERVICE', 'ROLL_BACK_SERVICE']) {
      const locks = deploymentTaskHandlers.get(type)?.locks?.(deployment, { input: { serviceId: service?.serviceId } } as never);
      expect(locks).toContain(storeLock(store));
    }
  });
});
