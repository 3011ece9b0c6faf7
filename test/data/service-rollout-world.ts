import { monotonicFactory } from 'ulid';
import type { Database } from '../../src/db/client.ts';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { PlannedService } from '../../src/domain/deployment/plan.ts';
import type { TargetBody } from '../../src/domain/deployment/target.ts';
import type { Side } from '../../src/domain/deployment/vocabulary.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import type { ClaimedTask } from '../../src/engine/vocabulary.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import { createLocks } from '../../src/platform/lock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createRedis } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import { Secret } from '../../src/platform/secret.ts';
import { fingerprintKey, fingerprintOf } from '../../src/services/catalogue/secret-fingerprint.ts';
import { variableSealContext } from '../../src/services/catalogue/variables.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import type { Caller } from '../../src/services/context.ts';
import { deploymentRunDefinition } from '../../src/services/deployments/deployment-run.ts';
import { insertDeployment } from '../../src/services/deployments/insert-deployment.ts';
import { createAnalysisService } from '../../src/services/execution/deployments/analysis-service.ts';
import { createConfigurationService } from '../../src/services/execution/deployments/configuration-service.ts';
import { createDeploymentRecords } from '../../src/services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createDriverService, placeName } from '../../src/services/execution/deployments/driver-service.ts';
import { createHealthService } from '../../src/services/execution/deployments/health-service.ts';
import { createMigrationService } from '../../src/services/execution/deployments/migration-service.ts';
import { createServiceRolloutService } from '../../src/services/execution/deployments/service-rollout-service.ts';
import { createTrackServices } from '../../src/services/execution/stores/track-services.ts';
import { createWindowService } from '../../src/services/execution/window-service.ts';
import { listServiceRollouts } from '../../src/services/service-rollouts/list-service-rollouts.ts';
import type { ServiceRolloutCommand } from '../../src/services/service-rollouts/service-rollout-command.ts';
import type { ServiceRolloutView } from '../../src/services/service-rollouts/service-rollout-view.ts';
import { steerServiceRollout } from '../../src/services/service-rollouts/steer-service-rollout.ts';
import { bindHandlers } from '../../src/workers/bind-handlers.ts';
import type { DeploymentServices } from '../../src/workers/deployment-context.ts';
import { deploymentTaskHandlers } from '../../src/workers/deployment-tasks/index.ts';
import { TaskExecutor } from '../../src/workers/task-executor.ts';
import { MemoryDeployTarget } from '../fakes/deployment/memory-deploy-target.ts';
import { MemoryMetrics } from '../fakes/deployment/memory-metrics.ts';
import { MemoryRouter } from '../fakes/deployment/memory-router.ts';
import { faultyDatabase } from '../property/faulty-database.ts';
import type { DatabaseServer } from '../support/databases.ts';
import { testRedis } from '../support/redis.ts';
import { MemoryBuilds } from './deployment-builds.ts';
import { deploymentPlan, idOf } from './deployment-facts.ts';
import { openEngineWorld, type TaskRow } from './engine-world.ts';

/* Rollouts of services on a real database: the engine, the planner, the handlers and their services, and drivers in memory. */

const newId = monotonicFactory();

export interface DeployedService {
  tenantId: string;
  deploymentId: string;
  /** Of the service in the environment, at its drivers. */
  place: string;
  /** Makes the task due, lets a worker look at it once, and asks the planner. */
  look(type?: string): Promise<TaskRow>;
  /** A worker takes the task and dies before it settles: whatever was done stays. */
  crash(): Promise<void>;
  /** The same at one point of what it does with the database. @returns how many points it passed */
  crashAt(point: number): Promise<number>;
  task(type?: string): Promise<TaskRow>;
  rollout(): Promise<ServiceRolloutView>;
  steer(command: ServiceRolloutCommand): Promise<ServiceRolloutView>;
  /** As if so much time had passed for the rollout and what it measures. */
  pass(ms: number): Promise<void>;
  status(): Promise<{ status: string; changeOrder: number | null }>;
  outcome(): Promise<string | null>;
  installed(): Promise<{ artifactId: string; side: Side } | null>;
  /** Fields of its rollout's history, oldest first. */
  history(field: string): Promise<(string | null)[]>;
}

