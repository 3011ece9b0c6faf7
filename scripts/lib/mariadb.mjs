import { spawnSync } from 'node:child_process';
import { findBinary } from './binaries.mjs';
import { startMysqlServer } from './mysql-server.mjs';

/** `mysqld` is MariaDB on one machine and MySQL on the next; its version line says which. */
export function isMariadb(binary) {
  return /mariadb/i.test(spawnSync(binary, ['--no-defaults', '--version'], { encoding: 'utf8' }).stdout ?? '');
}

/** A private MariaDB under `dir`, or null when it is not installed. `environment`: variables of the daemon alone, beside our own. */
export async function startMariadb({ dir, flags = [], environment = {} }) {
  const daemon = findBinary('mariadbd') ?? mariadbByItsOldName();
  const installer = findBinary('mariadb-install-db', 'mysql_install_db');
  if (daemon === null || installer === null) return null;
  return startMysqlServer({
    name: 'MariaDB',
    dir,
    server: [...withEnvironment(environment), daemon],
    initialise: (data) => [
      installer,
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ],
    options: ['--skip-name-resolve'],
    flags,
  });
}

/** `env` becomes the daemon, so that the process that was started is the server still. */
function withEnvironment(environment) {
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? [] : ['/usr/bin/env', ...words];
}

function mariadbByItsOldName() {
  const binary = findBinary('mysqld');
  return binary !== null && isMariadb(binary) ? binary : null;
}
