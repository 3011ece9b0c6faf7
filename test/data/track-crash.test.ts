import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreTargetBody } from '../../src/domain/deployment/target.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import { createRunTask } from '../../src/engine/run-task.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { createLocks } from '../../src/platform/lock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createRedis } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { deploymentRunDefinition } from '../../src/services/deployments/deployment-run.ts';
import { createDeploymentRecords } from '../../src/services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createPreflightService } from '../../src/services/execution/deployments/preflight-service.ts';
import { createServiceRolloutService } from '../../src/services/execution/deployments/service-rollout-service.ts';
import { createStoreBuildService } from '../../src/services/execution/stores/store-build-service.ts';
import type { OpenStore, StoreService } from '../../src/services/execution/stores/store-service.ts';
import { createTrackServices } from '../../src/services/execution/stores/track-services.ts';
import { createWindowService } from '../../src/services/execution/window-service.ts';
import { bindHandlers } from '../../src/workers/bind-handlers.ts';
import type { DeploymentServices } from '../../src/workers/deployment-context.ts';
import { deploymentTaskHandlers } from '../../src/workers/deployment-tasks/index.ts';
import { TaskExecutor } from '../../src/workers/task-executor.ts';
import type { Fault } from '../property/faulty-database.ts';
import { everyNth, testDatabases } from '../support/databases.ts';
import { expectDeploymentHistoryReplays } from '../support/deployment-replays.ts';
import { testRedis } from '../support/redis.ts';
import { type Process, workOnce } from './deployment-crash-world.ts';
import { fileOf, type seedTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';
import { Died, type Fate, fateOf } from './fate.ts';
import { MemoryStore } from './memory-store.ts';

/*
 * A deployment to a store track is lived with a break after everything that lasts in turn: commits, and acts at the store whose answers are lost. It must come
 * to the same end, by the same acts, each done once.
 */

const STORE = 'STORE'.padEnd(26, '0');
const APP = 'com.example.shop';
const VERSION = '1.4.0';

interface Story {
  name: string;
  /** What people, and the store, do between the looks. */
  meanwhile(life: Life): Promise<void>;
  ends: { outcome: string; writes: string[]; service: string };
}

interface Life {
  world: DeploymentWorld;
  tenant: Awaited<ReturnType<typeof seedTenant>>;
  store: MemoryStore;
  id: string;
}

/** Review takes one look; then the first users have it. */
function review({ store }: Life): void {
  if (store.releases.get(APP)?.state.kind === 'in-review') store.show(APP, { kind: 'rolling-out', fraction: 0.1 });
}

const stories: Story[] = [
  {
    name: 'to everybody',
    meanwhile: async (life) => review(life),
    ends: { outcome: 'SUCCEEDED', writes: ['submit 42', 'set-fraction 0.5', 'complete'], service: 'android HEALTHY 1' },
  },
  {
    name: 'cancelled when half of the users have it',
    async meanwhile(life) {
      review(life);
      const state = life.store.releases.get(APP)?.state;
      if (state?.kind !== 'rolling-out' || state.fraction < 0.5) return;
      // Asked twice, it is one wish.
      await cancelDeployment(life.world.deps, life.tenant.caller, life.id, { reason: 'enough' }).catch(() => undefined);
    },
    ends: { outcome: 'ROLLED_BACK', writes: ['submit 42', 'set-fraction 0.5', 'halt'], service: 'android ROLLED_BACK 1' },
  },
];

describe.each(testDatabases())('crashes on $name', (server) => {
  let world: DeploymentWorld;
  const keys = testRedis();
  const logger = createLogger({ level: 'silent', name: 'test' });
  const redis = createRedis({ redis: parseRedisUrl(keys.url), logger }, 'commands');
  const locks = createLocks({ redis, prefix: keys.prefix, logger });
  const artifacts = { open: async (key: string) => fileOf(key) } as never;
  let opened: StoreService = new MemoryStore().service();
  const provider = {
    ...{ id: 'google-play', displayName: 'Memory', storeTarget: 'PLAY_STORE' },
    ...{ appStore: () => ({ abilities }), stagedRollout: () => ({}) },
  };
  const abilities = { rollout: { kind: 'staged' }, haltsLive: true, releasesOnRequest: false, updatePriority: true, maxNotesChars: 500 };
  beforeAll(async () => {
    const open = async () => ({ id: STORE, provider, connection: {}, deps: {} });
    world = await openDeploymentWorld(server, { open } as unknown as Pick<Connector, 'open'>);
  });
  afterAll(async () => {
    redis.disconnect();
    await keys.cleanup();
    await world?.close();
  });

  /** A store of one process: an act that was done and whose answer was lost is a point, too. */
  function storesOf(fate: Fate, { store, id }: Life): StoreService {
    const lost = () => (fate.dead() ? new Died('dead') : new ProviderError('timeout', 'It did not answer.', { provider: 'memory' }));
    const act = async <T>(work: () => Promise<T>): Promise<T> => {
      fate.guard();
      const [row] = await world.db.rows<{ changeOrder: number | null; snapshots: number }>(
        `SELECT change_order AS changeOrder, (SELECT COUNT(*) FROM snapshots s WHERE s.deployment_id = d.deployment_id) AS snapshots
         FROM service_deployments d WHERE d.deployment_id = ?`,
        [id],
      );
      expect(row).toEqual({ changeOrder: 1, snapshots: 1 });
      const before = store.writes.length;
      const value = await work();
      if (store.writes.length > before) fate.lasting(lost);
      return value;
    };
    return {
      async open(tenantId, of) {
        const real: OpenStore = await opened.open(tenantId, of);
        const { appStore, stagedRollout } = real;
        return {
          ...real,
          appStore: {
            ...appStore,
            ensureSubmitted: (what) => act(() => appStore.ensureSubmitted(what)),
            halt: (query) => act(() => appStore.halt(query)),
            complete: (query) => act(() => appStore.complete(query)),
          },
          stagedRollout: stagedRollout === null ? null : { setFraction: (query, to) => act(() => stagedRollout.setFraction(query, to)) },
        };
      },
    };
  }

  function processOf(fate: Fate, life: Life): Process {
    const ring = () => undefined;
    const { db } = fate;
    const stores = storesOf(fate, life);
    const files = {
      describe: async (key: string) => ({ key, name: 'shop.aab', sizeBytes: 1, sha256: 'aa', entry: null }),
      fileOf: () => Promise.reject(new Error('nothing is uploaded here')) as never,
    };
    // Nothing here has a driver.
    const services = {
      ...createTrackServices({ db, ring, connector: world.deps.connector, artifacts }),
      ...{ stores, storeBuilds: createStoreBuildService(db, stores, files) },
      ...{ deployments: createDeploymentSource(db), records: createDeploymentRecords(db), windows: createWindowService(db) },
      preflight: createPreflightService({ ...world.services, db, stores, artifacts, keyring: world.deps.keyring } as never),
      rollouts: createServiceRolloutService(db, ring),
    } as unknown as DeploymentServices;
    const bound = bindHandlers({
      name: 'deployment',
      load: (of) => services.deployments.load(of),
      services,
      handlers: deploymentTaskHandlers,
    });
    const executor = new TaskExecutor({
      calls: { keep: () => undefined },
      recordIntent: (task, effect, value) => recordIntent(db, task, effect, value),
      renewIntent: (task, effect) => renewIntent(db, task, effect),
      bind: new Map([['deployment', bound]]),
      ...{ locks, logger, metrics: createMetrics(), pollMs: 60_000, lockTtlMs: 30_000 },
    });
    const definitions = new Map([[deploymentRunDefinition.kind, deploymentRunDefinition]]);
    const engine = createEngine({
      ...{ db, ring, definitions, owner: 'worker', leaseMs: 60_000, random: () => 0, backoff: { baseMs: 1, maxMs: 2 } },
    });
    const runTask = createRunTask({
      ...engine,
      ...{ execute: executor.execute, maxHandOvers: 8, stopping: () => false, observe: () => undefined, pause: async () => undefined },
    });
    return { fate, engine, runTask };
  }

  async function begin(): Promise<Life> {
    const store = new MemoryStore();
    store.build('42', VERSION);
    opened = store.service();
    const tenant = await world.tenant();
    const environmentId = await tenant.environment('production');
    const serviceId = await tenant.service('android', []);
    await world.db.run(`UPDATE environments SET kind = 'store-track' WHERE id = ?`, [environmentId]);
    await world.db.run(`UPDATE services SET kind = 'android' WHERE id = ?`, [serviceId]);
    const steps = [10, 50, 100].map((percent) => ({ percent, waitMinutes: 1 }));
    const target: StoreTargetBody = {
      store: { integrationId: STORE, appId: APP, track: 'production', rollout: { kind: 'staged', steps }, updatePriority: null },
    };
    await world.db.run('INSERT INTO targets (id, tenant_id, environment_id, service_id, body) VALUES (?)', [
      [environmentId, tenant.tenantId, environmentId, serviceId, JSON.stringify(target)],
    ]);
    const artifactId = await tenant.artifact(serviceId, VERSION);
    await world.db.run(`UPDATE artifacts SET build_number = '42' WHERE id = ?`, [artifactId]);
    const wanted = { environmentId, appId: tenant.appId, artifacts: [{ serviceId, artifactId }] };
    const { id } = await createDeployment(world.deps, tenant.caller, wanted);
    return { world, tenant, store, id };
  }

  /** @returns what the first process did that lasts */
  async function live({ meanwhile, ends }: Story, fault: Fault | null): Promise<number> {
    const life = await begin();
    const { id } = life;
    const start = (of: Fault | null) => processOf(fateOf(world.db, of), life);
    const first = start(fault);
    let process = first;
    for (let round = 0; ; round += 1) {
      const [run] = await world.db.rows<{ id: string; status: string }>('SELECT id, status FROM runs WHERE subject_id = ?', [id]);
      if (run === undefined || run.status === 'COMPLETED') break;
      if (round > 40) throw new Error(`it does not end: ${JSON.stringify(await world.tasks(id))}`);
      await meanwhile(life);
      const at = `JSON_EXTRACT(state, '$.progress.stepReachedAt')`;
      await world.db.run(
        `UPDATE service_rollouts SET state = JSON_SET(state, '$.progress.stepReachedAt', ${at} - 60000)
         WHERE deployment_id = ? AND JSON_TYPE(${at}) <> 'NULL'`,
        [id],
      );
      await world.db.run(
        `UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ? AND status IN ('READY', 'WAITING')`,
        [run.id],
      );
      await workOnce(world.db, process, run.id);
      if (process.fate.dead()) process = start(null);
    }
    expect({ writes: life.store.writes, ...(await world.row(id)) }).toMatchObject({ outcome: ends.outcome, writes: ends.writes });
    expect(await world.serviceRows(id)).toEqual([ends.service]);
    expect(await world.locks(id)).toBe(0);
    await expectDeploymentHistoryReplays(world.db, id);
    return first.fate.passed();
  }

  it.each(stories)(
    'a deployment to a store track, $name, ends the same whatever its process dies after',
    { timeout: 300_000 },
    async (story) => {
      const points = await live(story, null);

      expect(points).toBeGreaterThan(15);
      for (let at = 0; at < points; at += everyNth(server)) await live(story, { at, kind: at % 3 === 2 ? 'hiccup' : 'crash' });
    },
  );
});
