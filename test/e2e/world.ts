import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox, type TenantEffects } from '../../sandbox/world.ts';
import { freePort } from '../../scripts/lib/ports.mjs';
import type { PrivateServer } from '../../scripts/lib/services.mjs';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { TaskView } from '../../src/services/releases/tasks/task-view.ts';
import { applySchema } from '../support/schema.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Exit, type ProcessKind, type SignalboxProcess, startProcess } from './process.ts';
import type { ReleaseHandle, UntilOptions } from './release.ts';
import { openServers, type ServerOptions } from './servers.ts';
import { openTenant, type TenantWorld } from './tenant.ts';

/*
 * Whole releases over real processes: `openWorld` starts api, scheduler and workers on a database and a Redis key space of their own, with
 * the providers' fakes in the test's own process, where tests can steer them.
 *
 *   const world = await openWorld({ workers: 2, tenants: ['Acme'] });
 *   const release = await world.tenant('Acme').createRelease({ slots: [0, 1500] });
 *   await release.until('COMPLETED', { approving: true });
 *   expect(world.tenant('Acme').effects().duplicates).toEqual([]);
 *   await world.stopAll();
 */

export interface WorkerOptions {
  /** All where absent. */
  queues?: readonly string[];
  concurrency?: number;
  env?: Record<string, string>;
}

export interface WorldOptions extends ServerOptions {
  apis?: number;
  schedulers?: number;
  workers?: number | readonly WorkerOptions[];
  tenants?: readonly string[];
  /** Over the world's own, for every process. */
  env?: Record<string, string>;
  sandbox?: Omit<SandboxOptions, 'tenants'>;
  /** Whether the sandbox's webhooks reach Signalbox; yes where absent. */
  webhooks?: boolean;
}

export interface World {
  readonly sandbox: Sandbox;
  readonly fakes: Sandbox['fakes'];
  readonly tenants: readonly TenantWorld[];
  /** Looks and writes past the API. */
  readonly db: Database;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Every Redis key of the world begins with it. */
  readonly prefix: string;
  /** Null where they are shared with other tests. */
  readonly database: PrivateServer | null;
  readonly redis: PrivateServer | null;
  /** Of the first API. */
  readonly apiUrl: string;
  /** What the processes were started with. */
  readonly env: Readonly<Record<string, string>>;
  /** The first one where the name is absent. */
  tenant(name?: string): TenantWorld;
  addTenant(name: string): Promise<TenantWorld>;
  /** All, or those of a kind, in the order of their start. */
  processes(kind?: ProcessKind): SignalboxProcess[];
  /** The first running one of a kind, or the one of that name. @throws Error when there is none */
  process(which: string): SignalboxProcess;
  /** Another process of that kind. */
  start(kind: ProcessKind, options?: WorkerOptions): Promise<SignalboxProcess>;
  /** SIGKILL to the first running one of a kind, or to the one of that name. */
  kill(which: string): Promise<Exit>;
  /** SIGTERM likewise. */
  stop(which: string): Promise<Exit>;
  /** Every line of every process. */
  logs(): string[];
  /** Of the first tenant's last release, for tests that have one. */
  readonly release: ReleaseHandle;
  until(status: Parameters<ReleaseHandle['until']>[0], options?: UntilOptions): ReturnType<ReleaseHandle['until']>;
  approve(): ReturnType<ReleaseHandle['decide']>;
  tasks(): Promise<TaskView[]>;
  effects(tenant?: string): TenantEffects;
  /** Until every message that was written to be sent is out, or given up. */
  untilTold(): Promise<void>;
  /** Ends all processes, closes the fakes, drops the database. */
  stopAll(): Promise<void>;
}

/** Fast enough to test, slow enough to be true: a lease outlasts a busy machine's hiccups. */
const quick = {
  ...{ HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'debug', DATABASE_POOL_SIZE: '5' },
  ...{ LEASE_MS: '6000', RETRY_BASE_MS: '50', RETRY_MAX_MS: '1000', POLL_INTERVAL_MS: '250', SWEEP_INTERVAL_MS: '250' },
  ...{ API_REQUESTS_PER_MINUTE: '0', CALLS_PER_MINUTE: '1000000', SHUTDOWN_GRACE_MS: '10000', PROVIDER_TIMEOUT_MS: '5000' },
};

