import { ulid } from 'ulid';
import type { Database } from '../../src/db/client.ts';
import type { Strategy } from '../../src/domain/deployment/strategy.ts';
import type { Weights } from '../../src/domain/deployment/vocabulary.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import type { RunDefinitions } from '../../src/engine/run-definition.ts';
import { createRunTask, type RunTask } from '../../src/engine/run-task.ts';
import { sweepLapsedLeases } from '../../src/engine/sweep.ts';
import type { DeployTarget } from '../../src/integrations/capabilities/deploy-target.ts';
import type { TrafficRouter } from '../../src/integrations/capabilities/traffic-router.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { createLocks } from '../../src/platform/lock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createRedis } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { deploymentRunDefinition } from '../../src/services/deployments/deployment-run.ts';
import { createAnalysisService } from '../../src/services/execution/deployments/analysis-service.ts';
import { createConfigurationService } from '../../src/services/execution/deployments/configuration-service.ts';
import { createDeploymentRecords } from '../../src/services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createDriverService, placeName } from '../../src/services/execution/deployments/driver-service.ts';
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
import type { Fault } from '../property/faulty-database.ts';
import type { DatabaseServer } from '../support/databases.ts';
import { testRedis } from '../support/redis.ts';
import { MemoryBuilds } from './deployment-builds.ts';
import { digestOf, idOf, targetBody } from './deployment-facts.ts';
import { fileOf, probed } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';
import { Died, type Fate, fateOf } from './fate.ts';

/*
 * One environment with two services, `web` after `api`, and processes that die. What a process leaves behind changes only with a commit or with an act at a
 * driver, so dying after each of these in turn is dying at every point: whatever lies between two of them leaves the same.
 */

const LEASE_MS = 60_000;

export interface CrashWorld extends DeploymentWorld {
  /** An environment of its own in which version 1 of both services runs. */
  begin(strategies: { api: Strategy; web: Strategy }): Promise<Life>;
}

export interface Life {
  environmentId: string;
  tenant: Awaited<ReturnType<DeploymentWorld['tenant']>>;
  artifacts(version: string): { serviceId: string; artifactId: string }[];
  /**
   * Processes work until the deployment has ended: the first has the fault, those after it are well.
   * @param meanwhile what people do, asked before each round
   * @returns what the first process did that lasts
   */
  end(deploymentId: string, fault: Fault | null, meanwhile?: () => Promise<void>): Promise<number>;
  /** Every change at a driver, in order, without what differs between lives. */
  acts(): string[];
  weights(service: 'api' | 'web'): Weights;
  /** `<service>/<side>` → version. */
  running(): Record<string, string>;
  /** What did not hold while it went. */
  readonly broken: string[];
}

