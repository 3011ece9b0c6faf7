import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { root } from './paths.mjs';
import { isAlive } from './server-process.mjs';
import { startMariadb, startRedis } from './services.mjs';
import { createDatabase, query } from './sql.mjs';

let dir: string;
const servers: { stop(): Promise<void> }[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'signalbox-services-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true });
});

/** Servers are an optional part of a developer's machine; where the suite runs they are there. */
function started<T extends { stop(): Promise<void> }>(server: T | null): T {
  if (server === null) throw new Error('not installed on this machine: npm test installs it');
  servers.push(server);
  return server;
}

it('Redis keeps its data through a crash, and its port through a restart that empties it', async () => {
  const server = started(await startRedis({ dir }));
  const client = new Redis(server.url, { lazyConnect: true, retryStrategy: null });
  await client.set('a', '1');

  await server.kill();
  const runningAfterKill = server.running;
  await server.restart();
  const afterCrash = await storedValue(server.url);
  await server.restart({ empty: true });
  const afterEmptying = await storedValue(server.url);

  client.disconnect();
  expect([runningAfterKill, afterCrash, afterEmptying]).toEqual([false, '1', null]);
});

async function storedValue(url: string): Promise<string | null> {
  const client = new Redis(url);
  try {
    return await client.get('a');
  } finally {
    client.disconnect();
  }
}

it('MariaDB speaks UTC, compares byte by byte, syncs every commit, and has committed rows after a crash', async () => {
  const server = started(await startMariadb({ dir }));
  const url = await createDatabase(server.url, 'shop');
  await query(url, 'CREATE TABLE t (id INT PRIMARY KEY)');
  await query(url, 'INSERT INTO t VALUES (7)');

  await server.kill();
  await server.restart();

  const [row] = await query(
    url,
    'SELECT id, @@time_zone AS zone, @@collation_database AS collation, @@innodb_flush_log_at_trx_commit AS flush FROM t',
  );
  expect(row).toEqual({ id: 7, zone: '+00:00', collation: 'utf8mb4_bin', flush: 1 });
});

it('a script killed outright leaves neither servers nor its temporary directory', async () => {
  const script = `
    import { startServices, startRedis } from ${JSON.stringify(join(root, 'scripts/lib/services.mjs'))};
    const redis = await startRedis({ dir: ${JSON.stringify(join(dir, 'redis'))} });
    process.env.REDIS_URL = redis.url;
    await startServices({ dir: ${JSON.stringify(join(dir, 'run'))}, ephemeral: true });
    console.log(redis.pid);
    setInterval(() => {}, 1000);`;
  const { DATABASE_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = await once(createInterface({ input: child.stdout }), 'line');
  expect(existsSync(join(dir, 'run/database/data'))).toBe(true);

  child.kill('SIGKILL');

  await waitFor(() => !isAlive(Number(pid)) && !existsSync(join(dir, 'run')), { what: 'servers and directory to go' });
});

it.each([
  {
    given: ['--exti'],
    words: "Unknown option '--exti'. Known options: --demo --scm --ci --tracker --stores --exit --json --fresh --verbose.",
  },
  { given: ['--tracker', 'trello'], words: '--tracker is one of jira, linear, asana, monday, clickup, not "trello". Known options:' },
  { given: ['--ci', 'travis'], words: '--ci is one of github, gitlab, jenkins, not "travis". Known options:' },
])('npm start refuses $given in one sentence', async ({ given, words }) => {
  const child = spawn(process.execPath, [join(root, 'scripts/start.mjs'), ...given], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));

  const [code] = await once(child, 'close');

  expect(code).toBe(1);
  expect(lines).toEqual([expect.stringContaining(words)]);
});
