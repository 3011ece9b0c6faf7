import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/lib/ports.mjs';
import { findProgram } from '../../scripts/lib/programs.mjs';
import type { SshConnection } from '../../src/integrations/providers/ssh/identity.ts';
import { Secret } from '../../src/platform/secret.ts';
import { dial } from '../support/dial.ts';
import { waitFor } from '../support/wait-for.ts';

export const sshd = findProgram('sshd');

export interface SshServer {
  port: number;
  directory: string;
  privateKey: string;
  hostKey: string;
  connection(changes?: { directory?: string; hostKeys?: string[]; privateKey?: string; passphrase?: string }): SshConnection;
  stop(): Promise<void>;
}

/** A real sshd of our own: own port, own keys, lets only us in. @param binary its absolute path, which it insists on */
export async function startSshServer(binary: string): Promise<SshServer> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-sshd-'));
  const at = (name: string) => join(directory, name);
  for (const name of ['host', 'client']) makeKey(at(name), '');
  writeFileSync(at('authorized'), readFileSync(at('client.pub')));
  const port = await freePort();
  const lines = [
    ...[
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `PidFile ${at('pid')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
    ],
    ...['UsePAM no', 'StrictModes no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin prohibit-password'],
    ...['Subsystem sftp internal-sftp', 'MaxStartups 100', 'PrintMotd no'],
  ];
  writeFileSync(at('config'), `${lines.join('\n')}\n`);
  // Where it wants to lock itself in when it runs as root.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server: ChildProcess = spawn(binary, ['-D', '-e', '-f', at('config')], { stdio: 'ignore' });
  await waitFor(async () => (await dial({ port })).destroy(), { what: 'sshd to listen' });
  const privateKey = readFileSync(at('client'), 'utf8');
  const hostKey = fingerprintOf(readFileSync(at('host.pub'), 'utf8'));
  return {
    ...{ port, directory, privateKey, hostKey },
    connection: (changes = {}) => ({
      id: randomUUID(),
      baseUrl: `ssh://127.0.0.1:${port}`,
      credentials: {
        privateKey: new Secret((changes.privateKey ?? privateKey).trim()),
        ...(changes.passphrase === undefined ? {} : { passphrase: new Secret(changes.passphrase) }),
      },
      settings: { user: userInfo().username, hostKeys: changes.hostKeys ?? [hostKey], directory: changes.directory ?? at('services') },
    }),
    stop: async () => {
      server.kill();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export function makeKey(file: string, passphrase: string): void {
  execFileSync('sh', ['-c', 'exec ssh-keygen -q -t ed25519 -N "$2" -f "$1"', 'sh', file, passphrase]);
}

const fingerprintOf = (publicKey: string): string =>
  `SHA256:${createHash('sha256')
    .update(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64'))
    .digest('base64')
    .replace(/=+$/, '')}`;