export async function openCrashWorld(server: DatabaseServer): Promise<CrashWorld> {
  const world = await openDeploymentWorld(server);
  const { db, drivers } = world;
  const logger = createLogger({ level: 'silent', name: 'test' });
  const keys = testRedis();
  const redis = createRedis({ redis: parseRedisUrl(keys.url), logger }, 'commands');
  const locks = createLocks({ redis, prefix: keys.prefix, logger });
  const artifacts = { open: async (key: string) => fileOf(key) } as never;
  const tenant = await world.tenant();
  const [api, web] = [await tenant.service('api', []), await tenant.service('web', [])];
  await tenant.dependency(web, api);
  const known = new Map<string, string>();
  for (const version of ['1', '2', '3'])
    for (const service of [api, web]) known.set(`${service} ${version}`, await tenant.artifact(service, version));
  // Version 3 of web never becomes ready.
  drivers.broken.add(digestOf(`${web.slice(-12)} 3`));
  const artifactOf = (serviceId: string, version: string) => known.get(`${serviceId} ${version}`) ?? '';
  let lives = 0;

  function processOf(fate: Fate, connector: Connector): Process {
    const through = fate.db;
    const { keyring } = world.deps;
    const ring = () => undefined;
    const driverService = createDriverService({ db: through, connector, artifacts });
    const configurations = createConfigurationService({ db: through, keyring });
    const migrations = createMigrationService({ db: through, connector });
    const health = createHealthService({ drivers: driverService, fetch: drivers.fetch, connect: () => Promise.reject(new Error('no')) });
    const track = createTrackServices({ db: through, ring, connector, artifacts });
    const services: DeploymentServices = {
      ...{ drivers: driverService, configurations, health, ...track },
      deployments: createDeploymentSource(through),
      records: createDeploymentRecords(through),
      preflight: createPreflightService({
        db: through,
        drivers: driverService,
        stores: track.stores,
        configurations,
        migrations,
        health,
        artifacts,
        keyring,
      }),
      analyses: createAnalysisService(through),
      ...new MemoryBuilds().services(through, connector),
      // No deployment here builds anything.
      ...({} as Pick<DeploymentServices, 'recipes' | 'built' | 'artifactMaxBytes'>),
      migrations,
      rollouts: createServiceRolloutService(through, ring),
      windows: createWindowService(through),
    };
    const bound = bindHandlers({
      name: 'deployment',
      load: (id) => services.deployments.load(id),
      services,
      handlers: deploymentTaskHandlers,
    });
    const executor = new TaskExecutor({
      calls: { keep: () => undefined },
      recordIntent: (task, effect, value) => recordIntent(through, task, effect, value),
      renewIntent: (task, effect) => renewIntent(through, task, effect),
      bind: new Map([['deployment', bound]]),
      ...{ locks, logger, metrics: createMetrics(), pollMs: 60_000, lockTtlMs: 30_000 },
    });
    const engine = createEngine({
      ...{ db: through, ring, definitions, owner: `worker-${lives}`, leaseMs: LEASE_MS, random: () => 0 },
      backoff: { baseMs: 1, maxMs: 2 },
    });
    const runTask = createRunTask({
      ...engine,
      ...{ execute: executor.execute, maxHandOvers: 8, stopping: () => false, observe: () => undefined, pause: async () => undefined },
    });
    return { fate, engine, runTask };
  }

  /** The drivers of one process: an act that was done and whose answer was lost is a point, too. */
  function connectorOf(fate: Fate, before: (place: string) => Promise<void>): Connector {
    const lost = () =>
      fate.dead() ? new Died('the process is dead') : new ProviderError('timeout', 'Memory did not answer.', { provider: 'memory' });
    async function act<T>(place: string, work: () => Promise<T>): Promise<T> {
      fate.guard();
      const acts = drivers.acts.length;
      await before(place);
      fate.guard();
      const value = await work();
      if (drivers.acts.length > acts) fate.lasting(lost);
      return value;
    }
    const look = <T>(work: () => Promise<T>) => {
      fate.guard();
      return work();
    };
    const { deployTarget: target, trafficRouter: router } = drivers;
    const deployTarget: DeployTarget = {
      ...target,
      observe: (place) => look(() => target.observe(place)),
      ensure: (workload) => act(workload.place.name, () => target.ensure(workload)),
      ensureAbsent: (place, graceMs) => act(place.name, () => target.ensureAbsent(place, graceMs)),
    };
    const trafficRouter: TrafficRouter = {
      ...router,
      read: (route) => look(() => router.read(route)),
      setWeights: (route, weights) => act(route.name, () => router.setWeights(route, weights)),
    };
    const provider = { id: 'memory', displayName: 'Memory', deployTarget: () => deployTarget, trafficRouter: () => trafficRouter };
    return { open: async () => ({ id: 'M', provider, connection: {}, deps: {} }) } as unknown as Connector;
  }

  async function begin(strategies: { api: Strategy; web: Strategy }): Promise<Life> {
    lives += 1;
    const name = `life${lives}x`;
    const environmentId = await tenant.environment(name);
    const broken: string[] = [];
    const placeOfService = (service: 'api' | 'web') => [...drivers.weights.keys()].find((key) => key.startsWith(`${name}-${service}`));
    for (const [serviceId, service] of [
      [api, 'api'],
      [web, 'web'],
    ] as const) {
      const body = targetBody({ health: probed, strategy: strategies[service], traffic: { integrationId: idOf('router'), config: {} } });
      await db.run('INSERT INTO targets (id, tenant_id, environment_id, service_id, body) VALUES (?)', [
        [ulid(), tenant.tenantId, environmentId, serviceId, JSON.stringify(body)],
      ]);
      const place = {
        tenantId: tenant.tenantId,
        environment: { id: environmentId, name },
        service: { serviceId, name: service },
        target: body,
      };
      const { version: configVersion } = await world.services.configurations.today(place);
      const there = placeName(place.environment, place.service);
      drivers.running.set(`${there}/blue`, { digest: digestOf(`${serviceId.slice(-12)} 1`), configVersion, replicas: 1 });
      drivers.weights.set(there, { blue: 100, green: 0 });
      await db.run(
        'INSERT INTO installed_services (tenant_id, environment_id, service_id, artifact_id, config_version, side, deployment_id, healthy) VALUES (?)',
        [[tenant.tenantId, environmentId, serviceId, artifactOf(serviceId, '1'), configVersion, 'blue', environmentId, true]],
      );
    }

    /** What must hold before anything is changed: it is snapshot, and the service has its place in the order of change. */
    const judgeAct = (deploymentId: string) => async (place: string) => {
      const service = place.startsWith(`${name}-api`) ? api : web;
      const [found] = await db.rows<{ snapshots: number; changeOrder: number | null; locks: number }>(
        `SELECT (SELECT COUNT(*) FROM snapshots WHERE deployment_id = d.deployment_id) AS snapshots, d.change_order AS changeOrder,
                (SELECT COUNT(*) FROM deployment_locks WHERE deployment_id = d.deployment_id AND service_id = d.service_id) AS locks
         FROM service_deployments d WHERE d.deployment_id = ? AND d.service_id = ?`,
        [deploymentId, service],
      );
      if (found?.snapshots !== 1) broken.push(`${place} was changed before a snapshot`);
      if (found?.changeOrder == null) broken.push(`${place} was changed before it was written down`);
      if (found?.locks !== 1) broken.push(`${place} was changed without its lock`);
    };

    return {
      ...{ environmentId, tenant, broken },
      artifacts: (version) => [api, web].map((serviceId) => ({ serviceId, artifactId: artifactOf(serviceId, version) })),
      async end(deploymentId, fault, meanwhile = async () => undefined) {
        const start = (of: Fault | null) => {
          const fate = fateOf(db, of);
          return processOf(fate, connectorOf(fate, judgeAct(deploymentId)));
        };
        const first = start(fault);
        let process = first;
        for (let round = 0; ; round += 1) {
          const stands = await standing(db, deploymentId);
          broken.push(...stands.broken);
          if (stands.status === 'COMPLETED') return first.fate.passed();
          if (round > 60) throw new Error(`it does not end: ${JSON.stringify(await world.tasks(deploymentId))}`);
          await meanwhile();
          await passTime(db, deploymentId, stands.runId);
          await workOnce(db, process, stands.runId);
          if (process.fate.dead()) process = start(null);
        }
      },
      acts: () =>
        drivers.acts.filter((act) => act.includes(` ${name}-`)).map((act) => act.replace(new RegExp(`${name}-(api|web)-[^ /]*`), '$1')),
      weights: (service) => drivers.weights.get(placeOfService(service) ?? '') ?? { blue: 0, green: 0 },
      running: () =>
        Object.fromEntries(
          [...drivers.running]
            .filter(([key]) => key.startsWith(`${name}-`))
            .map(([key, { digest }]): [string, string] => {
              const service = key.startsWith(`${name}-api`) ? 'api' : 'web';
              const version = ['1', '2', '3'].find((of) => digest === digestOf(`${(service === 'api' ? api : web).slice(-12)} ${of}`));
              return [`${service}/${key.split('/')[1]}`, version ?? '?'];
            })
            .sort(),
        ),
    };
  }

  return {
    ...world,
    begin,
    async close() {
      redis.disconnect();
      await keys.cleanup();
      await world.close();
    },
  };
}

