import { type Database, openDatabase } from '../../src/db/client.ts';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { TaskStatus } from '../../src/domain/run.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import { createLocks } from '../../src/platform/lock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createRedis } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import type { ServiceDeps } from '../../src/services/context.ts';
import { deploymentRunDefinition } from '../../src/services/deployments/deployment-run.ts';
import { createAnalysisService } from '../../src/services/execution/deployments/analysis-service.ts';
import { createConfigurationService } from '../../src/services/execution/deployments/configuration-service.ts';
import { createDeploymentRecords } from '../../src/services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createDriverService } from '../../src/services/execution/deployments/driver-service.ts';
import { createHealthService } from '../../src/services/execution/deployments/health-service.ts';
import { createMigrationService } from '../../src/services/execution/deployments/migration-service.ts';
import { createPreflightService } from '../../src/services/execution/deployments/preflight-service.ts';
import { createServiceRolloutService } from '../../src/services/execution/deployments/service-rollout-service.ts';
import { createTrackServices } from '../../src/services/execution/stores/track-services.ts';
import { createWindowService } from '../../src/services/execution/window-service.ts';
import { bindHandlers } from '../../src/workers/bind-handlers.ts';
import type { DeploymentServices } from '../../src/workers/deployment-context.ts';
import { deploymentTaskHandlers } from '../../src/workers/deployment-tasks/index.ts';
import { TaskExecutor } from '../../src/workers/task-executor.ts';
import { MemoryDrivers } from '../fakes/deployment/memory-drivers.ts';
import { createTestDatabase, type DatabaseServer } from '../support/databases.ts';
import { testRedis } from '../support/redis.ts';
import { applySchema } from '../support/schema.ts';
import { MemoryBuilds } from './deployment-builds.ts';
import { type DeploymentTenant, fileOf, seedTenant } from './deployment-tenant.ts';

/* Deployments on a real database with the real engine, planner and handlers; drivers keep everything in memory. Time passes when the test lets it. */

const LEASE_MS = 60_000;
export interface DeploymentWorld {
  db: Database;
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring' | 'connector'>;
  services: DeploymentServices;
  drivers: MemoryDrivers;
  builds: MemoryBuilds;
  /** Artifacts whose files are gone. */
  lostFiles: Set<string>;
  rung: Wake[];
  /** Lines of the log. */
  logged: readonly string[];
  tenant(): Promise<DeploymentTenant>;
  /** Lets time pass and workers work until the run has ended, nothing moves any more, or the test has seen enough. */
  drive(deploymentId: string, until?: () => boolean | Promise<boolean>): Promise<void>;
  tasks(
    deploymentId: string,
  ): Promise<
    { key: string; status: TaskStatus; stage: string; output: Record<string, unknown> | null; failure: { message: string } | null }[]
  >;
  row(deploymentId: string): Promise<{ outcome: string | null; failure: string | null; cancelRequestedAt: Date | null }>;
  /** `<service> <status> <changeOrder>` in order. */
  serviceRows(deploymentId: string): Promise<string[]>;
  /** Service → version that runs, by the table. */
  installed(environmentId: string): Promise<Record<string, string>>;
  locks(deploymentId: string): Promise<number>;
  close(): Promise<void>;
}

