import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findBinary } from './binaries.mjs';
import { run } from './child.mjs';
import { isMariadb } from './mariadb.mjs';
import { startMysqlServer } from './mysql-server.mjs';
import { silent } from './progress.mjs';
import { isAlive } from './server-process.mjs';

const options = ['--skip-log-bin', '--mysqlx=OFF'];

/**
 * A private MySQL (not MariaDB) under `dir`: the `mysqld` on PATH, else one that `../shared/tools/real-mysql` unpacks
 * into a cache in the OS temp dir. Null when there is neither; `progress` says why.
 */
export async function startMysql({ dir, flags = [], progress = silent }) {
  const installed = await startInstalledMysql({ dir, flags });
  if (installed !== null) return installed;
  const unpacked = await unpackedMysql(progress);
  if (unpacked === null) return null;
  return start({ dir, flags, server: unpacked.server, options: [...options, ...unpacked.options] });
}

/** The `mysqld` on PATH, or null when there is none or it is MariaDB under its old name. */
export async function startInstalledMysql({ dir, flags = [] }) {
  const binary = findBinary('mysqld');
  return binary === null || isMariadb(binary) ? null : start({ dir, flags, server: [binary], options });
}

function start({ dir, flags, server, options }) {
  return startMysqlServer({
    name: 'MySQL',
    dir,
    server,
    initialise: (data) => [...server, '--no-defaults', ...options, `--datadir=${data}`, '--initialize-insecure'],
    options,
    flags,
  });
}

async function unpackedMysql(progress) {
  const tool = fileURLToPath(new URL('../../../shared/tools/real-mysql', import.meta.url));
  if (!existsSync(tool)) {
    progress.note('no MySQL: mysqld is not on PATH, tests run on MariaDB alone');
    return null;
  }
  const cache = join(tmpdir(), `signalbox-mysql-${process.getuid?.() ?? 0}`);
  const complete = join(cache, 'complete');
  const release = await lockDirectory(`${cache}.lock`);
  try {
    if (!existsSync(complete)) {
      progress.step('fetching a MySQL server (once, about a quarter of a minute)');
      const { code, output } = await run(tool, ['fetch', cache], { timeoutMs: 240_000 });
      if (code !== 0) {
        progress.warn(`no MySQL, tests run on MariaDB alone: ${output.trim().split('\n').at(-1) || `fetch ended with ${code}`}`);
        return null;
      }
      writeFileSync(complete, '');
    }
  } finally {
    release();
  }
  const root = join(cache, 'root');
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
  return {
    // It brings the libraries it was built with, and so the loader that fits them.
    server: [
      join(libraries, 'ld-linux-x86-64.so.2'),
      '--library-path',
      [libraries, join(libraries, 'mysql'), join(root, 'lib/x86_64-linux-gnu')].join(':'),
      join(root, 'usr/sbin/mysqld'),
    ],
    options: [`--basedir=${join(root, 'usr')}`, `--lc-messages-dir=${join(root, 'usr/share/mysql')}`, '--secure-file-priv='],
  };
}

/** Parallel runs wait for the first; a lock whose owner died is taken over. */
async function lockDirectory(path) {
  for (;;) {
    try {
      mkdirSync(path);
      writeFileSync(join(path, 'pid'), String(process.pid));
      return () => rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(path)) rmSync(path, { recursive: true, force: true });
    else await delay(200);
  }
}

function isAbandoned(path) {
  try {
    return !isAlive(Number(readFileSync(join(path, 'pid'), 'utf8')));
  } catch {
    // The owner has made the directory and not yet its file, or has just removed both.
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    return age > 5000;
  }
}
