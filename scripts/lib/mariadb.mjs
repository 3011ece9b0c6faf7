import { spawnSync } from 'node:child_process';
import { findBinary } from './binaries.mjs';
import { startMysqlServer } from './mysql-server.mjs';

/** `mysqld` is MariaDB on one machine and MySQL on the next; its version line says which. */
export function isMariadb(binary) {
  return /mariadb/i.test(spawnSync(binary, ['--no-defaults', '--version'], { encoding: 'utf8' }).stdout ?? '');
}

/** A private MariaDB under `dir`, or null when it is not installed. */
export async function startMariadb({ dir, flags = [] }) {
  const daemon = findBinary('mariadbd') ?? mariadbByItsOldName();
  const installer = findBinary('mariadb-install-db', 'mysql_install_db');
  if (daemon === null || installer === null) return null;
  return startMysqlServer({
    name: 'MariaDB',
    dir,
    server: [daemon],
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

function mariadbByItsOldName() {
  const binary = findBinary('mysqld');
  return binary !== null && isMariadb(binary) ? binary : null;
}
