import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createApp } from '../../src/api/app.ts';
import type { ApiDeps, App } from '../../src/api/context.ts';
import { createRequestBudget } from '../../src/api/request-budget.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { schemaCheck } from '../../src/db/migrate.ts';
import type { Permission, Role } from '../../src/domain/access/permissions.ts';
import { createDirectoryStore } from '../../src/platform/artifact-store.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import type { Limits } from '../../src/platform/limits.ts';
import { createLocks } from '../../src/platform/lock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createOperatorToken, createTenant } from '../../src/services/access/operator.ts';
import { createConnector } from '../../src/services/connections/connect.ts';
import { deploymentRunDefinition } from '../../src/services/deployments/deployment-run.ts';
import { createEventHub } from '../../src/services/events/event-hub.ts';
import { eventLimits } from '../../src/services/events/event-limits.ts';
import { createDoneServices } from '../../src/services/execution/done-services.ts';
import { releaseRunDefinition } from '../../src/services/releases/release-run.ts';
import { taskHandlers } from '../../src/workers/tasks/index.ts';
import { createDoneVerifier } from '../../src/workers/verify-done.ts';
import { createTestDatabase, type DatabaseServer, testDatabases } from '../support/databases.ts';
import { dial } from '../support/dial.ts';
import { testRedis } from '../support/redis.ts';
import { applySchema } from '../support/schema.ts';

/**
 * The API on a database of its own: everything real but the clock of rate limits, Redis for all but locks and, where a test says so, the
 * providers. Redis is not connected to before something is locked.
 */
export interface ApiHarness {
  app: App;
  deps: ApiDeps;
  db: Database;
  /** Everything that was logged, as text. */
  logged(): string;
  rung: Wake[];
  /** What its keyring was made of. */
  keys: string;
  /** Where artifacts are kept. */
  artifactsDir: string;
  /** A new tenant with a token of its first owner. */
  tenant(name?: string): Promise<{ tenantId: string; token: string; accountId: string }>;
  token(tenantId: string, role: Role, options?: { scopes?: Permission[]; expiresAt?: Date; accountId?: string }): Promise<string>;
  /** JSON in, JSON out. A `body` that is a string or bytes is sent as it is. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface RequestOptions {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
}

const unlimited: Limits = {
  admitCall: async () => ({ ok: true }),
  withPermit: async (_key, _max, _ttlMs, work) => ({ ok: true, value: await work() }),
};

export async function startApi(
  options: {
    server?: DatabaseServer;
    requestsPerMinute?: number;
    fetch?: typeof fetch;
    queues?: ApiDeps['queues'];
    localRoot?: string;
  } = {},
): Promise<ApiHarness> {
  const [first] = testDatabases();
  const server = options.server ?? first;
  if (server === undefined) throw new Error('there is no test database');
  const database = await createTestDatabase(server);
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace', name: 'api', destination: { write: (line) => void lines.push(line) } });
  const url = new Secret(database.url);
  await applySchema(database.url);
  const db = openDatabase({ url, poolSize: 10 });
  const artifactsDir = await mkdtemp(join(tmpdir(), 'signalbox-api-artifacts-'));
  const artifacts = createDirectoryStore(artifactsDir);
  const keys = `test:${randomBytes(32).toString('base64')}`;
  const keyring = createKeyring(new Secret(keys));
  const metrics = createMetrics();
  const rung: Wake[] = [];
  const { url: redisUrl, prefix } = testRedis();
  const redis = new Redis(redisUrl, { lazyConnect: true });
  const budget = createRequestBudget({ redis: null, prefix: 'test', points: options.requestsPerMinute ?? 0, now: () => 1_000 });
  const events = createEventHub({ db, logger, ...eventLimits, everyMs: 20, insertMs: 200 });
  const deps: ApiDeps = {
    db,
    events,
    ring: (wakes) => void rung.push(...wakes),
    verifyDone: (question) => verifyDone(question),
    definitions: new Map([releaseRunDefinition, deploymentRunDefinition].map((definition) => [definition.kind, definition])),
    keyring,
    connector: createConnector({
      db,
      keyring,
      limits: unlimited,
      metrics,
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      download: options.fetch ?? ((input, init) => fetch(input, init)),
      connect: dial,
      timeoutMs: 5000,
      localRoot: options.localRoot ?? null,
      callsPerMinute: 1000,
      parallelCalls: 100,
      now: () => new Date(),
    }),
    locks: createLocks({ redis, prefix, logger }),
    artifacts,
    artifactMaxBytes: 200_000_000,
    logger,
    publicUrl: 'http://localhost',
    metrics,
    checks: { database: async () => void (await db.rows('SELECT 1')), schema: schemaCheck(db) },
    budget,
    queues: options.queues ?? { all: () => [] },
    trustProxy: false,
    fixedPublicUrl: null,
  };
  const verifyDone = createDoneVerifier({ services: createDoneServices(db, deps.connector), handlers: taskHandlers, timeoutMs: 5_000 });
  const app = createApp(deps);

  async function issue(tenantId: string, role: Role, more: { scopes?: Permission[]; expiresAt?: Date; accountId?: string } = {}) {
    const { view, token } = await createOperatorToken(db, {
      tenantId,
      name: `${role} of a test`,
      role,
      scopes: more.scopes ?? [],
      expiresAt: more.expiresAt ?? null,
      accountId: more.accountId,
    });
    return { accountId: view.accountId, token: token.reveal() };
  }

  return {
    app,
    deps,
    db,
    logged: () => lines.join(''),
    rung,
    keys,
    artifactsDir,
    async tenant(name = 'Acme') {
      const { tenantId } = await createTenant(db, name);
      return { tenantId, ...(await issue(tenantId, 'owner')) };
    },
    token: async (tenantId, role, more) => (await issue(tenantId, role, more)).token,
    async request(method, path, { token, body, headers = {} } = {}) {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await app.request(path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
    },
    async close() {
      await rm(artifactsDir, { recursive: true, force: true });
      events.close();
      budget.close();
      redis.disconnect();
      await db.close();
      await database.drop();
    },
  };
}
