import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtEnd } from './guard.mjs';
import { installServers } from './packages.mjs';
import { findProgram } from './programs.mjs';
import { Refusal } from './progress.mjs';

const needed = ['haproxy', 'prometheus'];

/** `npm start -- --demo deploy`: services on this machine, behind a private HAProxy, measured by a private Prometheus. Has what `createReleaseDemo` has. */
export function createDeployDemo({ progress }) {
  let dir = null;
  return {
    title: 'deploying a first version, a good one and a bad one',
    entry: 'sandbox/deploy-demo/main.ts',
    success: 'SUCCEEDED',

    async prepare({ application, env }) {
      for (const name of needed) await demandProgram(name, progress);
      progress.step('starting HAProxy and Prometheus');
      // Of this start alone: what was deployed is gone with it.
      dir = mkdtempSync(join(tmpdir(), 'signalbox-demo-'));
      removeAtEnd(dir);
      const own = {
        OUTBOUND_ALLOW: [process.env.OUTBOUND_ALLOW, '127.0.0.1'].filter(Boolean).join(','),
        LOCAL_RUNNER_ROOT: join(dir, 'services'),
        DEPLOY_DEMO_DIR: join(dir, 'demo'),
        // A process of this machine is ready soon.
        POLL_INTERVAL_MS: process.env.POLL_INTERVAL_MS || '500',
      };
      const { ready, ...servers } = await application.firstJson(
        'servers',
        'sandbox/deploy-demo/servers.ts',
        { ...env, ...own },
        (line) => line.ready === true,
      );
      return { variables: { ...own, DEPLOY_SERVERS: JSON.stringify(servers) }, forTheShell: {} };
    },

    /** Supervisors end the services they look after when their directory is gone. */
    async remove() {
      if (dir !== null) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },

    summary: ({ status, good, bad, seconds }) =>
      `deployments ${status} in ${seconds} s: ${good.version} ${good.status}, ${bad.version} ${bad.status}, ${good.failedBySwitch + bad.failedBySwitch} requests failed by a switch`,

    publicResult: ({ status, good, bad, seconds }) => ({ status, good, bad, seconds }),

    places: ({ balancer, monitoring, path, dora }) => ({ shown: { Service: balancer, Prometheus: monitoring }, paths: [path, dora] }),
  };
}

async function demandProgram(name, progress) {
  if (findProgram(name) !== null) return;
  const installed = await installServers([name], progress);
  if (installed && findProgram(name) !== null) return;
  throw new Refusal(`this demo needs ${name}, which is not on PATH and cannot be installed here: install it and start again`);
}