export type Process = { fate: Fate; engine: Engine; runTask: RunTask };
const definitions: RunDefinitions = new Map([[deploymentRunDefinition.kind, deploymentRunDefinition]]);

/** It plans and works at what is due; what it left behind when it died is given back. */
export async function workOnce(db: Database, { fate, engine, runTask }: Process, runId: string): Promise<void> {
  await engine.advance(runId).catch(() => undefined);
  const due = await db.rows<{ id: string; fence: number }>(
    `SELECT id, fence FROM tasks WHERE run_id = ? AND held = 0 AND status IN ('READY', 'WAITING') AND run_at <= UTC_TIMESTAMP(3) ORDER BY id`,
    [runId],
  );
  for (const wake of due) if (!fate.dead()) await runTask(wake).catch(() => undefined);
  await db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ? AND status = 'IN_PROGRESS'`, [runId]);
  await sweepLapsedLeases(db, ['deployment'], () => undefined, definitions);
}

/** A minute passes for its rollouts' steps, and whatever was waited for is due. */
async function passTime(db: Database, deploymentId: string, runId: string): Promise<void> {
  const since = `JSON_EXTRACT(state, '$.progress.stepSince')`;
  await db.run(
    `UPDATE service_rollouts SET state = JSON_SET(state, '$.progress.stepSince', ${since} - 60000)
     WHERE deployment_id = ? AND JSON_TYPE(${since}) <> 'NULL'`,
    [deploymentId],
  );
  await db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ? AND status IN ('READY', 'WAITING')`, [
    runId,
  ]);
}

async function standing(db: Database, deploymentId: string) {
  const [row] = await db.rows<{ runId: string; status: string; outcome: string | null; locked: number; endless: number }>(
    `SELECT r.id AS runId, r.status, d.outcome, (SELECT COUNT(*) FROM deployment_locks l WHERE l.deployment_id = d.id) AS locked,
            (SELECT COUNT(*) FROM tasks t WHERE t.run_id = r.id AND t.status = 'WAITING' AND t.deadline_at IS NULL) AS endless
     FROM deployments d JOIN runs r ON r.id = d.run_id WHERE d.id = ?`,
    [deploymentId],
  );
  if (row === undefined) throw new Error(`there is no deployment ${deploymentId}`);
  const { runId, status, outcome } = row;
  const broken = [
    ...(Number(row.locked) === (outcome === null ? 2 : 0) ? [] : [`${row.locked} locks while it is ${outcome ?? 'under way'}`]),
    ...(Number(row.endless) === 0 ? [] : [`${row.endless} tasks wait without a deadline`]),
  ];
  return { runId, status, broken };
}
