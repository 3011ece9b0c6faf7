import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findBinary } from './binaries.mjs';
import { run } from './child.mjs';
import { root } from './paths.mjs';

/** Own project name: the production shape of the same compose file must not share containers or volumes with it. */
const project = ['compose', '--project-name', 'signalbox-start'];

/**
 * MySQL and Redis of docker-compose.yml, published on free ports of the loopback address. Null when no engine answers.
 * `{ databaseServerUrl, redisUrl, stop }`.
 */
export async function startComposeServices({ dir, progress }) {
  const docker = findBinary('docker');
  if (docker === null || (await run(docker, ['info'], { timeoutMs: 10_000 })).code !== 0) return null;
  if ((await run(docker, ['compose', 'version'])).code !== 0) return null;
  const file = join(dir, 'compose-password');
  const first = !existsSync(file);
  const password = rememberedPassword(file);
  const env = {
    ...process.env,
    MYSQL_PASSWORD: password,
    SIGNALBOX_KEYS: 'unused:',
    MYSQL_PUBLISH: '127.0.0.1:0',
    REDIS_PUBLISH: '127.0.0.1:0',
  };
  const compose = (...args) => run(docker, [...project, ...args], { cwd: root, env });
  progress.step('starting mysql and redis with docker compose');
  // A volume keeps the password of its first start: with that lost, or with --fresh, the volume is of no use.
  if (first) await compose('down', '--volumes');
  const up = await compose('up', '--detach', '--wait', 'mysql', 'redis');
  if (up.code !== 0) throw new Error(`docker compose up failed:\n${up.output}`);
  const [mysql, redis] = await Promise.all([compose('port', 'mysql', '3306'), compose('port', 'redis', '6379')]);
  return {
    databaseServerUrl: `mysql://root:${password}@${mysql.output.trim()}`,
    redisUrl: `redis://${redis.output.trim()}/0`,
    stop: () => compose('stop', 'mysql', 'redis'),
  };
}

function rememberedPassword(file) {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
