import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { sendVersion } from '../../sandbox/deploy-demo/artifacts.ts';
import { route, startBalancer } from '../../sandbox/deploy-demo/balancer.ts';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createOperatorToken, createTenant } from '../../src/services/access/operator.ts';
import type { DeploymentDetail } from '../../src/services/deployments/deployment-view.ts';
import type { ServiceRolloutCommand } from '../../src/services/service-rollouts/service-rollout-command.ts';
import type { ServiceRolloutView } from '../../src/services/service-rollouts/service-rollout-view.ts';
import { type Client, clientOf } from '../e2e/client.ts';
import { type ProcessKind, type SignalboxProcess, startProcess } from '../e2e/process.ts';
import { openServers, type Servers } from '../e2e/servers.ts';
import { applySchema } from '../support/schema.ts';
import { waitFor } from '../support/wait-for.ts';
import { type TrafficWatch, watchTraffic } from './traffic-watch.ts';

/** One tenant that deploys small web services on this machine, each behind a HAProxy of its own, by real processes. */
export interface DeploymentsWorld {
  readonly db: Database;
  /**
   * SIGKILL to the worker as soon as each of these has come about, and then another worker. Nobody else kills meanwhile.
   * @returns what the last one came to
   */
  killWorker<T>(...moments: [...(() => Promise<unknown>)[], () => Promise<T>]): Promise<T>;
  /** A service whose version 1.0.0 runs on blue and has all traffic. */
  addService(name: string, how: { strategy: object; health?: object }): Promise<DeployedService>;
  close(): Promise<void>;
}

export interface DeployedService {
  readonly traffic: TrafficWatch;
  /** Packs and sends a version. @returns what asks for its deployment */
  prepare(version: string, failEvery?: number): Promise<() => Promise<RunningDeployment>>;
  /** Until a process of a version runs on a side: `green 1.1.0`. */
  untilRuns(process: string): Promise<unknown>;
  untilGone(process: string): Promise<unknown>;
  /** All of its processes, sorted. */
  running(): string[];
  /** What is installed, as the database says: `green 1.1.0`. */
  installed(): Promise<string[]>;
  /** Rows and Redis keys that keep others from it, once those of the dead have lapsed. */
  locks(): Promise<string[]>;
}

export interface RunningDeployment {
  readonly id: string;
  command(command: ServiceRolloutCommand): Promise<unknown>;
  /** Takes it back by another deployment. */
  rollBack(): Promise<RunningDeployment>;
  /** Until it waits for a person, with this share where one is given. */
  untilPaused(percent?: number): Promise<unknown>;
  untilPhase(phase: ServiceRolloutView['phase']): Promise<unknown>;
  untilStatus(status: DeploymentDetail['status']): Promise<unknown>;
  /** How it ended, and each service within it. */
  end(): Promise<{ kind: string; status: string; services: string[] }>;
  /** How many of its attempts ended because their worker was killed. */
  lostAttempts(): Promise<number>;
}

const FIRST = '1.0.0';
const PATIENCE_MS = 60_000;
const LOOK_MS = 25;
const over = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'ROLLBACK_FAILED'];

