import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findBinary } from './binaries.mjs';
import { startServer } from './server-process.mjs';

/**
 * A private Redis or Valkey under `dir`. Append-only file on, nothing ever evicted: an evicted key would be a lost job.
 * Null when neither is installed. `flags`: further `--option value` words.
 */
export async function startRedis({ dir, flags = [] }) {
  const binary = findBinary('redis-server', 'valkey-server');
  if (binary === null) return null;
  const data = join(dir, 'data');
  mkdirSync(data, { recursive: true });
  // The command line is how a later run recognises a server that a killed run left behind.
  const options = [
    '--set-proc-title',
    'no',
    '--bind',
    '127.0.0.1',
    '--dir',
    data,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
  ];
  return startServer({
    name: 'Redis',
    dir,
    command: (port) => [binary, '--port', String(port), ...options, '--maxmemory-policy', 'noeviction', ...flags],
    probe: pingRedis,
    url: (port) => `redis://127.0.0.1:${port}/0`,
    empty() {
      for (const entry of readdirSync(data)) rmSync(join(data, entry), { recursive: true, force: true });
    },
  });
}

/** Rejects until the server answers PING, which it refuses while it loads its file. */
export function pingRedis(port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host });
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer within a second')));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      if (answer.toString().startsWith('+PONG')) resolve();
      else reject(new Error(answer.toString().trim()));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
  });
}
