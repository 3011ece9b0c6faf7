import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findBinary } from './binaries.mjs';
import { run } from './child.mjs';

/** One entry per thing we can do without a driver: the package that has it, by package manager. */
const packages = {
  mariadb: { apt: ['mariadb-server-core mariadb-client-core', 'mariadb-server'], brew: 'mariadb' },
  redis: { apt: ['redis-server'], brew: 'redis' },
  // What tests need (see programs.mjs), and the demo of deployments.
  haproxy: { apt: ['haproxy'], brew: 'haproxy' },
  nginx: { apt: ['nginx'], brew: 'nginx' },
  prometheus: { apt: ['prometheus'], brew: 'prometheus' },
  sshd: { apt: ['openssh-server'], brew: 'openssh' },
  faketime: { apt: ['faketime'], brew: 'libfaketime' },
};

/**
 * Installs the named servers with the system's package manager, when there is one we may use. False when there is none
 * or it failed. Debian starts a server it installs; ours are private, so a policy forbids that for the while.
 */
export async function installServers(names, progress) {
  const apt = findBinary('apt-get');
  if (apt !== null && existsSync('/etc/debian_version')) {
    const prefix = rootPrefix();
    if (prefix === null) return false;
    progress.step(`installing ${names.join(' and ')} with apt-get`);
    const { code, output } = await run(...asCommand([...prefix, 'sh', '-c', aptScript(names)]));
    if (code !== 0) progress.warn(`apt-get failed: ${output.split('\n').slice(-3).join(' ')}`);
    return code === 0;
  }
  const brew = findBinary('brew');
  if (brew !== null) {
    progress.step(`installing ${names.join(' and ')} with brew`);
    const { code, output } = await run(brew, ['install', ...names.map((name) => packages[name].brew)]);
    if (code !== 0) progress.warn(`brew failed: ${output.split('\n').slice(-3).join(' ')}`);
    return code === 0;
  }
  return false;
}

/** [] for root, sudo when it asks no password, null when we may not. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = findBinary('sudo');
  return sudo !== null && spawnSync(sudo, ['-n', 'true']).status === 0 ? [sudo, '-n'] : null;
}

function aptScript(names) {
  const installs = names.map((name) =>
    packages[name].apt.map((words) => `apt-get install -y --no-install-recommends -o Acquire::Retries=3 ${words}`).join(' || '),
  );
  return [
    'export DEBIAN_FRONTEND=noninteractive',
    'policy=/usr/sbin/policy-rc.d',
    "if [ ! -e $policy ]; then printf '#!/bin/sh\\nexit 101\\n' >$policy; chmod 755 $policy; trap 'rm -f $policy' EXIT; fi",
    'apt-get update -q -o Acquire::Retries=3',
    ...installs.map((install) => `{ ${install}; } || exit 1`),
  ].join('\n');
}

const asCommand = ([command, ...args]) => [command, args];
