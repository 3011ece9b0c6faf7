import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startComposeServices } from './compose-services.mjs';
import { removeAtEnd } from './guard.mjs';
import { startMariadb } from './mariadb.mjs';
import { startInstalledMysql, startMysql } from './mysql.mjs';
import { installServers } from './packages.mjs';
import { Refusal, silent } from './progress.mjs';
import { startRedis } from './redis.mjs';
import { createDatabase, requireDatabase } from './sql.mjs';

export { startMariadb, startMysql, startRedis };

/**
 * A database and a Redis, from the first of: `DATABASE_URL`/`REDIS_URL`; servers on PATH; the package manager; docker compose.
 *
 *   dir        where private servers keep their files
 *   ephemeral  remove `dir` at the end, also when this process is killed
 *   fresh      begin with empty private servers
 *   flags      { mariadb: [...], redis: [...] } further server options
 *   database   name of the database to make
 *
 * `{ databaseUrl, redisUrl, stop }`; `stop` ends only what was started here. Throws `Refusal` when there is nothing to use.
 */
export async function startServices({ dir, ephemeral = false, fresh = false, flags = {}, database = 'signalbox', progress = silent }) {
  if (fresh) rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  if (ephemeral) removeAtEnd(dir);
  const started = [];
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
    if (ephemeral) rmSync(dir, { recursive: true, force: true });
  };
  try {
    return { ...(await find({ dir, flags, database, progress, started })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function find({ dir, flags, database, progress, started }) {
  let [databaseUrl, redisUrl] = [process.env.DATABASE_URL || null, process.env.REDIS_URL || null];
  if (databaseUrl !== null) await requireDatabase(databaseUrl);
  let needs = [databaseUrl === null && 'mariadb', redisUrl === null && 'redis'].filter(Boolean);

  const start = {
    async mariadb() {
      const directory = join(dir, 'database');
      const server =
        (await startMariadb({ dir: directory, flags: flags.mariadb })) ??
        (await startInstalledMysql({ dir: directory, flags: flags.mariadb }));
      if (server === null) return false;
      started.push(server);
      databaseUrl = await createDatabase(server.url, database);
      return true;
    },
    async redis() {
      const server = await startRedis({ dir: join(dir, 'redis'), flags: flags.redis });
      if (server === null) return false;
      started.push(server);
      redisUrl = server.url;
      return true;
    },
  };

  needs = await startPrivate();
  if (needs.length > 0 && (await installServers(needs, progress))) needs = await startPrivate();
  if (needs.length > 0) {
    const compose = await startComposeServices({ dir, progress });
    if (compose === null) throw new Refusal(whatToInstall(needs));
    started.push(compose);
    databaseUrl ??= await createDatabase(compose.databaseServerUrl, database);
    redisUrl ??= compose.redisUrl;
  }
  return { databaseUrl, redisUrl };

  /** Starts what is needed and installed; returns what is still needed. All are waited for, so that none is left behind by another's failure. */
  async function startPrivate() {
    const results = await Promise.allSettled(needs.map((need) => start[need]()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return needs.filter((_, index) => !results[index].value);
  }
}

function whatToInstall(needs) {
  const servers = needs.map((need) => (need === 'mariadb' ? 'MariaDB 10.11+ or MySQL 8.4+' : 'Redis 7+ or Valkey')).join(' and ');
  return `Install ${servers} so that the server binary is on PATH (or Docker with compose, or set DATABASE_URL and REDIS_URL), then run this again.`;
}