/** @param stores opens connections to stores; absent = there are none */
export async function openDeploymentWorld(server: DatabaseServer, stores?: Pick<Connector, 'open'>): Promise<DeploymentWorld> {
  const database = await createTestDatabase(server);
  const url = new Secret(database.url);
  const logged: string[] = [];
  const logger = createLogger({ level: 'trace', name: 'test', destination: { write: (line) => void logged.push(line) } });
  await applySchema(database.url);
  const db = openDatabase({ url, poolSize: 12 });
  const keys = testRedis();
  const redis = createRedis({ redis: parseRedisUrl(keys.url), logger }, 'commands');
  const drivers = new MemoryDrivers();
  const open: Connector['open'] = (...what) => (what[0] === 'store' && stores !== undefined ? stores : drivers.connector).open(...what);
  const connector = { ...drivers.connector, open } as Connector;
  const keyring = createKeyring(new Secret(`test:${Buffer.alloc(32, 7).toString('base64')}`));
  const builds = new MemoryBuilds();
  const lostFiles = new Set<string>();
  const artifacts = {
    open: async (key: string) => (builds.files.has(key) ? builds.store.open(key) : lostFiles.has(key) ? null : fileOf(key)),
  };
  const rung: Wake[] = [];
  const ring = (wakes: readonly Wake[]) => void rung.push(...wakes);
  const driverService = createDriverService({ db, connector, artifacts: artifacts as never });
  const configurations = createConfigurationService({ db, keyring });
  const migrations = createMigrationService({ db, connector });
  const health = createHealthService({
    ...{ drivers: driverService, fetch: drivers.fetch },
    connect: async () => {
      throw new Error('nothing listens');
    },
  });
  const track = createTrackServices({ db, ring, connector, artifacts: artifacts as never });
  const services: DeploymentServices = {
    ...{ drivers: driverService, configurations, health, ...track },
    deployments: createDeploymentSource(db),
    records: createDeploymentRecords(db),
    preflight: createPreflightService({
      db,
      drivers: driverService,
      stores: track.stores,
      configurations,
      migrations,
      health,
      artifacts: artifacts as never,
      keyring,
    }),
    analyses: createAnalysisService(db),
    ...builds.services(db, connector),
    migrations,
    rollouts: createServiceRolloutService(db, ring),
    windows: createWindowService(db),
  };
  const definitions = new Map([[deploymentRunDefinition.kind, deploymentRunDefinition]]);
  const engine = createEngine({
    db,
    ring,
    definitions,
    owner: 'worker',
    leaseMs: LEASE_MS,
    backoff: { baseMs: 1, maxMs: 2 },
    random: () => 0,
  });
  const executor = new TaskExecutor({
    calls: { keep: () => undefined },
    recordIntent: (task, effect, value) => recordIntent(db, task, effect, value),
    renewIntent: (task, effect) => renewIntent(db, task, effect),
    bind: new Map([
      [
        'deployment',
        bindHandlers({ name: 'deployment', load: (id) => services.deployments.load(id), services, handlers: deploymentTaskHandlers }),
      ],
    ]),
    ...{ locks: createLocks({ redis, prefix: keys.prefix, logger }), logger, metrics: createMetrics(), pollMs: 60_000, lockTtlMs: 30_000 },
  });

  const runOf = async (deploymentId: string) => {
    const [row] = await db.rows<{ runId: string; status: string }>(
      'SELECT r.id AS runId, r.status FROM deployments d JOIN runs r ON r.id = d.run_id WHERE d.id = ?',
      [deploymentId],
    );
    if (row === undefined) throw new Error(`there is no deployment ${deploymentId}`);
    return row;
  };

  return {
    ...{ db, services, drivers, builds, lostFiles, rung, logged, deps: { db, ring, keyring, connector } },
    tenant: () => seedTenant(db),
    drive: (deploymentId, until = () => false) => drive({ db, engine, executor, runOf }, deploymentId, until),
    async tasks(deploymentId) {
      const { runId } = await runOf(deploymentId);
      const rows = await db.rows<{ key: string; status: TaskStatus; stage: string; output: unknown; failure: unknown }>(
        `SELECT t.task_key AS \`key\`, t.status, s.stage_key AS stage, t.output, t.failure FROM tasks t JOIN stages s ON s.id = t.stage_id
         WHERE t.run_id = ? ORDER BY s.ordinal, t.id`,
        [runId],
      );
      return rows.map((row) => ({ ...row, output: parseJson(row.output) as never, failure: parseJson(row.failure) as never }));
    },
    async row(deploymentId) {
      const [row] = await db.rows<Awaited<ReturnType<DeploymentWorld['row']>>>(
        'SELECT outcome, failure, cancel_requested_at AS cancelRequestedAt FROM deployments WHERE id = ?',
        [deploymentId],
      );
      if (row === undefined) throw new Error('gone');
      return row;
    },
    async serviceRows(deploymentId) {
      const rows = await db.rows<{ name: string; status: string; changeOrder: number | null }>(
        `SELECT s.name, d.status, d.change_order AS changeOrder FROM service_deployments d JOIN services s ON s.id = d.service_id
         WHERE d.deployment_id = ? ORDER BY d.ordinal`,
        [deploymentId],
      );
      return rows.map(({ name, status, changeOrder }) => `${name} ${status} ${changeOrder ?? '-'}`);
    },
    async installed(environmentId) {
      const rows = await db.rows<{ name: string; version: string }>(
        `SELECT s.name, a.version FROM installed_services i JOIN services s ON s.id = i.service_id JOIN artifacts a ON a.id = i.artifact_id
         WHERE i.environment_id = ? ORDER BY s.name`,
        [environmentId],
      );
      return Object.fromEntries(rows.map(({ name, version }) => [name, version]));
    },
    locks: async (deploymentId) => (await db.rows('SELECT 1 FROM deployment_locks WHERE deployment_id = ?', [deploymentId])).length,
    async close() {
      redis.disconnect();
      await keys.cleanup();
      await db.close();
    },
  };
}

interface Moving {
  db: Database;
  engine: Engine;
  executor: TaskExecutor;
  runOf(deploymentId: string): Promise<{ runId: string; status: string }>;
}

const MAX_ROUNDS = 80;
/** Probes may be counted meanwhile. */
const STILL_ROUNDS = 5;

async function drive(
  { db, engine, executor, runOf }: Moving,
  deploymentId: string,
  until: () => boolean | Promise<boolean>,
): Promise<void> {
  let before = '';
  let still = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { runId, status } = await runOf(deploymentId);
    if (status === 'COMPLETED' || (await until())) return;
    await db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ? AND status IN ('READY', 'WAITING')`, [
      runId,
    ]);
    await engine.advance(runId);
    const due = await db.rows<{ id: string; fence: number }>(
      `SELECT id, fence FROM tasks WHERE run_id = ? AND held = 0 AND status IN ('READY', 'WAITING') AND run_at <= UTC_TIMESTAMP(3) ORDER BY id`,
      [runId],
    );
    for (const wake of due) {
      const task = await engine.claim(wake);
      if (task === null) continue;
      const outcome = await executor.execute(task, new AbortController().signal, () => undefined);
      await engine.settle({ task, outcome, handOver: false });
      if (await until()) return;
    }
    await engine.advance(runId);
    const now = JSON.stringify(await db.rows('SELECT id, status, wait_reason, failures FROM tasks WHERE run_id = ? ORDER BY id', [runId]));
    still = now === before ? still + 1 : 0;
    if (still === STILL_ROUNDS) return;
    before = now;
  }
  throw new Error('it does not come to an end');
}