export interface ServiceRolloutWorld {
  db: Database;
  drivers: { target: MemoryDeployTarget; router: MemoryRouter; metrics: MemoryMetrics };
  /** What every probe is answered with. */
  probeStatus: number;
  fresh(): void;
  deploy(service: PlannedService, options?: { secret?: string; commsConfigId?: string }): Promise<DeployedService>;
  /** Closed for the tenant from now on; `opens` lifts it. */
  closeWindow(tenantId: string, onClose?: 'finish' | 'pause' | 'abort'): Promise<{ open(): Promise<void> }>;
  close(): Promise<void>;
}

export async function openServiceRolloutWorld(server: DatabaseServer): Promise<ServiceRolloutWorld> {
  const engineWorld = await openEngineWorld(server);
  const { db, ring } = engineWorld;
  const logger = createLogger({ level: 'silent', name: 'test' });
  const keys = testRedis();
  const redis = createRedis({ redis: parseRedisUrl(keys.url), logger }, 'commands');
  const locks = createLocks({ redis, prefix: keys.prefix, logger });
  const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
  const definitions = new Map([[deploymentRunDefinition.kind, deploymentRunDefinition]]);
  const engine: Engine = createEngine({
    ...{ db, ring, definitions, owner: 'worker', leaseMs: 60_000, random: () => 0 },
    backoff: { baseMs: 1_000, maxMs: 8_000 },
  });
  const world: ServiceRolloutWorld = {
    db,
    drivers: { target: new MemoryDeployTarget(), router: new MemoryRouter(), metrics: new MemoryMetrics() },
    probeStatus: 200,
    fresh() {
      world.drivers = { target: new MemoryDeployTarget(), router: new MemoryRouter(), metrics: new MemoryMetrics() };
      world.probeStatus = 200;
    },
    deploy,
    async closeWindow(tenantId, onClose = 'pause') {
      const id = newId();
      await db.run(
        'INSERT INTO windows (id, tenant_id, name, kind, cron, duration_minutes, zone, scope, on_close, created_by_account_id) VALUES (?)',
        [[id, tenantId, 'freeze', 'deny', '* * * * *', 1440, 'UTC', JSON.stringify({ tiers: ['staging'] }), onClose, newId()]],
      );
      return { open: async () => void (await db.run('DELETE FROM windows WHERE id = ?', [id])) };
    },
    async close() {
      redis.disconnect();
      await keys.cleanup();
      await engineWorld.close();
    },
  };

  const connector = {
    async open() {
      const { target, router, metrics } = world.drivers;
      const provider = {
        id: 'memory',
        displayName: 'Memory',
        deployTarget: () => target,
        trafficRouter: () => router,
        metricsSource: () => metrics,
      };
      return { id: 'M', provider, connection: {}, deps: {} };
    },
  } as unknown as Connector;

  function services(db: Database = engineWorld.db): DeploymentServices {
    const drivers = createDriverService({ db, connector, artifacts: { open: async () => null } });
    const health = createHealthService({
      drivers,
      fetch: async () => new Response('', { status: world.probeStatus }),
      connect: () => Promise.reject(new Error('no probe is TCP here')),
    });
    return {
      ...{ drivers, health, configurations: createConfigurationService({ db, keyring }) },
      deployments: createDeploymentSource(db),
      records: createDeploymentRecords(db),
      analyses: createAnalysisService(db),
      ...new MemoryBuilds().services(db, connector),
      migrations: createMigrationService({ db, connector }),
      rollouts: createServiceRolloutService(db, ring),
      ...createTrackServices({ db, ring, connector, artifacts: undefined as never }),
      windows: createWindowService(db),
      // No task here asks for it.
      preflight: undefined as unknown as DeploymentServices['preflight'],
    };
  }

  function executor(through: Database = db): TaskExecutor {
    const given = services(through);
    const bound = bindHandlers({ name: 'deployment', load: given.deployments.load, services: given, handlers: deploymentTaskHandlers });
    return new TaskExecutor({
      calls: { keep: () => undefined },
      recordIntent: (task, effect, value) => recordIntent(db, task, effect, value),
      renewIntent: (task, effect) => renewIntent(db, task, effect),
      bind: new Map([['deployment', bound]]),
      ...{ locks, logger, metrics: createMetrics(), pollMs: 60_000, lockTtlMs: 30_000 },
    });
  }

  async function deploy(
    service: PlannedService,
    { secret, commsConfigId }: { secret?: string; commsConfigId?: string } = {},
  ): Promise<DeployedService> {
    const [tenantId, accountId] = [newId(), newId()];
    const caller: Caller = { tenantId, accountId, permissions: new Set(['release:read', 'deployment:cancel', 'deployment:approve']) };
    const environmentId = newId();
    const environment = {
      id: environmentId,
      name: 'staging',
      tier: 'staging' as const,
      maxParallel: 1,
      approval: null,
      commsConfigId: commsConfigId ?? null,
    };
    const task = {
      ...{ key: 'DEPLOY_SERVICE', type: 'DEPLOY_SERVICE' as const, dependsOn: [], onFailure: 'rollback' as const },
      maxAttempts: 5,
    };
    const pipeline = {
      tiers: ['staging' as const],
      stages: [{ key: 'DEPLOY' as const, tasks: [{ ...task, timeoutMs: 86_400_000, input: {} }] }],
    };
    const place = placeName(environment, service);
    await insertFacts(tenantId, accountId, environmentId, service, secret);
    const configVersion = await versionNow(tenantId, environment, service);
    const from = service.from === null ? null : { ...service.from, configVersion };
    if (from !== null) world.drivers.target.seed({ name: place, side: from.side }, { digest: from.revision.digest, configVersion });
    const plan = deploymentPlan([{ ...service, from }], { environment, pipeline });
    const deploymentId = await db.transact((tx) =>
      insertDeployment(tx, { ring }, caller, plan, {
        ...{ pipelineVersionId: null, sourceEnvironmentId: null, revertsId: null, reason: null, overrides: [] },
      }),
    );
    const [row] = await db.rows<{ runId: string }>('SELECT run_id AS runId FROM deployments WHERE id = ?', [deploymentId]);
    const runId = row?.runId ?? '';
    await engine.advance(runId);

    const taskOf = async (type = 'DEPLOY_SERVICE'): Promise<TaskRow> => {
      const [found] = await db.rows<TaskRow>(
        `SELECT id, task_key AS \`key\`, status, wait_reason AS waitReason, held, fence, run_at AS runAt, deadline_at AS deadlineAt, output, failure,
                UTC_TIMESTAMP(3) AS now FROM tasks WHERE run_id = ? AND type = ? ORDER BY id DESC LIMIT 1`,
        [runId, type],
      );
      if (found === undefined) throw new Error(`no task ${type}`);
      return { ...found, output: parseJson(found.output) as TaskRow['output'], failure: parseJson(found.failure) as TaskRow['failure'] };
    };
    const claim = async (type?: string): Promise<ClaimedTask> => {
      const { id } = await taskOf(type);
      await db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ? AND run_at IS NOT NULL', [id]);
      const claimed = await engine.claim(await taskOf(type));
      if (claimed === null) throw new Error(`it could not be claimed: ${JSON.stringify(await taskOf(type))}`);
      return claimed;
    };
    const execute = (task: ClaimedTask) => executor().execute(task, new AbortController().signal, () => undefined);

    return {
      ...{ tenantId, deploymentId, place, task: taskOf },
      async look(type) {
        const claimed = await claim(type);
        await engine.settle({ task: claimed, outcome: await execute(claimed), handOver: false });
        await engine.advance(runId);
        return taskOf(type);
      },
      async crash() {
        const claimed = await claim();
        await execute(claimed);
        await db.run(`UPDATE tasks SET status = 'READY', fence = fence + 1, lease_owner = NULL, wait_reason = NULL WHERE id = ?`, [
          claimed.id,
        ]);
      },
      async crashAt(at) {
        const claimed = await claim();
        const faulty = faultyDatabase(db, { at, kind: 'crash' });
        await executor(faulty.db).execute(claimed, new AbortController().signal, () => undefined);
        await db.run(`UPDATE tasks SET status = 'READY', fence = fence + 1, lease_owner = NULL, wait_reason = NULL WHERE id = ?`, [
          claimed.id,
        ]);
        return faulty.points();
      },
      async rollout() {
        const { items } = await listServiceRollouts({ db }, caller, deploymentId);
        const [first] = items;
        if (first === undefined) throw new Error('there is no rollout');
        return first;
      },
      steer: (command) =>
        steerServiceRollout({ db, ring, keyring }, caller, { deploymentId, serviceId: service.serviceId }, command, { reason: 'because' }),
      pass: (ms) => pass(deploymentId, ms),
      async status() {
        const [found] = await db.rows<{ status: string; changeOrder: number | null }>(
          'SELECT status, change_order AS changeOrder FROM service_deployments WHERE deployment_id = ?',
          [deploymentId],
        );
        return found ?? { status: 'none', changeOrder: null };
      },
      async outcome() {
        const [found] = await db.rows<{ outcome: string | null }>('SELECT outcome FROM deployments WHERE id = ?', [deploymentId]);
        return found?.outcome ?? null;
      },
      async installed() {
        const [found] = await db.rows<{ artifactId: string; side: Side }>(
          'SELECT artifact_id AS artifactId, side FROM installed_services WHERE tenant_id = ? AND environment_id = ?',
          [tenantId, environmentId],
        );
        return found ?? null;
      },
      async history(field) {
        const rows = await db.rows<{ after: string | null }>(
          `SELECT i.value_after AS after FROM state_history h JOIN state_history_items i ON i.history_id = h.id
           WHERE h.scope_id = ? AND h.entity_type = 'rollout' AND i.field = ? ORDER BY h.sequence, i.ordinal`,
          [deploymentId, field],
        );
        return rows.map(({ after }) => after);
      },
    };
  }

  async function insertFacts(
    tenantId: string,
    accountId: string,
    environmentId: string,
    service: PlannedService,
    secret?: string,
  ): Promise<void> {
    await db.run('INSERT INTO accounts (id, email, display_name) VALUES (?)', [[accountId, `${accountId}@example.com`, 'Ada']]);
    await db.run('INSERT IGNORE INTO services (id, tenant_id, app_id, name, kind) VALUES (?)', [
      [service.serviceId, tenantId, idOf('app'), service.name, 'backend'],
    ]);
    if (secret === undefined) return;
    const id = newId();
    const key = await db.transact((tx) => fingerprintKey(tx, keyring, tenantId));
    await db.run(
      'INSERT INTO environment_variables (id, tenant_id, environment_id, name, is_secret, value, fingerprint, updated_by_account_id) VALUES (?)',
      [[id, tenantId, environmentId, 'TOKEN', true, keyring.seal(secret, variableSealContext(id)), fingerprintOf(key, secret), accountId]],
    );
  }

  const versionNow = async (tenantId: string, environment: { id: string; name: string }, service: PlannedService) =>
    (await services().configurations.today({ tenantId, environment, service, target: service.target as TargetBody })).version;

  /** Every instant of the rollout, of its analyses and of its tasks moves back. */
  async function pass(deploymentId: string, ms: number): Promise<void> {
    const back = (column: string) => `${column} = ${column} - INTERVAL ${ms * 1000} MICROSECOND`;
    const rows = await db.rows<{ id: string; state: unknown }>('SELECT id, state FROM service_rollouts WHERE deployment_id = ?', [
      deploymentId,
    ]);
    for (const { id, state } of rows) {
      const { progress, ...kept } = parseJson(state) as { progress: Record<string, unknown> };
      await db.run('UPDATE service_rollouts SET state = ?, advance_requested_at = NULL WHERE id = ?', [
        JSON.stringify({ ...kept, progress: moved(progress, ms) }),
        id,
      ]);
      await db.run(`UPDATE analysis_runs SET ${back('started_at')} WHERE service_rollout_id = ?`, [id]);
      await db.run(
        `UPDATE measurements SET ${back('at')} WHERE analysis_run_id IN (SELECT id FROM analysis_runs WHERE service_rollout_id = ?)`,
        [id],
      );
    }
    const tasks = await db.rows<{ id: string; output: unknown }>(
      'SELECT t.id, t.output FROM tasks t JOIN deployments d ON d.run_id = t.run_id WHERE d.id = ? AND t.output IS NOT NULL',
      [deploymentId],
    );
    for (const { id, output } of tasks) {
      await db.run('UPDATE tasks SET output = ? WHERE id = ?', [JSON.stringify(moved(parseJson(output), ms)), id]);
    }
  }

  return world;
}

const INSTANT = /(At|Since|^since)$/;

/** Numbers whose names say that they are instants, however deep. */
function moved(value: unknown, ms: number): unknown {
  if (Array.isArray(value)) return value.map((inner) => moved(inner, ms));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, typeof inner === 'number' && INSTANT.test(key) ? inner - ms : moved(inner, ms)]),
  );
}