/** Everybody outside is quick, too, and the product owner does not dawdle. */
const quickRobots = {
  ci: { startAfterMs: 30, completeAfterMs: 120, artifactAfterMs: 30 },
  testers: { passAfterMs: 100 },
  productOwner: { startAfterMs: 100, doneAfterMs: 400 },
  developer: false,
} as const;

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    return await open(options, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function open(options: WorldOptions, closers: (() => Promise<unknown>)[]): Promise<World> {
  const { tenants: names = ['Acme'], webhooks = true, robots = true } = { ...options, robots: options.sandbox?.robots };
  const servers = await openServers(options);
  closers.push(() => servers.close());
  const sandbox = await startSandbox({
    ...options.sandbox,
    tenants: names,
    robots: typeof robots === 'object' ? { ...quickRobots, ...robots } : robots && quickRobots,
  });
  closers.push(() => sandbox.close());
  const url = new Secret(servers.databaseUrl);
  await applySchema(servers.databaseUrl);
  const db = openDatabase({ url, poolSize: 3 });
  closers.push(() => db.close());
  const artifacts = mkdtempSync(join(tmpdir(), 'signalbox-e2e-artifacts-'));
  closers.push(async () => rmSync(artifacts, { recursive: true, force: true }));
  const env = {
    ...quick,
    ARTIFACTS_DIR: artifacts,
    ...{ DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl, SIGNALBOX_PREFIX: servers.prefix },
    ...{ SIGNALBOX_KEYS: `e2e:${randomBytes(32).toString('base64')}`, OUTBOUND_ALLOW: '127.0.0.1' },
    ...options.env,
  };
  const fleet = openFleet(env);
  closers.push(() => fleet.close());
  await fleet.open(options);
  const apiUrl = () => fleet.process('api').url;
  const tenants: TenantWorld[] = [];
  const addTenant = async (name: string) => {
    if (!sandbox.tenants.some((each) => each.name === name)) sandbox.addTenant(name);
    const tenant = await openTenant({ name, db, apiUrl, sandbox, webhooks, now: options.clock?.now ?? Date.now });
    tenants.push(tenant);
    return tenant;
  };
  for (const name of names) await addTenant(name);

  const world: World = {
    ...{ sandbox, fakes: sandbox.fakes, tenants, db, env, addTenant },
    ...{ databaseUrl: servers.databaseUrl, redisUrl: servers.redisUrl, prefix: servers.prefix },
    ...{ database: servers.database, redis: servers.redis },
    ...{ processes: fleet.processes, process: fleet.process, start: fleet.start },
    get apiUrl() {
      return apiUrl();
    },
    tenant(name) {
      const tenant = name === undefined ? tenants[0] : tenants.find((each) => each.name === name);
      if (tenant === undefined) throw new Error(`the world has no tenant ${name ?? 'at all'}`);
      return tenant;
    },
    kill: (which) => fleet.process(which).kill(),
    stop: (which) => fleet.process(which).stop(),
    logs: () => fleet.processes().flatMap(({ lines }) => lines),
    get release() {
      const release = world.tenant().releases.at(-1);
      if (release === undefined) throw new Error('no release was created');
      return release;
    },
    until: (status, how) => world.release.until(status, how),
    approve: () => world.release.decide('APPROVED'),
    tasks: () => world.release.tasks(),
    effects: (name) => world.tenant(name).effects(),
    async untilTold() {
      const open = `SELECT id FROM deliveries WHERE status NOT IN ('DONE', 'SKIPPED', 'FAILED') LIMIT 1`;
      await waitFor(async () => (await db.rows(open)).length === 0, { what: 'every message to be out' });
    },
    async stopAll() {
      keepLogs(world);
      await closeAll(closers);
    },
  };
  return world;
}

/** For whoever looks for the cause of a failed test: `E2E_LOG_DIR=/tmp/logs npx vitest run test/e2e/….test.ts`. */
function keepLogs(world: World): void {
  const root = process.env.E2E_LOG_DIR;
  if (root === undefined || root === '') return;
  const dir = join(root, `${new Date().toISOString().replaceAll(':', '')}-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  for (const { name, lines } of world.processes()) writeFileSync(join(dir, `${name}.log`), lines.join('\n'));
}

/** Last opened, first closed; all are closed, and the first trouble is told. */
async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  const troubles: unknown[] = [];
  for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
    await closer().catch((error: unknown) => troubles.push(error));
  }
  if (troubles.length > 0) throw troubles[0];
}

function openFleet(env: Record<string, string>) {
  const all: SignalboxProcess[] = [];
  const counts: Record<ProcessKind, number> = { api: 0, scheduler: 0, worker: 0 };
  const processes = (kind?: ProcessKind) => all.filter((each) => kind === undefined || each.kind === kind);

  async function start(kind: ProcessKind, { queues, concurrency, env: own = {} }: WorkerOptions = {}): Promise<SignalboxProcess> {
    counts[kind] += 1;
    const name = `${kind}-${counts[kind]}`;
    // Webhook addresses are made of it, so that an API that was restarted must be where it was.
    const port: Record<string, string> = kind === 'api' ? { PORT: String(await freePort()) } : {};
    const args = [
      ...(queues === undefined ? [] : ['--queues', queues.join(',')]),
      ...(concurrency === undefined ? [] : ['--concurrency', String(concurrency)]),
    ];
    const started = await startProcess({ kind, name, args, env: { ...env, ...port, ...own } });
    all.push(started);
    return started;
  }

  return {
    processes,
    start,
    process(which: string): SignalboxProcess {
      const found = all.find(({ name }) => name === which) ?? all.find(({ kind, running }) => kind === which && running);
      if (found === undefined) throw new Error(`no ${which} runs`);
      return found;
    },
    async open({ apis = 1, schedulers = 1, workers = 1 }: WorldOptions): Promise<void> {
      const plans: readonly WorkerOptions[] = typeof workers === 'number' ? Array.from({ length: workers }, () => ({})) : workers;
      const started = await Promise.allSettled([
        ...Array.from({ length: apis }, () => start('api')),
        ...Array.from({ length: schedulers }, () => start('scheduler')),
        ...plans.map((plan) => start('worker', plan)),
      ]);
      for (const result of started) if (result.status === 'rejected') throw result.reason;
    },
    async close(): Promise<void> {
      // Nobody is waited for: what a test wants to know of an orderly end, it asks for itself.
      await Promise.all(all.filter(({ running }) => running).map((each) => each.kill()));
    },
  };
}
