import { createHash } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { StoreTargetBody } from '../../src/domain/deployment/target.ts';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import { appStoreConnect } from '../../src/integrations/providers/app-store-connect/index.ts';
import { googlePlay } from '../../src/integrations/providers/google-play/index.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { type CreateDeploymentInput, createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { ascSetup, worldOf as ascWorldOf } from '../contracts/app-store-connect-harness.ts';
import type { AppStoreWorld } from '../contracts/app-store-world.ts';
import { APP, playSetup, worldOf as playWorldOf } from '../contracts/google-play-harness.ts';
import { bundleFile, type FakeApp } from '../fakes/google-play/index.ts';
import type { DatabaseServer } from '../support/databases.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

/* Store tracks: deployments on a real database, with the adapters of the stores over real HTTP against their fakes. */

const newId = monotonicFactory();
const PLAY = 'PLAY'.padEnd(26, '0');
const APPLE = 'APPLE'.padEnd(26, '0');

export { APP };

export interface TrackWorld extends DeploymentWorld {
  /** Both stores as they were in the beginning: their apps had 4.1.0 (4100) before. */
  openStores(): Promise<void>;
  /** What people, review and Google do to the Android app. */
  play: AppStoreWorld;
  /** The same app as the console keeps it. */
  playApp: FakeApp;
  /** The same of the iOS app. */
  apple: AppStoreWorld;
  track(tenant: DeploymentTenant, name: string, options?: { tier?: 'staging' | 'production' }): Promise<string>;
  android(tenant: DeploymentTenant, environmentIds: readonly string[], store?: Partial<StoreTargetBody['store']>): Promise<string>;
  ios(tenant: DeploymentTenant, environmentIds: readonly string[], store?: Partial<StoreTargetBody['store']>): Promise<string>;
  /** A kept file; Play reads its version code. */
  build(tenant: DeploymentTenant, serviceId: string, version: string, buildNumber: string): Promise<string>;
  deploy(
    tenant: DeploymentTenant,
    environmentId: string,
    artifacts: Readonly<Record<string, string>>,
    changes?: Partial<CreateDeploymentInput>,
  ): Promise<string>;
  /** As if its rollouts had been on their steps for so much longer. */
  passSteps(deploymentId: string, ms: number): Promise<void>;
  rollout(
    deploymentId: string,
  ): Promise<{ status: string; pauseReason: string | null; step: number; weight: number | null; wanted: string }>;
  submissions(deploymentId: string): Promise<{ ordinal: number; status: string; buildNumber: string; reason: string | null }[]>;
}

/** 10, 50 and 100 %, an hour each. */
export const staged: RolloutPlan = { kind: 'staged', steps: [10, 50, 100].map((percent) => ({ percent, waitMinutes: 60 })) };

export async function openTrackWorld(
  server: DatabaseServer,
  options: { connect?: (connector: Pick<Connector, 'open'>) => Pick<Connector, 'open'> } = {},
): Promise<TrackWorld> {
  let [play, apple] = await Promise.all([playSetup(), ascSetup()]);
  const stores = {
    open: async (category: string, _tenantId: string, id: string) => {
      const [provider, { connection, deps }] = id === APPLE ? [appStoreConnect, apple] : [googlePlay, play];
      return { id, category, provider, connection, deps: deps() };
    },
  } as unknown as Pick<Connector, 'open'>;
  const world = await openDeploymentWorld(server, options.connect?.(stores) ?? stores);
  const { db } = world;

  async function service(
    tenant: DeploymentTenant,
    { name, kind }: { name: string; kind: 'android' | 'ios' },
    environmentIds: readonly string[],
    store: StoreTargetBody['store'],
  ): Promise<string> {
    const id = newId();
    await db.run('INSERT INTO services (id, tenant_id, app_id, name, kind) VALUES (?)', [[id, tenant.tenantId, tenant.appId, name, kind]]);
    for (const environmentId of environmentIds) {
      await db.run('INSERT INTO targets (id, tenant_id, environment_id, service_id, body) VALUES (?)', [
        [newId(), tenant.tenantId, environmentId, id, JSON.stringify({ store } satisfies StoreTargetBody)],
      ]);
    }
    return id;
  }

  const closeStores = () => Promise.all([play.fake.close(), apple.fake.close()]);
  const result: TrackWorld = {
    ...world,
    ...{ play: playWorldOf(play), playApp: play.app, apple: ascWorldOf(apple) },
    async openStores() {
      await closeStores();
      [play, apple] = await Promise.all([playSetup(), ascSetup()]);
      Object.assign(result, { play: playWorldOf(play), playApp: play.app, apple: ascWorldOf(apple) });
    },
    async track(tenant, name, { tier = 'staging' } = {}) {
      const id = await tenant.environment(name, { tier });
      await db.run(`UPDATE environments SET kind = 'store-track' WHERE id = ?`, [id]);
      return id;
    },
    android: (tenant, environmentIds, store = {}) =>
      service(tenant, { name: 'android', kind: 'android' }, environmentIds, {
        ...{ integrationId: PLAY, appId: APP, track: 'production', rollout: staged, updatePriority: null, ...store },
      }),
    ios: (tenant, environmentIds, store = {}) =>
      service(tenant, { name: 'ios', kind: 'ios' }, environmentIds, {
        ...{ integrationId: APPLE, appId: APP, track: 'production', rollout: { kind: 'phased' }, updatePriority: null, ...store },
      }),
    async build(tenant, serviceId, version, buildNumber) {
      const id = newId();
      const content = bundleFile(Number(buildNumber), version);
      const key = `${tenant.tenantId}/services/${id}`;
      world.builds.files.set(key, content);
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      await db.run('INSERT INTO artifacts (id, tenant_id, service_id, version, digest, build_number, source, migrations) VALUES (?)', [
        [
          ...[id, tenant.tenantId, serviceId, version, digest, buildNumber],
          ...[JSON.stringify({ kind: 'kept', key, sizeBytes: content.length }), '[]'],
        ],
      ]);
      return id;
    },
    async deploy(tenant, environmentId, artifacts, changes = {}) {
      const wanted = Object.entries(artifacts).map(([serviceId, artifactId]) => ({ serviceId, artifactId }));
      const input = {
        environmentId,
        appId: tenant.appId,
        artifacts: wanted,
        services: Object.keys(artifacts),
        notes: 'Faster.',
        ...changes,
      };
      return (await createDeployment(world.deps, tenant.caller, input)).id;
    },
    async passSteps(deploymentId, ms) {
      const at = `JSON_EXTRACT(state, '$.progress.stepReachedAt')`;
      await db.run(
        `UPDATE service_rollouts SET state = JSON_SET(state, '$.progress.stepReachedAt', ${at} - ?)
         WHERE deployment_id = ? AND JSON_TYPE(${at}) <> 'NULL'`,
        [ms, deploymentId],
      );
    },
    async rollout(deploymentId) {
      const [row] = await db.rows<Awaited<ReturnType<TrackWorld['rollout']>>>(
        'SELECT status, pause_reason AS pauseReason, step, weight, wanted FROM service_rollouts WHERE deployment_id = ?',
        [deploymentId],
      );
      if (row === undefined) throw new Error('there is no rollout');
      return row;
    },
    submissions: (deploymentId) =>
      db.rows(
        'SELECT ordinal, status, build_number AS buildNumber, reason FROM store_submissions WHERE deployment_id = ? ORDER BY ordinal',
        [deploymentId],
      ),
    async close() {
      await closeStores();
      await world.close();
    },
  };
  return result;
}