/** The new version has as long as a slow machine needs, the dead are believed dead soon. */
const quick = {
  ...{ HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', DATABASE_POOL_SIZE: '5', API_REQUESTS_PER_MINUTE: '0' },
  ...{ LEASE_MS: '1500', RETRY_BASE_MS: '100', RETRY_MAX_MS: '1000', POLL_INTERVAL_MS: '250', SWEEP_INTERVAL_MS: '250' },
};

interface Base {
  db: Database;
  servers: Servers;
  owner: Client;
  apiUrl: string;
  token: string;
  tenantPath: string;
  dir: string;
  runner: string;
  environmentId: string;
  /** Made so far. */
  services: number;
}

type Closers = (() => Promise<unknown>)[];

export async function openDeploymentsWorld(): Promise<DeploymentsWorld> {
  const closers: Closers = [];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer().catch(() => undefined);
  };
  try {
    return await open(closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(closers: Closers, close: () => Promise<void>): Promise<DeploymentsWorld> {
  const servers = await openServers({});
  closers.push(() => servers.close());
  const url = new Secret(servers.databaseUrl);
  await applySchema(servers.databaseUrl);
  const db = openDatabase({ url, poolSize: 2 });
  closers.push(() => db.close());
  const dir = mkdtempSync(join(tmpdir(), 'deployments-'));
  removeAtEnd(dir);
  // Supervisors end what they look after when its directory is gone.
  closers.push(async () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const processes = await startFleet(
    {
      ...{ ...quick, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl, SIGNALBOX_PREFIX: servers.prefix },
      ...{ SIGNALBOX_KEYS: `chaos:${randomBytes(32).toString('base64')}`, OUTBOUND_ALLOW: '127.0.0.1' },
      ...{ ARTIFACTS_DIR: join(dir, 'artifacts'), LOCAL_RUNNER_ROOT: join(dir, 'services') },
    },
    closers,
  );
  const { tenantId } = await createTenant(db, 'Acme');
  const made = await createOperatorToken(db, { tenantId, role: 'owner', name: 'Olga', scopes: [], expiresAt: null });
  const token = made.token.reveal();
  const owner = clientOf(() => processes.api.url, token);
  const tenantPath = `/tenants/${tenantId}`;
  const runner = await connect(owner, tenantPath, { provider: 'local-runner', displayName: 'This machine' });
  const environment = await owner.send<{ id: string }>('POST', `${tenantPath}/environments`, { name: 'staging', tier: 'staging' });
  const base: Base = {
    db,
    servers,
    owner,
    apiUrl: processes.api.url,
    token,
    tenantPath,
    dir,
    runner,
    environmentId: environment.id,
    services: 0,
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    db,
    killWorker<T>(...moments: [...(() => Promise<unknown>)[], () => Promise<T>]): Promise<T> {
      const killing = last.then(async () => {
        let found: unknown;
        for (const moment of moments) {
          found = await moment();
          await processes.worker.kill();
          await processes.worker.start();
        }
        return found as T;
      });
      last = killing.catch(() => undefined);
      return killing;
    },
    addService: (name, how) => addService(base, closers, name, how),
    close,
  };
}

async function startFleet(env: Record<string, string>, closers: Closers) {
  const start = async (kind: ProcessKind): Promise<SignalboxProcess> => {
    const process = await startProcess({ kind, name: `${kind}-1`, args: [], env });
    closers.push(() => process.kill());
    return process;
  };
  const [api, worker] = await Promise.all([start('api'), start('worker'), start('scheduler')]);
  return { api, worker };
}

async function connect(owner: Client, tenantPath: string, form: { provider: string; displayName: string; baseUrl?: string }) {
  const path = `${tenantPath}/integrations/deployment`;
  const made = await owner.send<{ id: string; verificationStatus: string }>('POST', path, { credentials: {}, ...form });
  if (made.verificationStatus !== 'VALID') throw new Error(`${form.provider} could not be verified`);
  return made.id;
}

async function addService(
  base: Base,
  closers: Closers,
  story: string,
  { strategy, health = { successes: 2, withinMs: PATIENCE_MS } }: { strategy: object; health?: object },
): Promise<DeployedService> {
  const { owner, tenantPath, environmentId } = base;
  // A story that is told again begins with a service of its own.
  base.services += 1;
  const name = `${story}-${base.services}`;
  const dir = join(base.dir, name);
  mkdirSync(dir, { recursive: true });
  const { balancer, server } = await startBalancer(dir);
  closers.push(async () => {
    server.stop();
    await server.ended;
  });
  const router = await connect(owner, tenantPath, { provider: 'haproxy', displayName: `HAProxy of ${name}`, baseUrl: balancer.runtime });
  const app = await owner.send<{ id: string }>('POST', `${tenantPath}/apps`, { name });
  const service = await owner.send<{ id: string }>('POST', `${tenantPath}/services`, { appId: app.id, name, kind: 'web' });
  await owner.send('PUT', `${tenantPath}/environments/${environmentId}/targets/${service.id}`, {
    deploy: {
      ...{ integrationId: base.runner, config: { command: ['node', 'server.mjs'] }, replicas: 1 },
      ...{ readyWithinMs: PATIENCE_MS, graceMs: 5_000 },
    },
    ...{ strategy, traffic: { integrationId: router, config: route } },
    health: [{ kind: 'http', path: '/', intervalMs: 200, ...health }],
  });

  const prepare: DeployedService['prepare'] = async (version, failEvery) => {
    const path = `${tenantPath}/services/${service.id}/artifacts`;
    const artifactId = await sendVersion({ url: base.apiUrl, token: base.token, path }, dir, { version, failEvery: failEvery ?? null });
    const body = { appId: app.id, environmentId, artifacts: [{ serviceId: service.id, artifactId }], reason: `${name} ${version}` };
    return async () => {
      const { id } = await owner.send<{ id: string }>('POST', `${tenantPath}/deployments`, body);
      return deploymentOf(base, service.id, id);
    };
  };
  const first = await (await (await prepare(FIRST))()).end();
  if (first.status !== 'SUCCEEDED') throw new Error(`${name} ${FIRST} ended ${first.status}`);
  const traffic = watchTraffic(balancer);
  closers.push(() => traffic.stop());
  const running = () => processesOf(join(base.dir, 'services'), `staging-${name}`);
  return {
    ...{ traffic, prepare, running },
    untilRuns: (process) => until(`${name} to run ${process}`, () => running().includes(process)),
    untilGone: (process) => until(`${name} not to run ${process}`, () => !running().includes(process)),
    async installed() {
      const rows = await base.db.rows<{ side: string; version: string }>(
        'SELECT i.side, a.version FROM installed_services i JOIN artifacts a ON a.id = i.artifact_id WHERE i.service_id = ?',
        [service.id],
      );
      return rows.map(({ side, version }) => `${side} ${version}`);
    },
    locks: () => locksOf(base, service.id),
  };
}

function deploymentOf(base: Base, serviceId: string, id: string): RunningDeployment {
  const { owner, tenantPath, db } = base;
  const path = `${tenantPath}/deployments/${id}`;
  const rollout = async () => (await owner.get<{ items: ServiceRolloutView[] }>(`${path}/rollouts`)).items[0];
  const details = () => owner.get<DeploymentDetail>(path);
  return {
    id,
    command: (command) => owner.send('POST', `${path}/rollouts/${serviceId}/${command}`, { reason: 'chaos' }),
    rollBack: async () =>
      deploymentOf(base, serviceId, (await owner.send<{ id: string }>('POST', `${path}/rollback`, { reason: 'chaos' })).id),
    untilPaused: (percent) =>
      until(`a pause${percent === undefined ? '' : ` at ${percent} %`}`, async () => {
        const seen = await rollout();
        const isThere = seen?.status === 'PAUSED' && seen.pauseReason === 'step' && (percent === undefined || seen.weight === percent);
        return isThere || told(seen, await details());
      }),
    untilPhase: (phase) =>
      until(`the phase ${phase}`, async () => {
        const seen = await rollout();
        return seen?.phase === phase || told(seen, await details());
      }),
    untilStatus: (status) =>
      until(`the status ${status}`, async () => {
        const seen = await details();
        return seen.status === status || told(await rollout(), seen);
      }),
    async end() {
      const found = await until('the end of the deployment', async () => {
        const seen = await details();
        return over.includes(seen.status) ? seen : told(await rollout(), seen);
      });
      return { kind: found.kind, status: found.status, services: found.services.map(({ status }) => status) };
    },
    async lostAttempts() {
      const rows = await db.rows(
        `SELECT a.number FROM attempts a JOIN tasks t ON t.id = a.task_id JOIN runs r ON r.id = t.run_id
         WHERE r.subject_id = ? AND a.outcome = 'lost'`,
        [id],
      );
      return rows.length;
    },
  };
}

const until = <T>(what: string, condition: () => T | Promise<T>) => waitFor(condition, { what, timeoutMs: PATIENCE_MS, everyMs: LOOK_MS });

/** For whoever reads what was waited for in vain. */
function told(rollout: ServiceRolloutView | undefined, { displayId, status, failure, holds, waits }: DeploymentDetail): never {
  const seen = rollout && [rollout.status, rollout.phase, `step ${rollout.step}`, `${rollout.weight} %`, rollout.task.status].join(', ');
  throw new Error(`${displayId} is ${JSON.stringify({ status, failure, holds, waits })}, its rollout ${seen ?? 'not begun'}`);
}

/** Of everything that runs on this machine what was started in a release of the service: `green 1.1.0`. */
function processesOf(root: string, place: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const directory = readlinkSync(`/proc/${pid}/cwd`);
      const [, name = '', side] = /\/services\/([^/]+)\/(blue|green)\/releases\//.exec(directory) ?? [];
      if (!directory.startsWith(root) || name.slice(0, -'-12345678'.length) !== place) continue;
      found.push(`${side} ${JSON.parse(readFileSync(join(directory, 'version.json'), 'utf8')).version}`);
    } catch {
      // Gone meanwhile.
    }
  }
  return found.sort();
}

async function locksOf({ db, servers }: Base, serviceId: string): Promise<string[]> {
  const redis = new Redis(servers.redisUrl);
  const keys = async () => (await redis.keys(`${servers.prefix}:lock:*`)).filter((key) => key.includes(serviceId));
  try {
    await waitFor(async () => (await keys()).length === 0, { what: 'locks to lapse' }).catch(() => undefined);
    const rows = await db.rows<{ deploymentId: string }>(
      'SELECT deployment_id AS deploymentId FROM deployment_locks WHERE service_id = ?',
      [serviceId],
    );
    return [...(await keys()), ...rows.map(({ deploymentId }) => `the row of ${deploymentId}`)];
  } finally {
    redis.disconnect();
  }
}
