import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { type TestRedis, testRedis } from '../support/redis.ts';
import { type ProcessKind, type SignalboxProcess, startProcess } from './process.ts';

/** The README's first release: its blocks, run by a shell as a reader would paste them, against real processes and the sandbox. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const missing = ['bash', 'curl'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const FROM_THE_START = /^\. \.data\/env.*$/m;

describe.skipIf(missing.length > 0)(
  `the first release of the README${missing.length > 0 ? ` (without ${missing.join(', ')})` : ''}`,
  () => {
    let database: TestDatabase;
    let redis: TestRedis;
    let sandbox: Sandbox;
    let env: Record<string, string>;
    const processes: SignalboxProcess[] = [];

    beforeAll(async () => {
      const [server] = testDatabases();
      if (server === undefined) throw new Error('there is no test database');
      database = await createTestDatabase(server);
      redis = testRedis();
      sandbox = await startSandbox({ tenants: [], speed: 4 });
      const url = new Secret(database.url);
      await migrate({ url, logger: createLogger({ level: 'silent', name: 'migrate' }) });
      env = {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        SIGNALBOX_PREFIX: redis.prefix,
        SIGNALBOX_KEYS: `test:${randomBytes(32).toString('base64')}`,
        OUTBOUND_ALLOW: sandbox.outboundAllow,
        HOST: '127.0.0.1',
        PORT: '0',
        METRICS_PORT: '0',
      };
      const start = async (kind: ProcessKind) => void processes.push(await startProcess({ kind, name: `${kind}-1`, args: [], env }));
      const started = await Promise.allSettled([start('api'), start('scheduler'), start('worker')]);
      for (const result of started) if (result.status === 'rejected') throw result.reason;
    });
    afterAll(async () => {
      await Promise.all(processes.map((process) => process.stop()));
      await sandbox?.close();
      await redis?.cleanup();
      await database?.drop();
    });

    it('goes as it says, block by block, to COMPLETED', async () => {
      const script = blocks('Your first release, by curl').join('\n');
      const api = processes.find(({ kind }) => kind === 'api');
      const variables = { ...env, SIGNALBOX_URL: api?.url ?? '', SANDBOX_URL: sandbox.controlOrigin };
      const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
      expect(script).toMatch(FROM_THE_START);

      const { code, stdout, stderr } = await bash(`set -eu\n${script.replace(FROM_THE_START, () => exports.join('\n'))}`);

      expect({ code, stderr: code === 0 ? '' : `${stdout}\n${stderr}` }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('"verificationStatus":"VALID"');
      expect(stdout).toContain('Whoever created the release may not approve it.');
      const tail = stdout.slice(stdout.indexOf('\nv2.0.0\n'));
      expect(tail).toContain('REGRESSION 2 CREATE_RC_TAG COMPLETED');
      expect(tail).toContain('POST_REGRESSION 1 CREATE_RELEASE_TAG COMPLETED');
      expect(tail).not.toMatch(/ (FAILED|WAITING|READY|PENDING)$/m);
      expect(tail).toContain('Apple Pay');
      const effects = sandbox.effects('Shop');
      expect(effects.tags.filter(({ seeded }) => !seeded).map(({ name }) => name)).toEqual(['v2.0.0-rc.1', 'v2.0.0-rc.2', 'v2.0.0']);
      expect(effects.duplicates).toEqual([]);
    }, 150_000);
  },
);

/** The `bash` blocks of one section. */
function blocks(section: string): string[] {
  const readme = readFileSync(`${root}/README.md`, 'utf8');
  const text = readme.split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  return [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

function bash(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', script], { cwd: root, timeout: 120_000 }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}
