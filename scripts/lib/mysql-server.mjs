import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './child.mjs';
import { startServer } from './server-process.mjs';
import { query } from './sql.mjs';

const asRoot = () => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** What both servers are started with, beside where their files are. */
const commonOptions = [
  '--bind-address=127.0.0.1',
  '--default-time-zone=+00:00',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_bin',
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-buffer-pool-size=256M',
  '--max-connections=500',
  '--performance-schema=OFF',
];

/**
 * A private MariaDB or MySQL under `dir`, root without password on the loopback address.
 *
 * `server`: the words that start the daemon (more than one where it needs its own loader).
 * `initialise(data)`: the words of the command that makes a data directory.
 */
export async function startMysqlServer({ name, dir, server, initialise, options = [], flags = [] }) {
  mkdirSync(dir, { recursive: true });
  const data = join(dir, 'data');
  await ensureData(name, data, initialise);
  // Socket paths are limited to about 100 bytes, and a clone may lie deep.
  const socket = join(tmpdir(), `signalbox-${randomBytes(6).toString('hex')}.sock`);
  const [binary, ...words] = server;
  return startServer({
    name,
    dir,
    command: (port) => [
      binary,
      ...words,
      '--no-defaults',
      ...asRoot(),
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(data, 'daemon.pid')}`,
      `--port=${port}`,
      ...commonOptions,
      ...options,
      ...flags,
    ],
    probe: (port) => query(`mysql://root@127.0.0.1:${port}`, 'SELECT 1'),
    url: (port) => `mysql://root@127.0.0.1:${port}`,
    async empty() {
      rmSync(data, { recursive: true, force: true });
      await ensureData(name, data, initialise);
    },
  });
}

/** Made beside and renamed into place: a run killed half-way must not leave a data directory that looks complete. */
async function ensureData(name, data, initialise) {
  if (existsSync(data)) return;
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const [command, ...args] = initialise(partial);
  const { code, output } = await run(command, [...args, ...asRoot()]);
  if (code !== 0) throw new Error(`${name} could not make its data directory:\n${output.split('\n').slice(-8).join('\n')}`);
  renameSync(partial, data);
}
