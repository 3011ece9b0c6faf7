import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';
import { type PrivateServer, startMariadb, startRedis } from '../../scripts/lib/services.mjs';
import { createTestDatabase, type DatabaseServer, testDatabases } from '../support/databases.ts';
import { testRedis } from '../support/redis.ts';
import type { DatabaseClock } from './database-clock.ts';

export interface ServerOptions {
  /** Which of `testDatabases()`; the first where absent. */
  server?: DatabaseServer;
  /** A server of this world alone, which tests may kill, stop, freeze and restart. */
  privateDatabase?: boolean;
  /** A private database lives by it. */
  clock?: DatabaseClock;
  privateRedis?: boolean;
}

/** Where a world keeps its rows and its wake-ups. */
export interface Servers {
  databaseUrl: string;
  redisUrl: string;
  prefix: string;
  /** Null where the world shares the test run's. */
  database: PrivateServer | null;
  redis: PrivateServer | null;
  close(): Promise<void>;
}

/** Small. What was committed outlasts the server's end however it comes, but not the machine's: no test ends that. */
const mariadbFlags = [
  '--innodb-buffer-pool-size=64M',
  '--max-connections=200',
  '--innodb-file-per-table=OFF',
  '--innodb-flush-log-at-trx-commit=2',
];

export async function openServers({ server, privateDatabase, clock, privateRedis }: ServerOptions): Promise<Servers> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const start = (dir: string) => startMariadb({ dir, flags: mariadbFlags, environment: clock?.environment ?? {} });
    const database = privateDatabase || clock ? await startPrivate('mariadbd', start, closers) : null;
    const redis = privateRedis ? await startPrivate('redis-server', (dir) => startRedis({ dir }), closers) : null;
    const own = await createTestDatabase(database === null ? (server ?? firstServer()) : { name: 'mariadb', url: database.url });
    // A private server goes with all it holds, and may be down by then.
    if (database === null) closers.push(() => own.drop());
    const shared = testRedis();
    if (redis === null) closers.push(() => shared.cleanup());
    return { databaseUrl: own.url, redisUrl: redis?.url ?? shared.url, prefix: shared.prefix, database, redis, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function firstServer(): DatabaseServer {
  const [first] = testDatabases();
  if (first === undefined) throw new Error('there is no test database');
  return first;
}

async function startPrivate(
  name: string,
  start: (dir: string) => Promise<PrivateServer | null>,
  closers: (() => Promise<void>)[],
): Promise<PrivateServer> {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-e2e-'));
  removeAtEnd(dir);
  closers.push(async () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const server = await start(dir);
  if (server === null) throw new Error(`${name} is not installed`);
  // A crash, as far as the server knows: nobody needs its data any more, and an orderly end takes seconds.
  closers.push(() => server.kill());
  return server;
}
