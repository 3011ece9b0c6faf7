import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Split } from '../../sandbox/deploy-demo/tally.ts';
import { forgetGroup, removeAtEnd, watchGroup } from '../../scripts/lib/guard.mjs';
import { findProgram } from '../../scripts/lib/programs.mjs';
import { type Database, openDatabase } from '../../src/db/client.ts';
import type { Role } from '../../src/domain/access/permissions.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createOperatorToken, createTenant } from '../../src/services/access/operator.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { type TestRedis, testRedis } from '../support/redis.ts';
import { applySchema } from '../support/schema.ts';
import { type ProcessKind, type SignalboxProcess, startProcess } from './process.ts';

/** The demo of `npm start -- --demo deploy`, as it stands, against real processes, a real HAProxy and a real Prometheus. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const missing = ['haproxy', 'prometheus', 'bash', 'curl'].filter((name) => findProgram(name) === null);

interface Result {
  status: string;
  good: { status: string; split: Split[]; failedBySwitch: number; ownErrors: number };
  bad: { status: string; failure: string; split: Split[]; failedBySwitch: number; ownErrors: number; weightAfter: number };
}

describe.skipIf(missing.length > 0)(`the demo of deployments${missing.length > 0 ? ` (without ${missing.join(', ')})` : ''}`, () => {
  let database: TestDatabase;
  let db: Database;
  let redis: TestRedis;
  let dir: string;
  let env: Record<string, string>;
  const processes: SignalboxProcess[] = [];
  const children: ChildProcess[] = [];

  /** Everything it wrote to stdout, line by line; `firstLine` is there as soon as it is. */
  function run(entry: string, more: Record<string, string>) {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'sandbox/deploy-demo', entry)], {
      ...{ cwd: root, env: { ...process.env, ...env, ...more }, detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    children.push(child);
    if (child.pid !== undefined) watchGroup(child.pid);
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout ?? process.stdin });
    reader.on('line', (line) => lines.push(line));
    return { lines, firstLine: once(reader, 'line'), ended: once(child, 'close') };
  }

  beforeAll(async () => {
    const [server] = testDatabases();
    if (server === undefined) throw new Error('there is no test database');
    dir = mkdtempSync(join(tmpdir(), 'deploy-demo-'));
    removeAtEnd(dir);
    database = await createTestDatabase(server);
    redis = testRedis();
    const url = new Secret(database.url);
    await applySchema(database.url);
    db = openDatabase({ url, poolSize: 2 });
    env = {
      ...{ DATABASE_URL: database.url, REDIS_URL: redis.url, SIGNALBOX_PREFIX: redis.prefix },
      SIGNALBOX_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
      ...{ OUTBOUND_ALLOW: '127.0.0.1', HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', POLL_INTERVAL_MS: '500' },
      ...{ ARTIFACTS_DIR: join(dir, 'artifacts'), LOCAL_RUNNER_ROOT: join(dir, 'services'), DEPLOY_DEMO_DIR: join(dir, 'demo') },
    };
    const start = async (kind: ProcessKind) => void processes.push(await startProcess({ kind, name: `${kind}-1`, args: [], env }));
    const started = await Promise.allSettled([start('api'), start('scheduler'), start('worker')]);
    for (const result of started) if (result.status === 'rejected') throw result.reason;
  });
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    for (const child of children) await endGroup(child);
    await db?.close();
    await redis?.cleanup();
    await database?.drop();
    // Supervisors end what they look after when its directory is gone.
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  let balancer: { url: string; runtime: string };
  let monitoring: { url: string };
  const apiUrl = () => processes.find(({ kind }) => kind === 'api')?.url ?? '';

  it('gives the good version its shares as planned, takes the bad one back by itself, and no request fails by a switch', async () => {
    const servers = run('servers.ts', {});
    const [ready] = await servers.firstLine;
    ({ balancer, monitoring } = JSON.parse(String(ready)));
    const demo = run('main.ts', { SIGNALBOX_URL: apiUrl(), DEPLOY_SERVERS: String(ready) });
    const [code] = await demo.ended;
    expect({ code, said: code === 0 ? '' : demo.lines.join('\n') }).toEqual({ code: 0, said: '' });
    const result = JSON.parse(demo.lines.at(-1) ?? '{}') as Result;

    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      good: { status: 'SUCCEEDED', failedBySwitch: 0, ownErrors: 0 },
      bad: { status: 'ROLLED_BACK', failure: expect.stringContaining('error-share'), failedBySwitch: 0, weightAfter: 0 },
    });
    expect(result.good.split.map(({ planned }) => planned)).toEqual([5, 25, 50, 100]);
    expect(result.good.split.at(-1)).toMatchObject({ planned: 100, measured: 100 });
    expect(result.bad.split[0]).toMatchObject({ planned: 5 });
    expect(result.bad.split.map(({ planned }) => planned)).not.toContain(100);
    for (const split of [...result.good.split, ...result.bad.split]) {
      expect(split.requests).toBeGreaterThan(20);
      expect(Math.abs(offBy(split)), JSON.stringify(split)).toBeLessThan(6);
    }
    expect(result.bad.ownErrors).toBeGreaterThan(0);
    expect(await db.rows('SELECT service_id FROM deployment_locks')).toEqual([]);
  }, 120_000);

  it('is what docs/deployments.md does by curl, block by block', async () => {
    const { tenantId } = await createTenant(db, 'Reader');
    const token = (role: Role) =>
      createOperatorToken(db, { tenantId, role, name: role, scopes: [], expiresAt: null }).then((made) => made.token.reveal());
    const variables = {
      ...{ SIGNALBOX_URL: apiUrl(), TENANT: tenantId, TOKEN: await token('owner'), MANAGER: await token('release-manager') },
      ...{ HAPROXY: balancer.runtime, PROMETHEUS: monitoring.url },
    };

    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euc', blocksOf('docs/deployments.md')], {
      ...{ cwd: dir, env: { ...process.env, ...variables }, timeout: 60_000 },
    });

    expect(stderr).toBe('');
    expect(stdout).toContain('s_api["api: nothing to 1.0.0"]');
    expect(stdout).toContain('api HEALTHY 100 %');
    expect(stdout).toContain('"deployments":{"total":1,"stood":1,"failed":0,"rollbacks":0}');
    expect(await (await fetch(balancer.url)).text()).toBe('hello\n');
  }, 90_000);
});

const blocksOf = (document: string) =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/```bash\n(.*?)```/gs)].map(([, block]) => block).join('\n');

/** How many standard deviations of a binomial the measured share is off; one request counts as a whole. */
function offBy({ planned, requests, ofNew }: Split): number {
  const share = planned / 100;
  return (ofNew - requests * share) / Math.max(1, Math.sqrt(requests * share * (1 - share)));
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, 'SIGTERM');
    await once(child, 'close');
  }
  forgetGroup(child.pid);
}
